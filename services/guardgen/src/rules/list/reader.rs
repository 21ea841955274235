//! Reads a request block by block: every sentence becomes a rule or a declaration, leads over to others, or stops the reading.

use super::action::Actions;
use super::agent::Agent;
use super::policy::{Policy, Rest, Rule, Task};
use super::scope::{Read, Trouble, trouble};
use super::sentences::{is_open, sentences};
use super::statement::{Meaning, understand};
use super::{Block, NotUnderstood, blocks, build, phrases, table, words};
use crate::GuardRequest;

/// A request that is understood.
pub(super) struct List {
    /// What the agent description and the request declare.
    pub agent: Agent,
    /// The rules, each with its sentence.
    pub rules: Vec<Stated>,
    /// Actions in free text that are said to be free.
    pub free: Vec<Task>,
    /// Tools that are said to be free.
    pub free_tools: Vec<String>,
    /// What becomes of everything else.
    pub rest: Rest,
}

/// A rule with the sentence that states it.
pub(super) struct Stated {
    /// As it is written.
    pub sentence: String,
    /// What it says.
    pub rule: Rule,
}

impl List {
    /// The rules alone.
    pub(super) fn policy(&self) -> Policy {
        Policy { rules: self.rules.iter().map(|stated| stated.rule.clone()).collect(), rest: self.rest.clone() }
    }

    /// Whether the agent acts by calls of tools.
    pub(super) fn by_calls(&self) -> bool {
        !self.agent.tools.is_empty()
    }
}

/// Reads the request.
pub(super) fn read(request: &GuardRequest) -> Result<List, NotUnderstood> {
    let mut reader = Reader {
        list: List {
            agent: Agent::read(&request.agent),
            rules: Vec::new(),
            free: Vec::new(),
            free_tools: Vec::new(),
            rest: Rest::Unsaid,
        },
        facts: &request.facts,
        lead: None,
    };
    for block in whole_quotations(blocks(&request.request)) {
        reader.block(&block)?;
    }
    reader.finish()?;
    if let Some(name) = request.facts.keys().find(|name| !request.request.contains(name.as_str())) {
        return Err(NotUnderstood::new(
            name,
            "these facts are named in no rule",
            "name them in backticks in the rule that uses them, or leave them out",
        ));
    }
    Ok(reader.list)
}

/// Sentences that a quotation holds together, put together again.
fn whole_quotations(blocks: Vec<Block>) -> Vec<Block> {
    let mut out: Vec<Block> = Vec::new();
    let mut rest = blocks.as_slice();
    while let Some((first, after)) = rest.split_first() {
        rest = after;
        let Block::Sentence(text) = first else {
            out.push(first.clone());
            continue;
        };
        let mut text = text.clone();
        let mut joined = text.clone();
        for (n, next) in after.iter().take(MOST_QUOTED).enumerate() {
            let Block::Sentence(next) = next else { break };
            if !is_open(&joined) {
                break;
            }
            joined = format!("{joined} {next}");
            if !is_open(&joined) {
                text.clone_from(&joined);
                rest = after.get(n + 1..).unwrap_or_default();
            }
        }
        out.push(Block::Sentence(text));
    }
    out
}

/// Longest sentence or table row, in bytes: reading one takes more than linear time.
const MOST_SENTENCE_BYTES: usize = 2_000;
/// Most sentences in one quotation.
const MOST_QUOTED: usize = 6;

struct Reader<'a> {
    list: List,
    facts: &'a toml::Table,
    /// A sentence that ends with a colon, and whether items completed it.
    lead: Option<(String, bool)>,
}

