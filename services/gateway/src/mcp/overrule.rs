//! What a route refuses whatever the guards say.

use parapet_domain::{PartKind, Refusal, RefusalKind, reason};
use parapet_surfaces::mcp::{Kind, Sender, is_known, is_known_version};
use serde_json::Value;

use crate::config::{McpRoute, UnknownMethods};
use crate::fold::{Decided, refuse};
use crate::mcp::carry::Letter;

/// Refuses what the route does not let through.
pub(super) fn overrule(route: &McpRoute, sender: Sender, letter: &Letter, decided: &mut [Decided]) {
    if let Some(refusal) = of_message(route, sender, letter) {
        decided.iter_mut().for_each(|decided| refuse(decided, refusal.clone()));
        return;
    }
    for decided in decided {
        let definition = decided.event.parts.iter().find(|part| part.kind == PartKind::ToolDefinition);
        if letter.lists_tools && definition.is_some_and(|part| !route.tools.permits(part.tool.as_deref())) {
            refuse(decided, not_offered(definition.and_then(|part| part.tool.as_deref())));
        }
    }
}

/// Whether the message is refused as a whole.
pub(super) fn of_message(route: &McpRoute, sender: Sender, letter: &Letter) -> Option<Refusal> {
    match &letter.kind {
        Kind::Response { .. } if letter.asked.is_none() => Some(refusal(
            reason::ANSWER_NOT_ASKED,
            "nobody asked for this answer, or it has been given before".to_owned(),
        )),
        kind if route.unknown_methods == UnknownMethods::Refuse && !is_known(sender, kind) => {
            let method = kind.method().unwrap_or_default();
            Some(refusal(
                reason::METHOD_NOT_KNOWN,
                format!(
                    "method `{method}` is not known; the route has to say `unknown_methods = \"judge\"` to let it pass"
                ),
            ))
        }
        Kind::Request { .. } if letter.tool.is_some() && !route.tools.permits(letter.tool.as_deref()) => {
            Some(not_offered(letter.tool.as_deref()))
        }
        _ => letter.version.as_deref().filter(|version| !is_known_version(version)).map(|version| {
            let version: String = version.chars().take(40).collect();
            refusal(
                reason::PROTOCOL_VERSION_UNKNOWN,
                format!("the server wants version `{version}` of the protocol, which is not spoken here"),
            )
        }),
    }
}

fn not_offered(tool: Option<&str>) -> Refusal {
    let tool: String = tool.unwrap_or_default().chars().take(80).collect();
    refusal(reason::TOOL_NOT_OFFERED, format!("tool `{tool}` is not offered here"))
}

fn refusal(reason_code: &str, message: String) -> Refusal {
    Refusal { kind: RefusalKind::Blocked, reason_code: reason_code.to_owned(), message, details: Value::Null }
}
