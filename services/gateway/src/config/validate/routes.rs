//! `[[route]]`.

use std::sync::Arc;
use std::time::Duration;

use http::Uri;
use parapet_domain::Stage;
use parapet_domain::fold::FoldPolicy;
use parapet_store::AuditMode;
use parapet_surfaces::Style;
use parapet_surfaces::ext_authz::Inspects;
use parapet_surfaces::generic::{GenericMapping, PartMapping};

use super::mcp::{check_unused, is_wrapped, mcp};
use super::tokens::tokens;
use super::windows::windows;
use super::{Unfit, Upstreams, checked, complain, name, number};
use crate::config::file::{ApprovalFile, ConfigFile, PartFile, RouteFile, SurfaceName};
use crate::config::{ApprovalRules, Asker, HistoryRule, Mappings, Need, Right, Route, RouteKind, Target, Upstream};
use crate::follow::APPROVALS;

const MISSING_SURFACE: &str = "is missing; set it to `check`, `openai_chat`, `openai_responses`, `anthropic_messages`, `generic`, `mcp`, `litellm`, `ext_authz`, `claude_code` or `write`";

pub(super) fn routes(file: &ConfigFile, upstreams: &Upstreams, unfit: &mut Unfit) -> Vec<Route> {
    if file.route.is_empty() {
        complain(unfit, "route", "there is no route, so every request would be refused; add a `[[route]]`");
    }
    let mut routes: Vec<Route> = Vec::new();
    for (n, route_file) in file.route.iter().enumerate() {
        let key = format!("route[{n}]");
        check_principal(file, route_file, &key, unfit);
        let Some(route) = route(route_file, &key, upstreams, !file.credential.is_empty(), unfit) else { continue };
        if routes.iter().any(|other| other.name == route.name) {
            complain(
                unfit,
                &format!("{key}.name"),
                format!("`{}` is the name of another route; each needs its own", route.name),
            );
        }
        if let Some(other) = routes.iter().find(|other| collide(other, &route)) {
            let message =
                format!("`{}` is the path of route `{}` or within it; each needs its own", route.path, other.name);
            complain(unfit, &format!("{key}.path"), message);
        }
        routes.push(route);
    }
    routes
}

fn route(file: &RouteFile, key: &str, upstreams: &Upstreams, credentials: bool, unfit: &mut Unfit) -> Option<Route> {
    name(&file.name, &format!("{key}.name"), unfit);
    let Some(surface) = file.surface else {
        complain(unfit, &format!("{key}.surface"), MISSING_SURFACE);
        return None;
    };
    let path = path(file, surface, key, unfit);
    forbid_unused(file, surface, key, unfit);
    let target = |path: &str, unfit: &mut Unfit| target(file, path, key, upstreams, unfit);
    let kind = match surface.model_api() {
        Some(api) => target(path.as_deref()?, unfit).map(|target| RouteKind::Model(api, target)),
        None if surface.asks() => {
            let credential = check_credential(file, key, credentials, unfit);
            asker(file, surface, key, unfit).map(|asker| RouteKind::Asked { credential, asker })
        }
        None if surface == SurfaceName::Mcp => {
            let target = |unfit: &mut Unfit| target(path.as_deref().unwrap_or("/"), unfit);
            mcp(file, key, target, unfit).map(|route| RouteKind::Mcp(Box::new(route)))
        }
        None if surface == SurfaceName::Write => Some(RouteKind::Write),
        None => {
            let mappings = mappings(file, key, unfit);
            let target = target(path.as_deref().unwrap_or("/"), unfit);
            target.zip(mappings).map(|(target, mappings)| RouteKind::Generic(target, Box::new(mappings)))
        }
    };
    let windows = windows(file, surface.model_api(), key, unfit);
    let tokens = tokens(file, surface, key, unfit);
    let approval = approval(&file.approval, &format!("{key}.approval"), unfit);
    let agent = file.agent.clone().unwrap_or_else(|| file.name.clone());
    if file.agent.is_some() {
        name(&agent, &format!("{key}.agent"), unfit);
    }
    Some(Route {
        name: file.name.clone(),
        path: path?,
        agent,
        kind: kind?,
        audit: file.audit,
        policy: FoldPolicy { no_guard: file.no_guard, not_inspected: file.not_inspected },
        style: file.style,
        show_details: !file.hide_details,
        store_content: file.store_content,
        principal: file.principal,
        refused_turns: file.refused_turns.unwrap_or_default(),
        history: history(file, key, unfit),
        approval,
        windows,
        tokens,
    })
}

/// Whether a request could belong to both.
fn collide(one: &Route, other: &Route) -> bool {
    let covers = |outer: &Route, inner: &Route| {
        let prefix = outer.kind.has_paths_below();
        inner.path.strip_prefix(&outer.path).is_some_and(|rest| rest.is_empty() || (prefix && rest.starts_with('/')))
    };
    // A route without a path is not served.
    !one.path.is_empty() && !other.path.is_empty() && (covers(one, other) || covers(other, one))
}

