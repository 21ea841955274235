//! Passwords in URLs, and so in most connection strings: `postgres://app:hunter2@db/app`.

use super::CERTAIN;
use crate::borders::ahead;
use crate::finding::Finding;

/// Longest `user:password` that is read, in bytes.
const MAX_USERINFO: usize = 512;
const STAND_INS: &[&str] = &["password", "pass", "passwd", "pwd", "secret", "token", "xxx", "xxxx", "xxxxx", "***", "****", "*****"];

/// The password in the URL whose `://` ends at `start`.
pub(super) fn read(text: &str, start: usize) -> Option<Finding<'static>> {
    let rest = ahead(text, start, MAX_USERINFO);
    let authority = rest.find(|c: char| c.is_whitespace() || matches!(c, '/' | '?' | '#' | '"' | '\'' | '<' | '>' | '`' | '\\'));
    let authority = authority.map_or(rest, |end| rest.get(..end).unwrap_or_default());
    let userinfo = authority.rsplit_once('@')?.0;
    let (user, password) = userinfo.split_once(':')?;
    let reference = password.starts_with(['$', '{', '<', '%']) && !password.starts_with("%4") || STAND_INS.contains(&password);
    let begin = start + user.len() + 1;
    (!password.is_empty() && !reference).then(|| Finding::scored("url_password", begin..begin + password.len(), CERTAIN))
}
