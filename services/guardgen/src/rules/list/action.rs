//! Which action a phrase means: tools by name or by the words of their names, or what a task in free text is about.

use parapet_toolbox::meanings;

use super::agent::Agent;
use super::names::{name_words, same_action, same_family};
use super::phrases::names_person;
use super::policy::Task;
use super::scope::{Read, Scope, ticked, trouble};
use super::words::{Kind, Token};

mod tasks;

/// How actions are recognised for one agent.
pub(super) struct Actions<'a> {
    /// The declarations.
    pub agent: &'a Agent,
    /// Lists and numbers of the request.
    pub facts: &'a toml::Table,
}

/// Tools, and the words that say more than which tools.
#[derive(Debug, PartialEq)]
pub(super) struct Calls {
    /// Names of the tools.
    pub tools: Vec<String>,
    /// What is left to say something of their arguments.
    pub rest: Vec<Token>,
}

/// How the name of a tool fits a phrase.
struct Fit {
    name: String,
    /// Tokens that its words stand for.
    matched: Vec<usize>,
    /// Words of the name that stand nowhere in the phrase.
    missing: usize,
    /// Whether the verb is another word for the same kind of action.
    by_synonym: bool,
}

/// Words around a tool's name and objects that restrict nothing.
const AROUND: &[&str] = &[
    "call",
    "calls",
    "calling",
    "called",
    "use",
    "uses",
    "using",
    "used",
    "run",
    "running",
    "invoke",
    "invoking",
    "the",
    "a",
    "an",
    "any",
    "some",
    "tool",
    "tools",
    "to",
    "of",
    "and",
    "or",
    "in",
    "is",
    "be",
    "all",
    "every",
    "each",
    "for",
    "on",
    "own",
    "something",
    "anything",
    "it",
    "item",
    "items",
    "thing",
    "things",
    "agent",
    "user's",
    "from",
    "their",
    "your",
    "his",
    "her",
    "into",
    "action",
    "at",
    "via",
    "by",
];

