//! Refusals and faults of MCP routes that have no message to answer: a JSON-RPC error without an id.

use parapet_domain::Surface;

use super::{RefusalContext, Reply, Said, openai::JSON};
use crate::mcp::rpc_error;

pub(super) fn error(said: &Said<'_>, context: &RefusalContext) -> Reply {
    Reply {
        status: said.row.status(Surface::Mcp),
        content_type: JSON,
        body: rpc_error(said.row.code, said.reason_code, context.decision_id.as_deref(), &said.message),
        headers: Vec::new(),
    }
}
