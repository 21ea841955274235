//! `find_secrets`: credentials in a text, by their fixed form, by the name they are assigned to, or in a URL.

use std::sync::LazyLock;

use aho_corasick::{AhoCorasick, Match};
use serde_json::Value;

use crate::args::Args;
use crate::constant_patterns::words;
use crate::finding::{Finding, resolve, to_json};
use crate::{Prepared, ToolError, ToolRun, ToolSpec};

mod assigned;
mod plausible;
mod private_key;
mod tokens;
mod url_password;

use tokens::{FORMS, Form, Token};

const NAME: &str = "find_secrets";

/// Confidence: the form belongs to this kind of secret alone.
const CERTAIN: f64 = 1.0;
/// Confidence: the place says that it is a secret, and the value looks like one.
const LIKELY: f64 = 0.7;

pub(crate) const SPEC: ToolSpec = ToolSpec {
    name: NAME,
    signature: "find_secrets(text: string) -> [{\"type\", \"start\", \"end\", \"text\", \"score\"}]",
    doc: "Credentials in `text`: tokens with a fixed form (AWS, GitHub, GitLab, Slack, OpenAI, Anthropic, Stripe, Google, npm, PyPI and \
          others, JSON Web Tokens), private keys (`private_key`), passwords in URLs and connection strings (`url_password`), bearer and \
          basic authorization headers (`bearer_token`, `basic_auth`), and values assigned to a name such as password (`password`) or \
          secret, token, api_key (`secret`, when random enough). Placeholders and references such as <key>, ${KEY} or os.environ[...] do not \
          count. The span is the secret alone, without its name or quotes. Findings do not overlap, are in text order, and `start` and \
          `end` count characters. `score` is 1.0 for fixed forms, 0.7 otherwise.",
    example: "find_secrets(\"export GH_TOKEN=ghp_0123456789abcdefghijABCDEFGHIJ012345\") == [#{\"type\": \"github_token\", \
              \"start\": 16, \"end\": 56, \"text\": \"ghp_0123456789abcdefghijABCDEFGHIJ012345\", \"score\": 1.0}]",
    min_args: 1,
    max_args: 1,
    pure: true,
    base_fuel: 2_000,
    fuel_per_byte: 60,
    max_input_bytes: 1 << 20,
    run: ToolRun::Native(run),
};

/// What a literal in the text may begin.
#[derive(Debug)]
enum Clue {
    /// Index into the tokens.
    Token(usize),
    KeyBlock,
    Url,
    Assigned(assigned::Name),
}

/// One automaton over all literals: a text without any costs one pass.
struct Clues {
    automaton: AhoCorasick,
    /// By pattern of the automaton.
    clues: Vec<Clue>,
    tokens: Vec<Token>,
}

static CLUES: LazyLock<Clues> = LazyLock::new(|| Clues {
    automaton: words(literals().map(|(literal, _)| literal)),
    clues: literals().map(|(_, clue)| clue).collect(),
    tokens: FORMS.iter().map(|(kind, _, pattern)| Token::new(kind, pattern)).collect(),
});

fn literals() -> impl Iterator<Item = (&'static str, Clue)> {
    let token =
        |(at, (_, begins, _)): (usize, &'static Form)| begins.iter().map(move |literal| (*literal, Clue::Token(at)));
    let names = assigned::NAMES.iter();
    let names = names.flat_map(|(name, words)| words.iter().map(move |word| (*word, Clue::Assigned(*name))));
    let others = [(private_key::BEGIN, Clue::KeyBlock), ("://", Clue::Url)];
    FORMS.iter().enumerate().flat_map(token).chain(names).chain(others)
}

fn run(_: &Prepared, args: &[Value]) -> Result<Value, ToolError> {
    let text = Args::new(NAME, args).text(0, "text")?;
    to_json(NAME, "type", text, &resolve(search(text)))
}

/// Builds what is otherwise built on the first call.
pub(crate) fn build_patterns() {
    LazyLock::force(&CLUES);
    assigned::build_patterns();
    private_key::build_patterns();
}

fn search(text: &str) -> Vec<Finding<'static>> {
    let (mut found, mut done) = (Vec::new(), 0);
    for hit in CLUES.automaton.find_iter(text) {
        // What was read as a token is not read again: that keeps the whole search linear.
        if hit.start() >= done {
            let (end, finding) = CLUES.read(text, &hit);
            done = end;
            found.extend(finding);
        }
    }
    found
}

impl Clues {
    /// Up to where the text is done with, and what was found.
    fn read(&self, text: &str, hit: &Match) -> (usize, Option<Finding<'static>>) {
        let fixed = |finding: Option<Finding<'static>>| (finding.as_ref().map_or(0, |f| f.span.end), finding);
        match self.clues.get(hit.pattern().as_usize()) {
            Some(Clue::Token(at)) => {
                self.tokens.get(*at).and_then(|token| tokens::read(text, hit.start(), token)).unwrap_or_default()
            }
            Some(Clue::KeyBlock) => fixed(private_key::read(text, hit.start())),
            Some(Clue::Url) => fixed(url_password::read(text, hit.end())),
            // A token may begin inside an assigned value, and names it better: go on after the name.
            Some(Clue::Assigned(name)) => (0, assigned::read(text, hit.range(), *name)),
            None => (0, None),
        }
    }
}

#[cfg(test)]
mod tests;
