//! From a sentence that is understood to a rule of the policy.

use super::action::Actions;
use super::condition;
use super::formula::Formula;
use super::policy::{Action, Alternatives, Effect, Rule};
use super::scope::{Read, Scope, trouble};
use super::statement::{Clause, Statement};
use super::words::Token;

/// The rule that the statement states. `sentence` is its text, and what it is called when nothing else is said.
pub(super) fn rule(sentence: &str, statement: &Statement, actions: &Actions<'_>) -> Read<Rule> {
    let (action, tools, rest) = if actions.by_calls() {
        let calls = actions.calls(&statement.action)?;
        (Action::Tools(calls.tools.clone()), calls.tools, calls.rest)
    } else {
        (Action::Task(actions.task(&statement.action)?), Vec::new(), Vec::new())
    };
    let reader = ClauseReader { sentence, actions, tools: &tools };
    let of_call = reader.optional(&rest)?;
    let mut kept = reader.all(&statement.kept)?;
    let mut when = reader.all(&statement.when)?;
    if statement.limits_action {
        kept.extend(of_call)
    } else {
        when.extend(of_call)
    }
    let exceptions = reader.all(&statement.unless)?;
    if kept.is_empty() && exceptions.is_empty() && !statement.forbidden && !statement.asks {
        return trouble(
            "it requires nothing",
            "say what has to hold, or that the action is forbidden or needs approval",
        );
    }
    if statement.asks && !kept.is_empty() {
        return trouble(
            "approval is asked for together with other conditions",
            "write two rules: one for the conditions, one for the approval",
        );
    }
    let mut ways = exceptions;
    if !kept.is_empty() {
        ways.insert(0, Formula::All(kept));
    }
    let effect = if statement.asks { Effect::Ask } else { statement.effect.unwrap_or(Effect::Deny) };
    Ok(Rule {
        action,
        when: if when.is_empty() { Vec::new() } else { expanded(&Formula::All(when))? },
        require: expanded(&Formula::Any(ways))?,
        effect,
        text: statement.text.clone().unwrap_or_else(|| named(sentence)),
    })
}

/// A sentence or table row as the text of its violation.
pub(super) fn named(sentence: &str) -> String {
    if sentence.starts_with('|') {
        let cells = sentence.split('|').map(str::trim).filter(|cell| !cell.is_empty());
        return cells.collect::<Vec<_>>().join(": ");
    }
    sentence.trim().trim_start_matches(['-', '*', ' ']).to_owned()
}

fn expanded(formula: &Formula) -> Read<Alternatives> {
    match formula.alternatives() {
        Some(alternatives) => Ok(alternatives),
        None => trouble("it has more alternatives than can be checked", "write it as several rules"),
    }
}

struct ClauseReader<'a> {
    sentence: &'a str,
    actions: &'a Actions<'a>,
    tools: &'a [String],
}

impl ClauseReader<'_> {
    fn all(&self, clauses: &[Clause]) -> Read<Vec<Formula>> {
        clauses.iter().map(|clause| self.read(clause)).collect()
    }

    fn read(&self, clause: &Clause) -> Read<Formula> {
        let of_user = if clause.of_user { self.with(&[], clause).ok() } else { None };
        let formula = match of_user {
            Some(formula) => formula,
            None => self.with(self.tools, clause)?,
        };
        Ok(if clause.negated { formula.negated() } else { formula })
    }

    fn with(&self, tools: &[String], clause: &Clause) -> Read<Formula> {
        let scope = Scope { agent: self.actions.agent, tools, facts: self.actions.facts };
        condition::read(self.sentence, &clause.tokens, &scope, clause.people)
    }

    fn optional(&self, rest: &[Token]) -> Read<Option<Formula>> {
        if rest.is_empty() {
            return Ok(None);
        }
        let clause = Clause { tokens: rest.to_vec(), ..Clause::default() };
        self.read(&clause).map(Some)
    }
}
