//! Which tables with which columns, and which roles, a text about access to data names. Declarations say nothing of who may
//! do what, so nobody has to be asked about them.

use std::collections::BTreeMap;

use parapet_toolbox::meanings;

use super::words::{self, Word};
use crate::GuardRequest;
use crate::rules::{names_of, roles_of_examples};

/// Least columns that make a list of columns.
const LEAST_COLUMNS: usize = 2;
/// Words between which a role stands: "tellers may".
const MODALS: [&str; 7] = ["may", "can", "must", "cannot", "need", "needs", "should"];
/// Words before them that are no roles.
const NO_ROLES: [&str; 13] = [
    "they",
    "it",
    "assistant",
    "agent",
    "nobody",
    "everybody",
    "everyone",
    "somebody",
    "people",
    "role",
    "roles",
    "user",
    "users",
];

/// What there is to reach, and who.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(in super::super) struct World {
    /// Roles of users.
    pub(super) roles: Vec<String>,
    /// Tables with their columns, by name.
    pub(super) tables: BTreeMap<String, Vec<String>>,
}

/// Reads the names out of a request and its clauses.
pub(super) fn world(request: &GuardRequest, clauses: &[String]) -> World {
    let mut tables = BTreeMap::new();
    for (table, columns) in clauses.iter().flat_map(|clause| declared(clause, &request.agent)) {
        tables.entry(table).or_insert(columns);
    }
    let mut roles = names_of(&request.agent).roles;
    let examples = roles_of_examples(&request.examples);
    let subjects: Vec<String> = clauses.iter().flat_map(|clause| subjects(clause)).collect();
    for role in examples.into_iter().chain(subjects) {
        // "partner" is said of the role "hr partner".
        let known = |known: &String| {
            !words::places(&words::words(&role), known).is_empty()
                || !words::places(&words::words(known), &role).is_empty()
        };
        if !roles.iter().chain(tables.keys()).any(known) {
            roles.push(role);
        }
    }
    World { roles, tables }
}

/// The tables that a clause declares: "accounts (number, holder)", "a contract has position and salary".
pub(super) fn declared(clause: &str, agent: &str) -> Vec<(String, Vec<String>)> {
    let in_brackets = clause.match_indices('(').filter_map(|(at, _)| {
        let name = clause.get(..at)?.split_whitespace().last()?;
        let (inside, _) = clause.get(at + 1..)?.split_once(')')?;
        Some((name, inside))
    });
    let mut found: Vec<(String, Vec<String>)> =
        in_brackets.filter_map(|(name, list)| table(name, list, agent)).collect();
    if found.is_empty() {
        let verb = [" has ", " have "].iter().find_map(|verb| clause.split_once(verb));
        found.extend(verb.and_then(|(name, list)| table(without_article(name), list, agent)));
    }
    found
}

fn table(name: &str, list: &str, agent: &str) -> Option<(String, Vec<String>)> {
    let name = name.trim().to_lowercase();
    let is_name = |text: &str| !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    let list = list.trim_end_matches(['.', ';']).replace(" and ", ", ");
    let columns: Vec<String> = list
        .split(',')
        .map(|item| item.trim().trim_start_matches("and ").to_lowercase())
        .filter(|item| !item.is_empty())
        .collect();
    let is_tool = agent.contains(&format!("`{name}`")) || agent.contains(&format!("`{name}("));
    (is_name(&name) && !is_tool && columns.len() >= LEAST_COLUMNS && columns.iter().all(|column| is_name(column)))
        .then_some((name, columns))
}

fn without_article(text: &str) -> &str {
    let text = text.trim();
    let (first, rest) = text.split_once(' ').unwrap_or(("", text));
    let is_article = ["a", "an", "the", "each", "every"].contains(&first.to_lowercase().as_str());
    if is_article { rest } else { text }
}

/// Words before "may" and its like, in the singular.
fn subjects(clause: &str) -> Vec<String> {
    let words = words::words(clause);
    let pairs = words.iter().zip(words.iter().skip(1));
    let before = pairs.filter(|(_, modal)| MODALS.contains(&modal.lower.as_str())).map(|(word, _)| word);
    before.filter(|word| is_role(word)).map(|word| singular(&word.lower)).collect()
}

fn is_role(word: &Word) -> bool {
    let is_grammar = meanings(&word.lower).first().is_some_and(|meaning| meaning.is_grammar);
    !is_grammar && word.lower.chars().all(char::is_alphabetic) && !NO_ROLES.contains(&word.lower.as_str())
}

fn singular(word: &str) -> String {
    match (word.strip_suffix("ies"), word.strip_suffix('s')) {
        (Some(stem), _) => format!("{stem}y"),
        (_, Some(stem)) if !stem.ends_with('s') => stem.to_owned(),
        _ => word.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_and_roles_are_read_out_of_prose() {
        let agent = "The tool `read` with arguments `table` and `fields` reads. `archive (a, b)` is none.";
        let names = |clause: &str| -> Vec<String> {
            declared(clause, agent)
                .into_iter()
                .map(|(name, columns)| format!("{name}: {}", columns.join(" ")))
                .collect()
        };
        assert_eq!(
            names("The tables are books (title, author) and loans (book, due_on)."),
            ["books: title author", "loans: book due_on"]
        );
        assert_eq!(names("A contract has position, start_date and salary"), ["contract: position start_date salary"]);
        assert_eq!(names("read (table, fields) is a tool"), ["read: table fields"].map(str::to_owned)[..0]);
        assert_eq!(names("Partners (role \"partner\") have a look."), Vec::<String>::new());
        let clauses = [
            "Tellers may read books.".to_owned(),
            "They may write, and the ladies must not. What one asks for needs approval.".to_owned(),
        ];
        let world = world(&GuardRequest::default(), &clauses);
        assert_eq!(world.roles, ["teller", "lady"]);
    }
}
