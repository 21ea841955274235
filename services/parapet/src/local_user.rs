//! The user of this machine that runs the process: the one on whose behalf a local client acts.

use std::fs;
use std::os::unix::fs::MetadataExt as _;

use anyhow::{Context as _, Result};
use parapet_domain::Principal;
use parapet_domain::principal::AuthenticatedBy;
use serde_json::Map;

/// The user, by name where the system knows one. The kernel vouches for the number; no environment variable is read.
pub(crate) fn local_user() -> Result<Principal> {
    let uid = fs::metadata("/proc/self").context("the user of this process is not known")?.uid();
    let names = fs::read_to_string("/etc/passwd").unwrap_or_default();
    let id = name_of(&names, uid).unwrap_or_else(|| format!("uid-{uid}"));
    let attributes = Map::from_iter([("uid".to_owned(), uid.into())]);
    Ok(Principal { id, roles: Vec::new(), attributes, authenticated_by: AuthenticatedBy::OsUser })
}

fn name_of(passwd: &str, uid: u32) -> Option<String> {
    let uid = uid.to_string();
    passwd.lines().find_map(|line| {
        let mut fields = line.split(':');
        let name = fields.next().filter(|name| !name.is_empty())?;
        (fields.nth(1)? == uid).then(|| name.to_owned())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_becomes_the_name_that_the_system_has_for_it() {
        let passwd = "root:x:0:0::/root:/bin/sh\n:x:5:5::/:/bin/sh\nme:x:1000:1000::/home/me:/bin/sh\n";
        assert_eq!(name_of(passwd, 1_000).as_deref(), Some("me"));
        assert_eq!(name_of(passwd, 5), None);
        assert_eq!(name_of(passwd, 7), None);
        assert_eq!(local_user().unwrap().authenticated_by, AuthenticatedBy::OsUser);
    }
}
