//! No e-mail to addresses outside of the organisation: a tool call that names one is refused, and in answers such
//! addresses are replaced. An example of a guard with the SDK; without the standard library, to be small and quick.
#![cfg_attr(target_arch = "wasm32", no_std)]
extern crate alloc;

use alloc::{string::String, vec::Vec};

use parapet_sdk::{
    Event, Verdict,
    event::Stage,
    json, parapet_guard,
    tools::{Found, ToolError, find_pii_of},
    verdict::Edit,
};

/// Domains of the organisation. Their subdomains belong to it too.
const INSIDE: [&str; 2] = ["example.com", "example.org"];

parapet_guard!(check);

/// Judges one event.
///
/// # Errors
/// The host's tool answered in a form that is not known.
pub fn check(event: &Event) -> Result<Verdict, ToolError> {
    let mut outside: Vec<(usize, Found)> = Vec::new();
    for (part, content) in event.parts.iter().enumerate() {
        let found = find_pii_of(&content.text, &["email"])?;
        outside.extend(found.into_iter().filter(|found| !is_inside(&found.text)).map(|found| (part, found)));
    }
    Ok(verdict(event.stage, &outside))
}

fn verdict(stage: Stage, outside: &[(usize, Found)]) -> Verdict {
    if outside.is_empty() {
        return Verdict::allow();
    }
    if stage == Stage::Output {
        let edits = outside.iter().map(|(part, found)| Edit {
            part: *part,
            start: found.start,
            end: found.end,
            replacement: String::from("[outside address]"),
        });
        return Verdict::redact(
            "outside_address",
            "addresses outside of the organisation were removed",
            edits.collect(),
        );
    }
    let addresses: Vec<&str> = outside.iter().map(|(_, found)| found.text.as_str()).collect();
    Verdict::deny("outside_address", "e-mail may only go to addresses of the organisation")
        .with_details(json!({"addresses": addresses}))
}

/// Whether an address belongs to the organisation.
#[must_use]
pub fn is_inside(address: &str) -> bool {
    let domain = address.rsplit_once('@').map_or("", |(_, domain)| domain).to_ascii_lowercase();
    INSIDE.iter().any(|inside| match domain.strip_suffix(inside) {
        Some(rest) => rest.is_empty() || rest.ends_with('.'),
        None => false,
    })
}

#[cfg(test)]
mod tests {
    use super::is_inside;

    #[test]
    fn the_organisations_domains_and_their_subdomains_are_inside() {
        for address in ["a@example.com", "a@MAIL.Example.ORG", "\"x@y.net\"@example.com"] {
            assert!(is_inside(address), "{address}");
        }
    }

    #[test]
    fn look_alikes_are_outside() {
        for address in ["a@notexample.com", "a@example.com.evil.net", "a@example.co", "example.com", "a@"] {
            assert!(!is_inside(address), "{address}");
        }
    }
}
