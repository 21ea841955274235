use parapet_domain::fold::FoldPolicy;
use parapet_store::AuditMode;

use super::*;

fn nothing(_: &str) -> Option<String> {
    None
}

fn errors(text: &str) -> String {
    Config::parse("parapet.toml", text, &nothing).unwrap_err().to_string()
}

const ROUTE: &str = r#"
[[credential]]
name = "c"
key = "0123456789abcdef"
rights = ["assert_identity"]
[[route]]
name = "check"
surface = "check"
"#;

#[test]
fn the_example_is_accepted_as_it_stands() {
    let config = Config::parse("example.toml", EXAMPLE, &nothing).unwrap();
    assert_eq!(config.routes.len(), 3);
    let RouteKind::Generic(target, _) = &config.routes[2].kind else { panic!("not generic") };
    assert_eq!(target.uri, "http://127.0.0.1:8000/ask");
}

#[test]
fn defaults_are_safe() {
    let config = Config::parse("parapet.toml", ROUTE, &nothing).unwrap();
    let route = &config.routes[0];
    assert_eq!((route.audit, route.principal), (AuditMode::Required, Need::Required));
    assert_eq!(route.policy, FoldPolicy::default());
    assert!(!route.store_content);
    assert!(config.server.listen.ip().is_loopback() && config.server.admin_listen.ip().is_loopback());
    assert!(config.identity.header.is_none() && config.identity.jwt.is_none());
}

#[test]
fn all_errors_are_reported_at_once_with_key_and_line() {
    let text = r#"[server]
listen = "nowhere"
lisen = "x"
[server.limits]
max_body_bytes = -1
max_headers = "many"
[store]
url = "${DB_URL}"
[upstreams.model]
base_url = "ftp://x"
[[route]]
name = "Chat!"
surface = "openai_chat"
upstream = "modle"
audit = "sometimes"
[[route]]
name = "gen"
surface = "generic"
principal = "optional"
"#;
    let expected = "configuration `parapet.toml` has 14 errors
  line 2: `server.listen`: `nowhere` is no address; write it as 127.0.0.1:8080 or [::1]:8080
  line 3: `server.lisen`: unknown field `lisen`, expected one of `listen`, `admin_listen`, `grpc_listen`, `admin_token`, `tenant`, `zone`, `limits`
  line 5: `server.limits.max_body_bytes`: invalid value: integer `-1`, expected a whole number, 0 or more
  line 6: `server.limits.max_headers`: invalid type: string \"many\", expected a whole number, 0 or more
  line 8: `store.url`: variable `DB_URL` is not set; set it, or write `${DB_URL:-default}`
  line 10: `upstreams.model.base_url`: `ftp://x` is neither http nor https; write it as `https://HOST` or `http://HOST:PORT/PREFIX`
  line 11: `route[0].principal`: needs to know the user, and nothing says who it is; add `[identity.header]` or `[identity.jwt]`, or set `principal = \"optional\"`
  line 12: `route[0].name`: `Chat!` is no name; use 1 to 64 of a-z, 0-9, `_`, `-`
  line 14: `route[0].upstream`: `modle` is not among the `[upstreams]` (`model`)
  line 15: `route[0].audit`: unknown variant `sometimes`, expected `required` or `best_effort`
  line 16: `route[1].path`: is missing; give the exact path of the requests, such as `/agent/ask`
  line 16: `route[1].request_parts`: the mapping names no part; give at least one with `name` and `pointer`
  line 16: `route[1].answer_parts`: the mapping names no part; give at least one with `name` and `pointer`
  line 16: `route[1].upstream`: is missing; name one of the `[upstreams]`";
    assert_eq!(errors(text), expected);
}

#[test]
fn a_file_that_is_no_toml_says_where() {
    let message = errors("[server]\nlisten = \n");
    assert!(message.contains("line 2: "), "{message}");
}

