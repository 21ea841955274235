//! What only MCP routes have.

use parapet_surfaces::mcp::ToolFilter;

use super::{Unfit, complain};
use crate::config::file::{RouteFile, SurfaceName};
use crate::config::{McpRoute, Target};

/// Whether the route is for a server that `parapet mcp wrap` starts: it has no address, and nobody calls it over HTTP.
pub(super) fn is_wrapped(file: &RouteFile) -> bool {
    file.surface == Some(SurfaceName::Mcp) && file.upstream.is_none()
}

pub(super) fn mcp(
    file: &RouteFile,
    key: &str,
    target: impl FnOnce(&mut Unfit) -> Option<Target>,
    unfit: &mut Unfit,
) -> Option<McpRoute> {
    let wrapped = is_wrapped(file);
    let unused = [
        ("path", file.path.is_some()),
        ("upstream_path", file.upstream_path.is_some()),
        ("origins_allowed", !file.origins_allowed.is_empty()),
    ];
    for (name, _) in unused.iter().filter(|(_, given)| wrapped && *given) {
        let message = "has no effect on a route without `upstream`, which `parapet mcp wrap` serves; remove it";
        complain(unfit, &format!("{key}.{name}"), message);
    }
    let tools = ToolFilter::new(file.tools_allowed.clone(), file.tools_denied.clone());
    let tools = tools.map_err(|errors| {
        errors.0.into_iter().for_each(|error| complain(unfit, &format!("{key}.tools_allowed"), error))
    });
    let target = if wrapped { None } else { Some(target(unfit)?) };
    let unknown_methods = file.unknown_methods.unwrap_or_default();
    Some(McpRoute { target, tools: tools.ok()?, unknown_methods, origins: file.origins_allowed.clone() })
}

/// A key that has no effect is a misunderstanding, and in a guardrail a dangerous one.
pub(super) fn check_unused(file: &RouteFile, surface: SurfaceName, key: &str, unfit: &mut Unfit) {
    let unused = [
        ("tools_allowed", file.tools_allowed.is_some()),
        ("tools_denied", !file.tools_denied.is_empty()),
        ("unknown_methods", file.unknown_methods.is_some()),
        ("origins_allowed", !file.origins_allowed.is_empty()),
    ];
    for (name, _) in unused.iter().filter(|(_, given)| surface != SurfaceName::Mcp && *given) {
        complain(unfit, &format!("{key}.{name}"), "has no effect on this surface; remove it");
    }
}
