//! The configuration of a command: a file, or the built-in default that listens on this machine alone.

use std::path::Path;

use parapet_gateway::{Config, ConfigErrors};

use crate::state_dir::StateDir;

/// Name of the credential for `/v1/check` in the built-in default.
pub(crate) const LOCAL_CREDENTIAL: &str = "local";

/// Reads and checks `file`; `${NAME}` in it comes from the environment.
pub(crate) fn load(file: &Path) -> Result<Config, ConfigErrors> {
    Config::load(file, &|name| std::env::var(name).ok())
}

/// What `parapet serve` runs without a file: SQLite, the bundled guards, `/v1/check` with a key, and, with `upstream`,
/// `/v1/chat/completions` in front of it. Everything lies in the state folder.
pub(crate) fn builtin(state: &StateDir, upstream: Option<&str>) -> anyhow::Result<Config> {
    let path = |name: &str| quoted(&state.join(name).display().to_string());
    let mut text = format!(
        r#"
        [store]
        url = {store}
        [audit]
        digest_key_file = {digest_key}
        [sandbox]
        cache_dir = {cache}
        # Programs on this machine may say on whose behalf they act.
        [identity.header]
        trusted_peers = ["127.0.0.1/32", "::1/128"]
        [[credential]]
        name = "{LOCAL_CREDENTIAL}"
        key = {check_key}
        rights = ["assert_identity"]
        [[route]]
        name = "check"
        surface = "check"
        principal = "optional"
        "#,
        store = quoted(&state.store_url()),
        digest_key = path("digest.key"),
        cache = path("cache"),
        check_key = quoted(&state.check_key()?),
    );
    if let Some(upstream) = upstream {
        text.push_str(&chat_route(upstream));
    }
    Ok(Config::parse("built in", &text, &|_| None)?)
}

/// What `parapet mcp wrap` runs without a file: SQLite, the bundled guards, and one route with this name.
pub(crate) fn builtin_mcp(state: &StateDir, route: &str) -> anyhow::Result<Config> {
    builtin_route(state, route, "surface = \"mcp\"")
}

/// The same for `parapet write`.
pub(crate) fn builtin_write(state: &StateDir, route: &str) -> anyhow::Result<Config> {
    builtin_route(state, route, "surface = \"write\"\nprincipal = \"optional\"")
}

fn builtin_route(state: &StateDir, route: &str, keys: &str) -> anyhow::Result<Config> {
    let path = |name: &str| quoted(&state.join(name).display().to_string());
    let text = format!(
        r#"
        [store]
        url = {store}
        [audit]
        digest_key_file = {digest_key}
        [sandbox]
        cache_dir = {cache}
        [[route]]
        name = {route}
        {keys}
        "#,
        store = quoted(&state.store_url()),
        digest_key = path("digest.key"),
        cache = path("cache"),
        route = quoted(route),
    );
    Ok(Config::parse("built in", &text, &|_| None)?)
}

/// A route to an OpenAI-compatible server; its address may end in `/v1`, as those of most clients do.
fn chat_route(upstream: &str) -> String {
    let base = upstream.trim_end_matches('/');
    let base = base.strip_suffix("/v1").unwrap_or(base);
    format!(
        r#"
        [upstreams.default]
        base_url = {}
        [[route]]
        name = "chat"
        surface = "openai_chat"
        upstream = "default"
        principal = "optional"
        "#,
        quoted(base)
    )
}

/// A TOML string; `${` would be read as a variable.
pub(crate) fn quoted(text: &str) -> String {
    toml::Value::String(text.replace("${", "$${")).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_built_in_configuration_listens_on_this_machine_alone() {
        let temp = tempfile::tempdir().unwrap();
        let state = StateDir::open(Some(temp.path().join("odd ${x} \"name\""))).unwrap();
        let config = builtin(&state, Some("https://api.example.com/v1/")).unwrap();
        assert!(config.server.listen.ip().is_loopback());
        assert!(config.server.admin_listen.ip().is_loopback());
        assert_eq!(config.store.url, state.store_url());
        let paths: Vec<&str> = config.routes.iter().map(|route| route.path.as_str()).collect();
        assert_eq!(paths, ["/v1/check", "/v1/chat/completions"]);
    }

    #[test]
    fn a_bad_upstream_address_is_named() {
        let temp = tempfile::tempdir().unwrap();
        let state = StateDir::open(Some(temp.path().to_owned())).unwrap();
        let error = builtin(&state, Some("ftp://x")).unwrap_err().to_string();
        assert!(error.contains("`upstreams.default.base_url`: `ftp://x` is neither http nor https"), "{error}");
    }
}
