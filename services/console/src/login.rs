//! Signing in and out, both by POST from our own pages only.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use axum::extract::{ConnectInfo, FromRequestParts, RawQuery, State};
use axum::response::{IntoResponse as _, Redirect, Response};
use http::header::SET_COOKIE;
use http::request::Parts;
use http::{HeaderMap, StatusCode};

use crate::auth::{origin, session};
use crate::error::{ApiError, ConsoleError};
use crate::pages::LoginPage;
use crate::state::Console;

/// Address of the client, where the server tells it.
pub(crate) struct Client(Option<IpAddr>);

impl<S: Send + Sync> FromRequestParts<S> for Client {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Self::Rejection> {
        let address = parts.extensions.get::<ConnectInfo<SocketAddr>>().map(|info| info.0.ip());
        Ok(Self(address.map(|ip| ip.to_canonical())))
    }
}

/// The form.
pub(crate) async fn show_login(
    State(console): State<Arc<Console>>,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
) -> Response {
    let next = safe_next(field(query.unwrap_or_default().as_bytes(), "next"));
    if console.sessions.admits(&headers, console.now_s()) {
        return Redirect::to(&next).into_response();
    }
    LoginPage::new(next, None).respond(StatusCode::OK)
}

/// Takes the token; the right one buys a session.
pub(crate) async fn start_session(
    State(console): State<Arc<Console>>,
    Client(client): Client,
    headers: HeaderMap,
    form: axum::body::Bytes,
) -> Response {
    if !origin::is_own(&headers) {
        return ApiError(ConsoleError::ForeignForm).into_response();
    }
    let next = safe_next(field(&form, "next"));
    if let Some(seconds) = console.attempts.wait_s(client) {
        let problem = ConsoleError::TooManyAttempts(seconds);
        let page = LoginPage::new(next, Some(capitalised(&problem.to_string())));
        return problem.complete(page.respond(StatusCode::TOO_MANY_REQUESTS));
    }
    if !field(&form, "token").is_some_and(|token| console.admin.token.matches(token.trim())) {
        console.attempts.failed(client);
        tracing::warn!(client = client.map(tracing::field::display), "wrong admin token at the console's login");
        let problem = "That is not the admin token.".to_owned();
        return LoginPage::new(next, Some(problem)).respond(StatusCode::UNAUTHORIZED);
    }
    tracing::info!(client = client.map(tracing::field::display), "signed in at the console");
    let secure = headers.get("x-forwarded-proto").is_some_and(|proto| proto == "https");
    let cookie = session::set_cookie(&console.sessions.start(console.now_s()), secure);
    ([(SET_COOKIE, cookie)], Redirect::to(&next)).into_response()
}

/// Ends the session, here and in the browser.
pub(crate) async fn end_session(State(console): State<Arc<Console>>, headers: HeaderMap) -> Response {
    if !origin::is_own(&headers) {
        return ApiError(ConsoleError::ForeignForm).into_response();
    }
    console.sessions.end(&headers, console.now_s());
    ([(SET_COOKIE, session::clear_cookie())], Redirect::to("/login")).into_response()
}

fn field(form: &[u8], name: &str) -> Option<String> {
    form_urlencoded::parse(form).find(|(key, _)| key == name).map(|(_, value)| value.into_owned())
}

/// Where to go after signing in: one of our own paths, or the overview. A browser reads `//host` and `/\host` as
/// another site.
fn safe_next(next: Option<String>) -> String {
    let ours = |path: &String| {
        let mut bytes = path.bytes();
        bytes.next() == Some(b'/')
            && !matches!(bytes.next(), Some(b'/' | b'\\'))
            && path.bytes().all(|b| b.is_ascii_graphic())
    };
    next.filter(ours).filter(|path| !path.starts_with("/login")).unwrap_or_else(|| "/".to_owned())
}

fn capitalised(sentence: &str) -> String {
    let mut chars = sentence.chars();
    chars.next().map_or_else(String::new, |first| first.to_uppercase().chain(chars).chain(['.']).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_way_back_leads_to_our_own_pages_only() {
        let next = |path: &str| safe_next(Some(path.to_owned()));
        assert_eq!(next("/decisions?guard=a"), "/decisions?guard=a");
        for elsewhere in [
            "//evil.example",
            "/\\evil.example",
            "https://evil.example",
            "",
            "/a\r\nb",
            "decisions",
            "/login?next=/login",
        ] {
            assert_eq!(next(elsewhere), "/", "{elsewhere}");
        }
        assert_eq!(safe_next(None), "/");
    }
}
