//! Tasks made of a rule's own words, and tasks that no rule is about.

use super::Topics;
use crate::rules::list::policy::Task;

/// Most example tasks of one rule.
const MOST: usize = 4;
const ENDINGS: [&str; 2] = ["", " for next Friday"];

/// Everyday tasks; those that no rule of a list is about serve as tests that they are free.
const OTHERS: [&str; 14] = [
    "Tell me the weather forecast for tomorrow",
    "Translate this sentence into French",
    "What is the capital of Australia?",
    "Show the standings of the league",
    "Find the opening hours of the museum",
    "Look up the definition of a word",
    "Check the status of my package",
    "Find a recipe for pancakes",
    "Find the nearest parking garage",
    "Look for train tickets to Brussels",
    "Reserve a table for four at an Italian restaurant",
    "Find the balance of my bank account",
    "Find houses for sale with a garden",
    "Read the latest news",
];

impl Topics {
    /// Tasks that are about the rule's action, made of its words: each has been tried.
    pub(super) fn examples_of(&self, rule: usize, task: &Task) -> Vec<String> {
        let Some(topic) = self.of_rule.get(rule) else { return Vec::new() };
        let mut out: Vec<String> = Vec::new();
        for sentence in sentences(task) {
            if out.len() < MOST && !out.contains(&sentence) && self.in_force(&sentence, "").contains(topic) {
                out.push(sentence);
            }
        }
        out
    }

    /// Tasks that no rule is about.
    pub(in crate::rules::list) fn others(&self) -> Vec<&'static str> {
        let free = |task: &&&str| self.in_force(task, "").iter().all(|topic| !self.of_rule.contains(topic));
        OTHERS.iter().filter(free).copied().collect()
    }
}

/// Every verb with every thing, first those that stand beside each other in the rule.
fn sentences(task: &Task) -> Vec<String> {
    let mut out = Vec::new();
    let things: Vec<String> = if task.things.is_empty() { task.places.clone() } else { task.things.clone() };
    let most = task.verbs.len().max(1) * things.len().max(1);
    for n in 0..most {
        let verb = n.checked_rem(task.verbs.len()).and_then(|at| task.verbs.get(at));
        let thing = n.checked_rem(things.len()).and_then(|at| things.get(at));
        let text = match (verb, thing) {
            (Some(verb), Some(thing)) => format!("{} {}", capital(verb), with_article(thing)),
            (Some(verb), None) => format!("{} something", capital(verb)),
            (None, Some(thing)) => format!("Please arrange {}", with_article(thing)),
            (None, None) => continue,
        };
        for ending in ENDINGS {
            out.push(format!("{text}{ending}"));
        }
    }
    if let (Some(verb), Some(place)) = (task.verbs.first(), task.places.first()) {
        out.insert(0, format!("{} something in {}", capital(verb), with_article(place)));
    }
    out
}

fn with_article(thing: &str) -> String {
    let first = thing.split(' ').next().unwrap_or_default();
    let has = matches!(first, "a" | "an" | "the" | "my" | "any" | "some" | "their" | "your") || thing.ends_with('s');
    if has { thing.replace("their ", "my ").replace("your ", "my ") } else { format!("the {thing}") }
}

fn capital(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}
