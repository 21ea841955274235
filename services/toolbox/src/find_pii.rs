//! `find_pii`: personal data that its form, its checksum or the words around it give away.

use serde_json::Value;

use crate::args::Args;
use crate::finding::{Finding, resolve, to_json};
use crate::{Prepared, ToolError, ToolRun, ToolSpec};

mod card;
mod checksum;
mod context;
mod crypto;
mod email;
mod iban;
mod labelled;
mod network;
mod numbers;
mod phone;
mod source;
mod ssn;
mod url;

use source::Source;

const NAME: &str = "find_pii";

/// Confidence: a scheme, a host, or a checksum over a fixed form leaves no doubt.
const CERTAIN: f64 = 1.0;
/// Confidence: the form is distinctive.
const STRONG: f64 = 0.85;
/// Confidence: an ordinary number or word, but the words before it say what it is.
const CONTEXT: f64 = 0.75;
/// Confidence: the form is common for this kind of data, but also for others.
const LIKELY: f64 = 0.6;

pub(crate) const SPEC: ToolSpec = ToolSpec {
    name: NAME,
    signature: "find_pii(text: string[, types: array of strings]) -> [{\"type\", \"start\", \"end\", \"text\", \"score\"}]",
    doc: "Personal data in `text`, or only that of the given types: email, phone, us_ssn, us_itin, credit_card, iban, ip_address, \
          mac_address, url, date_of_birth, mrn, npi, us_passport, us_driver_license, crypto_address. Checksums and number ranges are \
          verified (cards, IBAN, NPI, SSN, crypto addresses). Numbers without a form of their own count only after a word such as \
          `phone`, `MRN`, `passport` or `born`. Names and street addresses are not found. Findings do not overlap, are in text order, \
          and `start` and `end` count characters. `score` is 0.6 (likely form), 0.75 (known from the words before it), 0.85 (distinctive form) \
          or 1.0 (verified).",
    example: "find_pii(\"Mail ann@example.com, card 4111 1111 1111 1111\") == [#{\"type\": \"email\", \"start\": 5, \"end\": 20, \
              \"text\": \"ann@example.com\", \"score\": 1.0}, #{\"type\": \"credit_card\", \"start\": 27, \"end\": 46, \
              \"text\": \"4111 1111 1111 1111\", \"score\": 1.0}]",
    min_args: 1,
    max_args: 2,
    pure: true,
    base_fuel: 2_000,
    fuel_per_byte: 60,
    max_input_bytes: 1 << 20,
    run: ToolRun::Native(run),
};

/// Where detectors put what they find.
type Found = Vec<Finding<'static>>;

/// A detector and the types that it finds.
type Detector = (fn(&Source<'_>, &mut Found), &'static [&'static str]);

const DETECTORS: &[Detector] = &[
    (email::find, &["email"]),
    (url::find, &["url"]),
    (numbers::find, &["phone", "us_ssn", "us_itin", "credit_card", "ip_address"]),
    (network::find_ipv6, &["ip_address"]),
    (network::find_mac, &["mac_address"]),
    (iban::find, &["iban"]),
    (labelled::find, &["date_of_birth", "mrn", "npi", "us_passport", "us_driver_license"]),
    (crypto::find, &["crypto_address"]),
];

fn run(_: &Prepared, args: &[Value]) -> Result<Value, ToolError> {
    let args = Args::new(NAME, args);
    let text = args.text(0, "text")?;
    let wanted = args.optional(1).map(|types| wanted(&args, types)).transpose()?;
    let is_wanted = |kind: &str| wanted.as_ref().is_none_or(|kinds| kinds.contains(&kind));
    let source = Source::new(text);
    let mut found = Found::new();
    for (find, kinds) in DETECTORS {
        if kinds.iter().any(|kind| is_wanted(kind)) {
            find(&source, &mut found);
        }
    }
    found.retain(|f| is_wanted(f.label));
    to_json(NAME, "type", text, &resolve(found))
}

/// Builds what is otherwise built on the first call.
pub(crate) fn build_patterns() {
    context::build_words();
    labelled::build_patterns();
}

/// Reads the list of types; an unknown one is an error, as it would never find anything.
fn wanted<'a>(args: &Args<'_>, types: &'a Value) -> Result<Vec<&'a str>, ToolError> {
    let known = || DETECTORS.iter().flat_map(|(_, kinds)| kinds.iter());
    let one = |value: &'a Value| {
        let kind = value.as_str().ok_or_else(|| args.wrong("types", "an array of strings", types))?;
        if known().any(|k| *k == kind) {
            return Ok(kind);
        }
        let mut list: Vec<&str> = known().copied().collect();
        list.sort_unstable();
        list.dedup();
        Err(ToolError::new(format!("`{kind}` is no type of `{NAME}`; use {}", list.join(", "))))
    };
    types.as_array().ok_or_else(|| args.wrong("types", "an array of strings", types))?.iter().map(one).collect()
}

#[cfg(test)]
mod tests;
