//! The routes in force, each with its client, found by the path of a request.

use std::collections::HashMap;

use crate::config::{Asker, McpRoute, Route, RouteKind};
use crate::upstream::{ClientError, HttpClient};

/// A route with its client. Routes to the same upstream share one.
pub(crate) struct LiveRoute {
    pub(crate) config: Route,
    /// Absent where nothing is forwarded.
    pub(crate) client: Option<HttpClient>,
}

/// All routes.
pub(crate) struct Routes {
    by_path: HashMap<String, LiveRoute>,
    /// MCP routes that are not served over HTTP, by name.
    unserved: HashMap<String, LiveRoute>,
    /// Paths of the routes to which paths below them belong.
    prefixes: Vec<String>,
    /// Those of them that Envoy asks on: the original path comes after them.
    ext_authz: Vec<String>,
}

impl Routes {
    pub(crate) fn new(routes: Vec<Route>) -> Result<Self, ClientError> {
        let mut clients: HashMap<String, HttpClient> = HashMap::new();
        let (mut by_path, mut unserved) = (HashMap::new(), HashMap::new());
        for config in routes {
            let client = client(&config.kind, &mut clients)?;
            match config.path.as_str() {
                "" => unserved.insert(config.name.clone(), LiveRoute { config, client }),
                _ => by_path.insert(config.path.clone(), LiveRoute { config, client }),
            };
        }
        let asked = |live: &&LiveRoute| matches!(live.config.kind, RouteKind::Asked { asker: Asker::ExtAuthz(_), .. });
        let ext_authz = by_path.values().filter(asked).map(|live| live.config.path.clone()).collect();
        let below = |live: &&LiveRoute| live.config.kind.has_paths_below();
        let prefixes = by_path.values().filter(below).map(|live| live.config.path.clone()).collect();
        Ok(Self { by_path, unserved, prefixes, ext_authz })
    }

    /// The route of a request's path.
    pub(crate) fn at(&self, path: &str) -> Option<&LiveRoute> {
        let is_below = |prefix: &&String| path.strip_prefix(prefix.as_str()).is_some_and(|rest| rest.starts_with('/'));
        let below = || self.prefixes.iter().find(is_below).and_then(|prefix| self.by_path.get(prefix));
        self.by_path.get(path).or_else(below)
    }

    /// The MCP route with this name, whether or not it is served over HTTP.
    pub(crate) fn mcp(&self, name: &str) -> Option<(&LiveRoute, &McpRoute)> {
        let live = self.named(name)?;
        match &live.config.kind {
            RouteKind::Mcp(route) => Some((live, route)),
            _ => None,
        }
    }

    /// The route with this name on which documents are written.
    pub(crate) fn write(&self, name: &str) -> Option<&LiveRoute> {
        self.named(name).filter(|live| matches!(live.config.kind, RouteKind::Write))
    }

    /// The route of this name.
    pub(crate) fn named(&self, name: &str) -> Option<&LiveRoute> {
        self.unserved.get(name).or_else(|| self.by_path.values().find(|live| live.config.name == name))
    }

    /// The route that Envoy asks on over gRPC: the one it names, else the only one there is.
    pub(crate) fn ext_authz(&self, name: Option<&str>) -> Option<&LiveRoute> {
        let mut routes = self.ext_authz.iter().filter_map(|prefix| self.by_path.get(prefix));
        match (name, routes.next(), routes.next()) {
            (None, only, None) => only,
            (None, ..) => None,
            (Some(name), first, second) => {
                first.into_iter().chain(second).chain(routes).find(|live| live.config.name == name)
            }
        }
    }
}

fn client(kind: &RouteKind, clients: &mut HashMap<String, HttpClient>) -> Result<Option<HttpClient>, ClientError> {
    let Some(target) = kind.target() else { return Ok(None) };
    let upstream = &target.upstream;
    if let Some(client) = clients.get(&upstream.name) {
        return Ok(Some(client.clone()));
    }
    let client = HttpClient::for_uri(&upstream.base_url, upstream.connect_timeout, upstream.max_idle_connections)?;
    clients.insert(upstream.name.clone(), client.clone());
    Ok(Some(client))
}
