//! Whether a route's redactions can be undone.

use parapet_surfaces::mcp::ToolFilter;

use super::{Unfit, complain};
use crate::config::file::{Redact, RouteFile, SurfaceName};

/// The tools whose arguments get values back; `None` where redactions are final.
pub(super) fn tokens(file: &RouteFile, surface: SurfaceName, key: &str, unfit: &mut Unfit) -> Option<ToolFilter> {
    let wanted = file.redact == Some(Redact::Tokens);
    if file.restore_tools.is_some() && !wanted {
        complain(unfit, &format!("{key}.restore_tools"), "has no effect without `redact = \"tokens\"`; remove it");
    }
    if !wanted {
        return None;
    }
    if let Some(why) = unfitting(surface) {
        complain(unfit, &format!("{key}.redact"), format!("`tokens` cannot be kept here: {why}; use `mask`"));
        return None;
    }
    let tools = ToolFilter::new(file.restore_tools.clone(), Vec::new());
    let complain = |error: String| complain(unfit, &format!("{key}.restore_tools"), error);
    tools.map_err(|errors| errors.0.into_iter().for_each(complain)).ok()
}

/// Why nothing could put the values back.
const fn unfitting(surface: SurfaceName) -> Option<&'static str> {
    match surface {
        SurfaceName::OpenaiChat
        | SurfaceName::OpenaiResponses
        | SurfaceName::AnthropicMessages
        | SurfaceName::Generic => None,
        SurfaceName::Mcp => Some("a server of tools has to get the values themselves, and no model answers"),
        SurfaceName::Write => Some("nothing is forwarded, and each passage is judged by itself"),
        SurfaceName::Check | SurfaceName::Litellm | SurfaceName::ExtAuthz | SurfaceName::ClaudeCode => {
            Some("the answer does not come in the same exchange, and no value is kept beyond it")
        }
    }
}