#[test]
fn identity_keys_are_checked() {
    let jwt = |keys: &str| errors(&format!("{ROUTE}[identity.jwt]\n{keys}\n"));
    let meant = "issuer = \"i\"\naudience = [\"a\"]\n";
    for (keys, expected) in [
        (
            "algorithms = [\"none\"]\nsecret = \"x\"".to_owned(),
            "`none` is not supported; use `HS256`, `RS256` or `ES256`",
        ),
        (format!("algorithms = [\"HS256\"]\nsecret = \"short\"\n{meant}"), "is too short; use at least 32 bytes"),
        (
            format!("algorithms = [\"RS256\"]\nsecret = \"0123456789abcdef0123456789abcdef\"\n{meant}"),
            "is for `HS256` alone",
        ),
        (
            format!("algorithms = [\"HS256\"]\njwks_url = \"https://x/y\"\n{meant}"),
            "a shared secret is never published",
        ),
        (format!("algorithms = [\"RS256\"]\njwks_url = \"http://example.com/y\"\n{meant}"), "is not safe; use `https`"),
        (format!("algorithms = [\"RS256\"]\npem_file = \"/nowhere.pem\"\n{meant}"), "`/nowhere.pem` cannot be read"),
        (
            format!("algorithms = [\"RS256\"]\n{meant}"),
            "needs exactly one of `secret`, `pem_file`, `jwks_file`, `jwks_url`",
        ),
        (
            "algorithms = [\"HS256\"]\nsecret = \"0123456789abcdef0123456789abcdef\"".to_owned(),
            "`identity.jwt.audience`: is missing",
        ),
    ] {
        let message = jwt(&keys);
        assert!(message.contains(expected), "{keys}\n{message}");
    }
    let message = errors(&format!("{ROUTE}[identity.header]\ntrusted_peers = [\"here\"]\n"));
    assert!(message.contains("`identity.header.trusted_peers[0]`: `here` is no network"), "{message}");
}

#[test]
fn what_has_no_effect_or_is_not_safe_is_refused() {
    for (text, expected) in [
        (format!("{ROUTE}upstream = \"x\""), "`route[0].upstream`: has no effect on this surface; remove it"),
        ("[[route]]\nname = \"c\"\nsurface = \"check\"".to_owned(), "needs a credential, and there is none"),
        (
            format!("[server]\nadmin_listen = \"0.0.0.0:9\"\n{ROUTE}"),
            "can be reached by others; set it, or listen on 127.0.0.1",
        ),
        (
            format!("{ROUTE}\n[[route]]\nname = \"check\"\nsurface = \"check\""),
            "is the path of route `check` or within it; each needs its own",
        ),
        (format!("{ROUTE}style = \"refusal\""), "`route[0].style`: has no effect on this surface; remove it"),
        (String::new(), "there is no route, so every request would be refused"),
        (
            format!("{ROUTE}[upstreams.u]\nbase_url = \"http://u\"\nheaders = {{ host = \"x\" }}"),
            "`host` cannot be set",
        ),
    ] {
        let message = errors(&text);
        assert!(message.contains(expected), "{text}\n{message}");
    }
}

#[test]
fn an_mcp_route_has_a_server_over_http_or_none_to_be_wrapped() {
    let text = r#"
[upstreams.tools]
base_url = "http://127.0.0.1:1/base"
[[route]]
name = "files"
surface = "mcp"
upstream = "tools"
principal = "optional"
tools_allowed = ["read_*"]
[[route]]
name = "local"
surface = "mcp"
[[route]]
name = "other"
surface = "mcp"
"#;
    let config = Config::parse("parapet.toml", text, &nothing).unwrap();
    let paths: Vec<&str> = config.routes.iter().map(|route| route.path.as_str()).collect();
    assert_eq!(paths, ["/mcp/files", "", ""]);
    assert_eq!(config.routes[0].kind.target().unwrap().uri, "http://127.0.0.1:1/base/mcp/files");
    assert!(config.routes[1].kind.target().is_none());

    let text = text.replace("name = \"local\"", "name = \"local\"\npath = \"/x\"").replace("read_*", "r*d");
    let text = format!(
        "{text}[[route]]\nname = \"check\"\nsurface = \"check\"\nprincipal = \"optional\"\ncredential = \"optional\"\ntools_denied = [\"x\"]\n"
    );
    let errors = errors(&text);
    for part in [
        "`route[0].tools_allowed`: `r*d` is no name of tools",
        "`route[1].path`: has no effect on a route without `upstream`",
        "`route[3].tools_denied`: has no effect on this surface",
    ] {
        assert!(errors.contains(part), "{part}: {errors}");
    }
}