fn asker(file: &RouteFile, surface: SurfaceName, key: &str, unfit: &mut Unfit) -> Option<Asker> {
    match surface {
        SurfaceName::Litellm => Some(Asker::Litellm),
        SurfaceName::ClaudeCode => Some(Asker::ClaudeCode),
        SurfaceName::ExtAuthz => inspects(file, key, unfit).map(Asker::ExtAuthz),
        _ => Some(Asker::Check),
    }
}

fn inspects(file: &RouteFile, key: &str, unfit: &mut Unfit) -> Option<Inspects> {
    match file.inspects {
        Some(SurfaceName::Generic) => request_mapping(file, key, unfit).map(|map| Inspects::Generic(Box::new(map))),
        Some(surface) if surface.model_api().is_some() => surface.model_api().map(Inspects::Model),
        given => {
            let wrong = if given.is_some() { "cannot be inspected" } else { "is missing" };
            let message = format!("{wrong}; say what the bodies are: the protocol of a model server, or `generic`");
            complain(unfit, &format!("{key}.inspects"), message);
            None
        }
    }
}

fn path(file: &RouteFile, surface: SurfaceName, key: &str, unfit: &mut Unfit) -> Option<String> {
    if is_wrapped(file) {
        return Some(String::new());
    }
    let default = match surface {
        SurfaceName::Check => Some("/v1/check".to_owned()),
        SurfaceName::Mcp => Some(format!("/mcp/{}", file.name)),
        SurfaceName::Litellm => Some("/beta/litellm_basic_guardrail_api".to_owned()),
        SurfaceName::ClaudeCode => Some("/v1/hooks/claude-code".to_owned()),
        SurfaceName::ExtAuthz => Some("/ext_authz".to_owned()),
        SurfaceName::Write => Some("/v1/write".to_owned()),
        _ => surface.model_api().map(|api| api.default_path().to_owned()),
    };
    let path = match file.path.as_deref().or(default.as_deref()) {
        Some(path) if path.starts_with(APPROVALS) => {
            Err(format!("`{path}` is where approvals are followed; choose another"))
        }
        Some(path) if matches!(surface, SurfaceName::ExtAuthz | SurfaceName::Write) && path.ends_with('/') => {
            Err(format!("`{path}` ends with `/`; what comes after it begins with one"))
        }
        Some(path) if is_path(path) => Ok(path.to_owned()),
        Some(path) => Err(format!("`{path}` is no path; begin it with `/`, without query and without `..`")),
        None => Err("is missing; give the exact path of the requests, such as `/agent/ask`".to_owned()),
    };
    checked(path, &format!("{key}.path"), unfit)
}

fn is_path(path: &str) -> bool {
    let plain = path.starts_with('/')
        && !path.contains(['?', '#', '*', '{', '}'])
        && !path.split('/').any(|step| step == ".." || step == ".");
    plain && path.parse::<Uri>().is_ok_and(|uri| uri.path() == path)
}

fn approval(file: &ApprovalFile, key: &str, unfit: &mut Unfit) -> ApprovalRules {
    let ttl = number(file.ttl_s, &format!("{key}.ttl_s"), 1..=86_400, unfit);
    let max_pending = number(file.max_pending, &format!("{key}.max_pending"), 1..=1_000, unfit);
    ApprovalRules {
        ttl: Duration::from_secs(ttl),
        max_pending: u32::try_from(max_pending).unwrap_or(u32::MAX),
        show_content: file.show_content,
        bind_session: file.bind_session,
    }
}

/// What is remembered names the decision that allowed it, so that decision has to be on record.
fn history(file: &RouteFile, key: &str, unfit: &mut Unfit) -> HistoryRule {
    let rule = file.history.unwrap_or_default();
    if rule == HistoryRule::Remember && file.audit != AuditMode::Required {
        let message = "needs `audit = \"required\"`, so that every decision that is gone by is on record";
        complain(unfit, &format!("{key}.history"), message);
    }
    rule
}

