//! MCP in lines of text: a client of `parapet mcp wrap`, which starts the server.

use anyhow::Result;
use parapet_domain::RefusalKind;
use parapet_tests::client::Answer;

use super::mcp::Mcp;
use super::{Exchange, Speaker};
use crate::cell::{Mode, Piece};
use crate::transport::Transport;

pub(crate) struct McpStdio;

impl Speaker for McpStdio {
    fn name(&self) -> &'static str {
        Mcp.name()
    }

    fn transport(&self) -> Transport {
        Transport::Stdio
    }

    /// In the configuration of the command.
    fn route(&self) -> String {
        String::new()
    }

    fn has(&self, mode: Mode) -> Result<(), &'static str> {
        if mode == Mode::Whole {
            Ok(())
        } else {
            Err("a message is one line: between client and server there is no other stream")
        }
    }

    fn exchange(&self, mode: Mode, piece: Piece, text: &str) -> Result<Exchange, &'static str> {
        Mcp.exchange(mode, piece, text)
    }

    fn refused(&self, exchange: &Exchange, kind: RefusalKind, reason_code: &str, answer: &Answer) -> Result<()> {
        Mcp.refused(exchange, kind, reason_code, answer)
    }
}