#[test]
fn redactions_can_be_undone_where_the_answer_comes_in_the_same_exchange() {
    let on = |surface: &str, more: &str| {
        format!(
            "[upstreams.u]\nbase_url = \"http://u\"\n[[route]]\nname = \"r\"\nsurface = \"{surface}\"\nprincipal = \"optional\"\n{more}\n"
        )
    };
    let tokens = "redact = \"tokens\"";
    for surface in ["openai_chat", "openai_responses", "anthropic_messages"] {
        let text = on(surface, &format!("upstream = \"u\"\n{tokens}\nrestore_tools = [\"crm_*\"]"));
        let route = Config::parse("parapet.toml", &text, &nothing).unwrap().routes.remove(0);
        let tools = route.tokens.unwrap();
        assert!(tools.permits(Some("crm_mail")) && !tools.permits(Some("mail")));
        let plain = Config::parse("parapet.toml", &on(surface, "upstream = \"u\""), &nothing).unwrap();
        assert_eq!(plain.routes[0].tokens, None);
    }
    for (surface, why) in [
        ("mcp", "a server of tools has to get the values themselves"),
        ("check", "no value is kept beyond it"),
        ("litellm", "no value is kept beyond it"),
        ("ext_authz", "no value is kept beyond it"),
        ("claude_code", "no value is kept beyond it"),
    ] {
        let message = errors(&on(surface, &format!("credential = \"optional\"\n{tokens}")));
        assert!(
            message.contains("`route[0].redact`: `tokens` cannot be kept here: ") && message.contains(why),
            "{message}"
        );
    }
    for (more, expected) in [
        ("restore_tools = [\"x\"]".to_owned(), "`route[0].restore_tools`: has no effect without `redact = \"tokens\"`"),
        (format!("{tokens}\nrestore_tools = [\"a*b\"]"), "`route[0].restore_tools`: `a*b` is no name of tools"),
    ] {
        let message = errors(&on("openai_chat", &format!("upstream = \"u\"\n{more}")));
        assert!(message.contains(expected), "{message}");
    }
}

#[test]
fn an_admin_token_is_as_long_as_the_console_needs() {
    let with = |token: &str| format!("[server]\nadmin_token = \"{token}\"\n{ROUTE}");
    assert!(errors(&with(&"x".repeat(23))).contains("is too short; use at least 24 characters"));
    assert!(Config::parse("parapet.toml", &with(&"x".repeat(24)), &nothing).is_ok());
}

#[test]
fn secrets_do_not_show() {
    let text = format!(
        "[server]\nadmin_token = \"hush-hush-hush-hush-hush\"\n[store]\nurl = \"postgres://u:hush@h/d\"\n[audit]\ndigest_key = \"{}\"\n{ROUTE}",
        "ab".repeat(32)
    );
    let config = Config::parse("parapet.toml", &text, &nothing).unwrap();
    let shown = format!("{config:?}");
    assert!(!shown.contains("hush") && !shown.contains("0123456789abcdef") && !shown.contains("171, 171"), "{shown}");
}

#[test]
fn approvals_have_bounds_and_a_path_of_their_own() {
    let config = Config::parse("parapet.toml", ROUTE, &nothing).unwrap();
    let rules = config.routes[0].approval;
    assert_eq!(
        (rules.ttl.as_secs(), rules.max_pending, rules.show_content, rules.bind_session),
        (900, 20, true, false)
    );
    let keys = "approval = { ttl_s = 86401, max_pending = 0 }\npath = \"/v1/approvals/mine\"\n";
    let text = errors(&format!("{ROUTE}{keys}"));
    for line in [
        "`route[0].approval.ttl_s`: `86401` is out of range; give 1 to 86400",
        "`route[0].approval.max_pending`: `0` is out of range; give 1 to 1000",
        "`route[0].path`: `/v1/approvals/mine` is where approvals are followed; choose another",
    ] {
        assert!(text.contains(line), "{text}");
    }
}