impl Actions<'_> {
    /// Whether the agent acts by calls of tools, rather than by tasks in free text.
    pub(super) fn by_calls(&self) -> bool {
        !self.agent.tools.is_empty()
    }

    /// Whether the tokens can be the name of an action.
    pub(super) fn can_be(&self, tokens: &[Token]) -> bool {
        if self.by_calls() {
            return self.calls(tokens).is_ok();
        }
        let first = tokens.iter().map(Token::word).find(|word| !AROUND.contains(word)).unwrap_or("");
        let declared = self.agent.roles.iter().any(|role| same_family(role, first))
            || self.agent.attributes.iter().any(|a| name_words(&a.name).iter().any(|part| same_family(part, first)));
        let people =
            meanings(first).iter().any(|word| word.things.iter().any(|(name, sure)| *name == "person" && *sure > 6));
        let acts = first.ends_with("ing")
            || meanings(first).iter().any(|word| !word.actions.is_empty() || !word.things.is_empty());
        !declared && !people && acts && !names_person(tokens) && self.task(tokens).is_ok()
    }

    /// Whether the tokens start with the verb of an action.
    pub(super) fn starts(&self, tokens: &[Token]) -> bool {
        let Some(first) = tokens.iter().find(|token| token.word() != "only") else { return false };
        if let Kind::Code(name) = &first.kind {
            return self.agent.tool(name).is_some();
        }
        let word = first.word();
        let in_a_name = |name: &str| name_words(name).first().is_some_and(|part| same_family(part, word));
        let is_verb = || meanings(word).first().is_some_and(|meaning| !meaning.actions.is_empty());
        !word.is_empty()
            && !matches!(word, "be" | "have" | "a" | "the" | "an")
            && (self.agent.tools.iter().any(|tool| in_a_name(&tool.name)) || is_verb())
    }

    /// Whether the phrase says something of the action's arguments.
    pub(super) fn limits(&self, tokens: &[Token]) -> bool {
        self.by_calls() && self.calls(tokens).is_ok_and(|calls| !calls.rest.is_empty())
    }

    /// The task that the phrase means.
    pub(super) fn task(&self, tokens: &[Token]) -> Read<Task> {
        tasks::read(tokens)
    }

    /// The tools that the phrase means.
    pub(super) fn calls(&self, tokens: &[Token]) -> Read<Calls> {
        let named: Vec<usize> =
            (0..tokens.len()).filter(|at| tokens.get(*at).is_some_and(|t| self.is_tool(t))).collect();
        if !named.is_empty() {
            let names = named.iter().filter_map(|at| {
                if let Kind::Code(name) = &tokens.get(*at)?.kind { Some(plain_name(name)) } else { None }
            });
            let tools: Vec<String> = names.collect();
            let rest = self.rest(tokens, &named, &tools);
            return Ok(Calls { tools, rest });
        }
        let content: Vec<usize> =
            (0..tokens.len()).filter(|at| tokens.get(*at).is_some_and(|t| !AROUND.contains(&t.word()))).collect();
        let every = content.is_empty() && tokens.iter().any(|token| matches!(token.word(), "tool" | "tools"));
        if every {
            return Ok(Calls {
                tools: self.agent.tools.iter().map(|tool| tool.name.clone()).collect(),
                rest: Vec::new(),
            });
        }
        self.by_words(tokens)
    }

    fn is_tool(&self, token: &Token) -> bool {
        matches!(&token.kind, Kind::Code(name) if self.agent.tool(&plain_name(name)).is_some())
    }

    /// "Deleting a repository" is `delete_repository`.
    fn by_words(&self, tokens: &[Token]) -> Read<Calls> {
        let verbs = leading_verbs(tokens);
        let mut tools: Vec<String> = Vec::new();
        let mut used: Vec<usize> = Vec::new();
        for verb in &verbs {
            let found = self.best(tokens, *verb, &verbs);
            if found.is_empty() {
                let word = match tokens.get(*verb).map(|token| &token.kind) {
                    Some(Kind::Code(name) | Kind::Quote(name) | Kind::Word(name)) => name.as_str(),
                    _ => "",
                };
                let declared = self.agent.tools.iter().map(|tool| tool.name.as_str());
                return trouble(
                    format!("`{word}` names no tool of the agent"),
                    format!("write the name of the tool in backticks; declared are {}", ticked(declared)),
                );
            }
            for (name, mut matched) in found {
                used.append(&mut matched);
                if !tools.contains(&name) {
                    tools.push(name);
                }
            }
        }
        if tools.is_empty() {
            return trouble("no action is named", "write the name of the tool in backticks");
        }
        let rest = self.rest(tokens, &used, &tools);
        Ok(Calls { tools, rest })
    }

    /// The tools that fit the verb and the words after it best, with the tokens that their names are made of.
    fn best(&self, tokens: &[Token], verb: usize, verbs: &[usize]) -> Vec<(String, Vec<usize>)> {
        let objects: Vec<usize> = (0..tokens.len()).filter(|at| !verbs.contains(at)).collect();
        let mut found: Vec<Fit> = Vec::new();
        for tool in &self.agent.tools {
            let parts = name_words(&tool.name);
            let fits = |part: &str, at: usize| {
                tokens.get(at).is_some_and(|token| !token.word().is_empty() && same_family(part, token.word()))
            };
            let does = |part: &str| tokens.get(verb).is_some_and(|token| same_action(part, token.word()));
            let itself = parts.iter().position(|part| fits(part, verb));
            let Some(acting) = itself.or_else(|| parts.iter().position(|part| does(part))) else { continue };
            let mut matched = vec![verb];
            let others = parts.iter().enumerate().filter(|(n, _)| *n != acting);
            let mut missing = 0;
            for (_, part) in others {
                match objects.iter().find(|at| fits(part, **at)) {
                    Some(at) => matched.push(*at),
                    None => missing += usize::from(!matches!(part.as_str(), "to" | "the" | "a" | "in" | "of")),
                }
            }
            found.push(Fit { name: tool.name.clone(), matched, missing, by_synonym: itself.is_none() });
        }
        // "Send" means `send_email` and not `forward_email`, though both are ways to communicate.
        if found.iter().any(|fit| !fit.by_synonym) {
            found.retain(|fit| !fit.by_synonym);
        }
        let whole = found.iter().any(|fit| fit.missing == 0);
        let longest = found.iter().map(|fit| fit.matched.len()).max().unwrap_or(0);
        found.retain(|fit| if whole { fit.missing == 0 } else { fit.matched.len() == longest });
        // `send` is not meant where `send_email` is.
        let within =
            |small: &[usize], large: &[usize]| small.len() < large.len() && small.iter().all(|at| large.contains(at));
        let all: Vec<Vec<usize>> = found.iter().map(|fit| fit.matched.clone()).collect();
        found.retain(|fit| !all.iter().any(|other| within(&fit.matched, other)));
        found.into_iter().map(|fit| (fit.name, fit.matched)).collect()
    }

    /// What is left of the phrase, without what only names the arguments.
    fn rest(&self, tokens: &[Token], used: &[usize], tools: &[String]) -> Vec<Token> {
        let scope = Scope { agent: self.agent, tools, facts: self.facts };
        let word = |at: usize| tokens.get(at).map_or("", Token::word);
        let left: Vec<usize> = (0..tokens.len()).filter(|at| !used.contains(at)).collect();
        let names_argument = |at: usize| {
            let bound = at > 0 && matches!(word(at - 1), "with" | "without" | "whose" | "no" | "not")
                || at > 1 && matches!(word(at - 2), "with" | "without" | "whose");
            let plain = tokens
                .get(at + 1)
                .is_none_or(|next| !next.word().is_empty() && AROUND.contains(&next.word()) || next.is_mark(','));
            let after_number = at > 0 && tokens.get(at - 1).is_some_and(|t| matches!(t.kind, Kind::Number(..)));
            !bound
                && plain
                && !after_number
                && !word(at).is_empty()
                && scope.words(&[word(at)]).is_ok_and(|found| found.is_some())
        };
        let says = |at: &usize| {
            tokens
                .get(*at)
                .is_some_and(|token| !AROUND.contains(&token.word()) && !token.is_mark(',') && !token.is_mark(':'))
                && !names_argument(*at)
        };
        if !left.iter().any(says) {
            return Vec::new();
        }
        let first = left.iter().position(says).unwrap_or(0);
        // Small words straight before it may belong to it: "of at most", "to".
        let from = left.get(first).copied().unwrap_or(0);
        let before = (0..from)
            .rev()
            .take_while(|at| left.contains(at) && !word(*at).is_empty() && AROUND.contains(&word(*at)))
            .last();
        let from = before.unwrap_or(from);
        (from..tokens.len()).filter(|at| !used.contains(at)).filter_map(|at| tokens.get(at)).cloned().collect()
    }
}

/// `issue_refund(order_id, amount)` is `issue_refund`.
fn plain_name(name: &str) -> String {
    name.split('(').next().unwrap_or(name).to_owned()
}

/// "buy, rent or find a car": the verbs at the start. A phrase without a verb has its first word for one: "Refunds over 500".
fn leading_verbs(tokens: &[Token]) -> Vec<usize> {
    let mut verbs = Vec::new();
    for (at, token) in tokens.iter().enumerate() {
        let word = token.word();
        if token.is_mark(',')
            || token.is_mark('/')
            || AROUND.contains(&word) && (verbs.is_empty() || matches!(word, "and" | "or"))
        {
            continue;
        }
        let joined = verbs.last().is_some_and(|last| at > last + 1);
        let is_verb =
            meanings(word).first().is_some_and(|meaning| !meaning.actions.is_empty()) || word.ends_with("ing");
        if !(verbs.is_empty() || joined && is_verb) {
            break;
        }
        verbs.push(at);
    }
    verbs
}
