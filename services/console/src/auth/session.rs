//! The session cookie: `v1.<expiry>.<id>.<mac>`, signed with a key derived from the admin token.
//! It holds nothing secret, works on every replica, and ends by expiry, by logout or with a new admin token.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use http::HeaderMap;
use http::header::COOKIE;
use parapet_domain::digest;
use subtle::ConstantTimeEq as _;
use uuid::Uuid;

/// Name of the cookie.
pub(crate) const COOKIE_NAME: &str = "parapet_session";
/// How long a session lasts, in seconds.
pub(crate) const LIFETIME_S: i64 = 12 * 3600;
/// Most logged-out sessions remembered; the one nearest to its expiry is forgotten first.
const MAX_ENDED: usize = 10_000;

/// Makes, checks and ends sessions.
#[derive(Debug)]
pub(crate) struct Sessions {
    key: [u8; 32],
    /// Sessions ended before their time, by (expiry, id). Known to this process only.
    ended: Mutex<BTreeMap<(i64, String), ()>>,
}

struct Ticket<'a> {
    expires: i64,
    id: &'a str,
}

impl Sessions {
    pub(crate) const fn new(key: [u8; 32]) -> Self {
        Self { key, ended: Mutex::new(BTreeMap::new()) }
    }

    /// A new session's cookie value; `now` in seconds since the epoch.
    pub(crate) fn start(&self, now: i64) -> String {
        let expires = now.saturating_add(LIFETIME_S);
        let id = Uuid::now_v7().simple().to_string();
        let mac = self.mac(expires, &id);
        format!("v1.{expires}.{id}.{mac}")
    }

    /// Whether the request carries a live session.
    pub(crate) fn admits(&self, headers: &HeaderMap, now: i64) -> bool {
        cookie(headers).and_then(|value| self.open(value)).is_some_and(|ticket| {
            let ended = self.ended.lock().unwrap_or_else(PoisonError::into_inner);
            ticket.expires > now && !ended.contains_key(&(ticket.expires, ticket.id.to_owned()))
        })
    }

    /// Ends the request's session for good.
    pub(crate) fn end(&self, headers: &HeaderMap, now: i64) {
        let Some(ticket) = cookie(headers).and_then(|value| self.open(value)) else { return };
        let mut ended = self.ended.lock().unwrap_or_else(PoisonError::into_inner);
        ended.retain(|(expires, _), ()| *expires > now);
        ended.insert((ticket.expires, ticket.id.to_owned()), ());
        while ended.len() > MAX_ENDED {
            ended.pop_first();
        }
    }

    /// The ticket, if its signature is ours.
    fn open<'a>(&self, value: &'a str) -> Option<Ticket<'a>> {
        let mut fields = value.strip_prefix("v1.")?.split('.');
        let (expires, id, mac) = (fields.next()?.parse().ok()?, fields.next()?, fields.next()?);
        let ours = self.mac(expires, id);
        let genuine: bool = ours.as_bytes().ct_eq(mac.as_bytes()).into();
        (genuine && fields.next().is_none()).then_some(Ticket { expires, id })
    }

    fn mac(&self, expires: i64, id: &str) -> String {
        let signed = digest::keyed("session", &self.key, format!("v1.{expires}.{id}").as_bytes());
        signed.trim_start_matches("session:").to_owned()
    }
}

/// The `Set-Cookie` value that hands out `value`.
pub(crate) fn set_cookie(value: &str, secure: bool) -> String {
    let secure = if secure { "; Secure" } else { "" };
    format!("{COOKIE_NAME}={value}; Path=/; Max-Age={LIFETIME_S}; HttpOnly; SameSite=Strict{secure}")
}

/// The `Set-Cookie` value that takes the cookie away.
pub(crate) fn clear_cookie() -> String {
    format!("{COOKIE_NAME}=; Path=/; Max-Age=0; HttpOnly; SameSite=Strict")
}

fn cookie(headers: &HeaderMap) -> Option<&str> {
    headers.get_all(COOKIE).iter().filter_map(|line| line.to_str().ok()).flat_map(|line| line.split(';')).find_map(
        |pair| {
            let (name, value) = pair.trim().split_once('=')?;
            (name == COOKIE_NAME).then_some(value)
        },
    )
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn with(cookie: &str) -> HeaderMap {
        let line = format!("theme=dark; {COOKIE_NAME}={cookie}");
        HeaderMap::from_iter([(COOKIE, HeaderValue::from_str(&line).unwrap())])
    }

    #[test]
    fn a_session_lives_until_its_expiry() {
        let sessions = Sessions::new([7; 32]);
        let headers = with(&sessions.start(1_000));
        assert!(sessions.admits(&headers, 1_000 + LIFETIME_S - 1));
        assert!(!sessions.admits(&headers, 1_000 + LIFETIME_S));
    }

    #[test]
    fn a_session_that_was_logged_out_is_over() {
        let sessions = Sessions::new([7; 32]);
        let (one, other) = (with(&sessions.start(0)), with(&sessions.start(0)));
        sessions.end(&one, 1);
        assert!(!sessions.admits(&one, 1));
        assert!(sessions.admits(&other, 1));
    }

    #[test]
    fn forged_altered_and_foreign_cookies_are_refused() {
        let sessions = Sessions::new([7; 32]);
        let genuine = sessions.start(0);
        let longer = genuine.replacen("v1.43200.", "v1.99999999.", 1);
        assert_ne!(longer, genuine);
        let foreign = Sessions::new([8; 32]).start(0);
        for bad in [longer.as_str(), &foreign, &format!("{genuine}.x"), "", "v1", "v1...", "v1.1.a.", "v2.1.a.b"] {
            assert!(!sessions.admits(&with(bad), 1), "{bad}");
        }
        assert!(!sessions.admits(&HeaderMap::new(), 1));
    }
}
