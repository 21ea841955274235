//! Passwords in URLs, and so in most connection strings: `postgres://app:hunter2@db/app`.

use super::CERTAIN;
use crate::borders::ahead;
use crate::finding::Finding;

/// Longest `user:password` that is read, in bytes.
const MAX_USERINFO: usize = 512;
const STAND_INS: &[&str] =
    &["password", "pass", "passwd", "pwd", "secret", "token", "xxx", "xxxx", "xxxxx", "***", "****", "*****"];

/// The password in the URL whose `://` ends at `start`.
pub(super) fn read(text: &str, start: usize) -> Option<Finding<'static>> {
    let rest = ahead(text, start, MAX_USERINFO);
    let authority =
        rest.find(|c: char| c.is_whitespace() || matches!(c, '/' | '?' | '#' | '"' | '\'' | '<' | '>' | '`' | '\\'));
    let authority = authority.map_or(rest, |end| rest.get(..end).unwrap_or_default());
    let userinfo = authority.rsplit_once('@')?.0;
    let (user, password) = userinfo.split_once(':')?;
    let begin = start + user.len() + 1;
    let real = !password.is_empty() && !is_stand_in(password);
    real.then(|| Finding::scored("url_password", begin..begin + password.len(), CERTAIN))
}

/// References to a secret kept elsewhere, and the words of documentation. A percent sign may also begin an escape.
fn is_stand_in(password: &str) -> bool {
    let variable =
        password.starts_with(['$', '{', '<', '[']) || password.starts_with("%(") || password.ends_with(['%', ']']);
    variable || STAND_INS.contains(&password)
}