/// A key that has no effect is a misunderstanding, and in a guardrail a dangerous one.
fn forbid_unused(file: &RouteFile, surface: SurfaceName, key: &str, unfit: &mut Unfit) {
    let (asks, generic) = (surface.asks(), surface == SurfaceName::Generic);
    let forwards = !asks && surface != SurfaceName::Write;
    let ext_authz = surface == SurfaceName::ExtAuthz;
    let mapped = generic || (ext_authz && file.inspects == Some(SurfaceName::Generic));
    let unused = [
        ("upstream", !forwards && file.upstream.is_some()),
        ("upstream_path", !forwards && file.upstream_path.is_some()),
        ("credential", !asks && file.credential.is_some()),
        ("style", surface.model_api().is_none() && file.style == Style::Refusal),
        ("refused_turns", surface.model_api().is_none() && file.refused_turns.is_some()),
        ("history", surface.model_api().is_none() && file.history.is_some()),
        ("inspects", !ext_authz && file.inspects.is_some()),
        ("request_parts", !mapped && !file.request_parts.is_empty()),
        ("request_ignore", !mapped && !file.request_ignore.is_empty()),
        ("request_stage", !mapped && file.request_stage.is_some()),
        ("answer_parts", !generic && !file.answer_parts.is_empty()),
        ("answer_ignore", !generic && !file.answer_ignore.is_empty()),
        ("answer_stage", !generic && file.answer_stage.is_some()),
    ];
    check_unused(file, surface, key, unfit);
    for (name, _) in unused.iter().filter(|(_, unused)| *unused) {
        complain(unfit, &format!("{key}.{name}"), "has no effect on this surface; remove it");
    }
}

fn check_credential(file: &RouteFile, key: &str, credentials: bool, unfit: &mut Unfit) -> Need {
    let need = file.credential.unwrap_or_default();
    if need == Need::Required && !credentials {
        let message =
            "needs a credential, and there is none; add a `[[credential]]`, or set `credential = \"optional\"`";
        complain(unfit, &format!("{key}.credential"), message);
    }
    need
}

/// A route that needs a user must have a way to learn who it is.
fn check_principal(file: &ConfigFile, route: &RouteFile, key: &str, unfit: &mut Unfit) {
    let names_users = |surface: SurfaceName| surface.asks() && surface != SurfaceName::ClaudeCode;
    let asserted = route.surface.is_some_and(names_users)
        && file.credential.iter().any(|c| c.rights.contains(&Right::AssertIdentity));
    let known = asserted || is_wrapped(route) || file.identity.header.is_some() || file.identity.jwt.is_some();
    if route.principal == Need::Required && !known {
        let message = "needs to know the user, and nothing says who it is; add `[identity.header]` or `[identity.jwt]`, or set `principal = \"optional\"`";
        complain(unfit, &format!("{key}.principal"), message);
    }
}

fn target(file: &RouteFile, path: &str, key: &str, upstreams: &Upstreams, unfit: &mut Unfit) -> Option<Target> {
    let known = || upstreams.keys().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
    let upstream = match &file.upstream {
        None => Err("is missing; name one of the `[upstreams]`".to_owned()),
        Some(name) => {
            upstreams.get(name).ok_or_else(|| format!("`{name}` is not among the `[upstreams]` ({})", known()))
        }
    };
    let upstream = checked(upstream, &format!("{key}.upstream"), unfit)?.clone()?;
    let path = file.upstream_path.as_deref().unwrap_or(path);
    let uri = if is_path(path) { join(&upstream, path) } else { None };
    let uri = uri.ok_or_else(|| format!("`{path}` is no path; begin it with `/`, without query and without `..`"));
    Some(Target { uri: checked(uri, &format!("{key}.upstream_path"), unfit)?, upstream: Arc::clone(&upstream) })
}

fn join(upstream: &Upstream, path: &str) -> Option<Uri> {
    let base = upstream.base_url.to_string();
    format!("{}{path}", base.trim_end_matches('/')).parse().ok()
}

fn request_mapping(file: &RouteFile, key: &str, unfit: &mut Unfit) -> Option<GenericMapping> {
    let stage = file.request_stage.unwrap_or(Stage::Input);
    mapping(stage, &file.request_parts, &file.request_ignore, &format!("{key}.request_parts"), unfit)
}

fn mappings(file: &RouteFile, key: &str, unfit: &mut Unfit) -> Option<Mappings> {
    let request = request_mapping(file, key, unfit);
    let answer = mapping(
        file.answer_stage.unwrap_or(Stage::Output),
        &file.answer_parts,
        &file.answer_ignore,
        &format!("{key}.answer_parts"),
        unfit,
    );
    Some(Mappings { request: request?, answer: answer? })
}

fn mapping(
    stage: Stage,
    parts: &[PartFile],
    ignore: &[String],
    key: &str,
    unfit: &mut Unfit,
) -> Option<GenericMapping> {
    let mut mapped = Vec::new();
    for (n, part) in parts.iter().enumerate() {
        let Some(pointer) = &part.pointer else {
            complain(
                unfit,
                &format!("{key}[{n}].pointer"),
                "is missing; give the JSON Pointer of the value, such as `/question`",
            );
            return None;
        };
        mapped.push(PartMapping {
            name: part.name.clone(),
            pointer: pointer.clone(),
            role: part.role,
            origin: part.origin,
            kind: part.kind,
            required: part.required,
            tool: part.tool.clone(),
            tool_pointer: part.tool_pointer.clone(),
        });
    }
    let mapping = GenericMapping::new(stage, mapped, ignore);
    mapping.map_err(|errors| errors.0.into_iter().for_each(|error| complain(unfit, key, error))).ok()
}