impl Reader<'_> {
    fn block(&mut self, block: &Block) -> Result<(), NotUnderstood> {
        match block {
            Block::Heading { text, .. } => {
                self.finish()?;
                if is_title(text) { Ok(()) } else { self.sentence(text) }
            }
            Block::Table(table) => {
                self.lead = None;
                if let Some(long) = table.rows.iter().find(|row| row.concat().len() > MOST_SENTENCE_BYTES) {
                    return self.accept(&long.join(" | "), self.understand(&long.concat()));
                }
                let rows = table::rows(table).map_err(|(line, trouble)| refused(&line, trouble))?;
                rows.into_iter().try_for_each(|row| self.accept(&row.text, row.meaning))
            }
            Block::Item { text, .. } => self.item(text),
            Block::Sentence(text) => sentences(text).into_iter().try_for_each(|sentence| {
                self.finish()?;
                self.sentence(sentence)
            }),
        }
    }

    /// An item stands alone, or completes the sentence before the list.
    fn item(&mut self, text: &str) -> Result<(), NotUnderstood> {
        if let Some((lead, used)) = &mut self.lead {
            *used = true;
            let whole = format!("{} {text}", lead.trim_end_matches(':'));
            return self.plain(&whole);
        }
        sentences(text).into_iter().try_for_each(|sentence| self.plain(sentence))
    }

    fn sentence(&mut self, sentence: &str) -> Result<(), NotUnderstood> {
        if sentence.ends_with(':') && !matches!(self.understand(sentence), Ok(Meaning::Frame)) {
            self.lead = Some((sentence.to_owned(), false));
            return Ok(());
        }
        self.plain(sentence)
    }

    fn plain(&mut self, sentence: &str) -> Result<(), NotUnderstood> {
        if self.list.agent.declare(sentence) {
            return Ok(());
        }
        let meaning = self.understand(sentence);
        self.accept(sentence, meaning)
    }

    fn understand(&self, sentence: &str) -> Read<Meaning> {
        if sentence.len() > MOST_SENTENCE_BYTES {
            return trouble("it is too long to be one rule", "write it as several sentences");
        }
        understand(sentence, &Actions { agent: &self.list.agent, facts: self.facts })
    }

    fn accept(&mut self, sentence: &str, meaning: Read<Meaning>) -> Result<(), NotUnderstood> {
        let added = meaning.and_then(|meaning| self.add(sentence, meaning));
        added.map_err(|trouble| refused(sentence, trouble))
    }

    fn add(&mut self, sentence: &str, meaning: Meaning) -> Read<()> {
        match meaning {
            Meaning::Frame => {}
            Meaning::Rule(statement) => {
                let actions = Actions { agent: &self.list.agent, facts: self.facts };
                let rule = build::rule(sentence, &statement, &actions)?;
                self.list.rules.push(Stated { sentence: sentence.to_owned(), rule });
            }
            Meaning::Rest(free) => {
                self.rest(if free { Rest::Free } else { Rest::Forbidden(build::named(sentence)) })?
            }
            Meaning::Free(action) => {
                let actions = Actions { agent: &self.list.agent, facts: self.facts };
                if actions.by_calls() {
                    let calls = actions.calls(&action)?;
                    if !calls.rest.is_empty() {
                        return trouble(
                            "it says when something is free, but no rule",
                            "say when it is forbidden or needs approval",
                        );
                    }
                    self.list.free_tools.extend(calls.tools);
                } else {
                    self.list.free.push(actions.task(&action)?);
                }
            }
            Meaning::Otherwise(effect, text) => {
                let Some(last) = self.list.rules.last_mut() else {
                    return trouble("there is no rule before it", "state the rule first, then what happens otherwise");
                };
                last.rule.effect = effect;
                if let Some(text) = text {
                    last.rule.text = text;
                }
            }
        }
        Ok(())
    }

    fn rest(&mut self, rest: Rest) -> Read<()> {
        if self.list.rest != Rest::Unsaid && self.list.rest != rest {
            return trouble("it contradicts what was said of everything else before", "say it once");
        }
        self.list.rest = rest;
        Ok(())
    }

    /// A sentence that ends with a colon has to lead to something.
    fn finish(&mut self) -> Result<(), NotUnderstood> {
        match self.lead.take() {
            Some((lead, false)) => {
                let problem = Trouble {
                    why: "nothing follows its colon".to_owned(),
                    help: "end it with a full stop, or let a list follow".to_owned(),
                };
                Err(refused(&lead, problem))
            }
            _ => Ok(()),
        }
    }
}

/// Whether a heading names what follows. One that rules something is a sentence like others.
fn is_title(text: &str) -> bool {
    let words = words::tokens(text);
    let asks = words
        .first()
        .is_some_and(|token| matches!(token.word(), "what" | "who" | "when" | "which" | "how" | "rules" | "where"));
    asks || phrases::modal(&words).is_none()
        && !matches!(words.first().map_or("", words::Token::word), "never" | "don't" | "do" | "ask")
}

fn refused(sentence: &str, trouble: Trouble) -> NotUnderstood {
    // A hostile text may be one sentence of any length.
    let shown: String = sentence.chars().take(300).collect();
    NotUnderstood::new(shown, trouble.why, trouble.help)
}