const ASKED: &str = r#"
[[credential]]
name = "c"
key = "0123456789abcdef"
rights = ["assert_identity"]
[[route]]
name = "litellm"
surface = "litellm"
[[route]]
name = "hooks"
surface = "claude_code"
principal = "optional"
[[route]]
name = "envoy"
surface = "ext_authz"
inspects = "openai_chat"
[[limit]]
name = "per-user"
key = "principal"
requests = 30
"#;

#[test]
fn those_who_ask_need_no_upstream() {
    let config = Config::parse("parapet.toml", ASKED, &nothing).unwrap();
    let paths: Vec<_> = config.routes.iter().map(|route| route.path.as_str()).collect();
    assert_eq!(paths, ["/beta/litellm_basic_guardrail_api", "/v1/hooks/claude-code", "/ext_authz"]);
    let limit = &config.rates[0];
    assert_eq!((limit.every.as_millis(), limit.burst.get(), limit.max_keys), (2_000, 30, 10_000));
    assert!(config.server.grpc_listen.is_none());
}

#[test]
fn what_envoy_asks_about_has_to_be_said_and_its_paths_are_its_own() {
    let generic = "[[route]]\nname = \"g\"\nsurface = \"check\"\npath = \"/ext_authz/v1/ask\"\n";
    for (text, expected) in [
        (ASKED.replace("inspects = \"openai_chat\"", ""), "`route[2].inspects`: is missing; say what the bodies are"),
        (ASKED.replace("\"openai_chat\"", "\"check\""), "`route[2].inspects`: cannot be inspected"),
        (ASKED.replace("\"openai_chat\"", "\"generic\""), "`route[2].request_parts`: the mapping names no part"),
        (format!("{ASKED}{generic}"), "`/ext_authz/v1/ask` is the path of route `envoy` or within it"),
        (ASKED.replace("inspects", "path = \"/e/\"\ninspects"), "`/e/` ends with `/`"),
        (ASKED.replace("principal = \"optional\"", ""), "`route[1].principal`: needs to know the user"),
        (ASKED.replace("requests = 30", ""), "`limit[0].requests`: `0` is out of range; give 1 to 1000000"),
        (format!("{ASKED}routes = [\"chat\"]"), "`limit[0].routes[0]`: `chat` is the name of no route"),
        (
            ASKED.replace("key = \"principal\"", ""),
            "`limit[0].key`: is missing; set it to `principal`, `agent` or `route`",
        ),
        (format!("[server]\ngrpc_listen = \"x\"\n{ASKED}"), "`server.grpc_listen`: `x` is no address"),
    ] {
        let message = errors(&text);
        assert!(message.contains(expected), "{text}\n{message}");
    }
}

#[test]
fn a_history_is_remembered_only_where_there_is_one_and_every_decision_is_on_record() {
    let config = Config::parse("parapet.toml", ROUTE, &nothing).unwrap();
    assert_eq!(config.routes[0].history, HistoryRule::Judge);
    assert_eq!((config.history.max_parts, config.history.ttl.as_secs()), (100_000, 3_600));
    let text = format!("[history]\nmax_parts = 0\nttl_s = 86401\n{ASKED}")
        .replace("\"claude_code\"", "\"claude_code\"\nhistory = \"remember\"");
    let text = errors(&text);
    for line in [
        "`history.max_parts`: `0` is out of range; give 1 to 10000000",
        "`history.ttl_s`: `86401` is out of range; give 1 to 86400",
        "`route[1].history`: has no effect on this surface; remove it",
    ] {
        assert!(text.contains(line), "{text}");
    }
    let lossy = "[upstreams.m]\nbase_url = \"http://m\"\n[[route]]\nname = \"chat\"\nsurface = \"openai_chat\"\nupstream = \"m\"\nprincipal = \"optional\"\nhistory = \"remember\"\n";
    assert!(Config::parse("parapet.toml", lossy, &nothing).is_ok());
    let text = errors(&format!("{lossy}audit = \"best_effort\"\n"));
    assert!(text.contains("`route[0].history`: needs `audit = \"required\"`"), "{text}");
}
