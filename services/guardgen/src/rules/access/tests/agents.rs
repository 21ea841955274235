//! What is read from descriptions of agents.

use super::super::agent::{Agent, Function, Language, Meaning, read};
use super::*;

fn agent(text: &str) -> Agent {
    read(text).unwrap_or_else(|complaint| panic!("{complaint}"))
}

fn function<'a>(agent: &'a Agent, name: &str) -> &'a Function {
    agent.functions.iter().find(|function| function.name == name).unwrap()
}

fn separators(function: &Function) -> (Option<&str>, Option<&str>) {
    let separator = |listed: &Option<super::super::agent::Listed>| listed.as_ref().and_then(|l| l.separator.clone());
    let leak = |text: Option<String>| text.map(|text| &*text.leak());
    (leak(separator(&function.conditions)), leak(separator(&function.fields)))
}

#[test]
fn functions_are_read_from_their_signatures() {
    let found = agent(
        "For each question it writes Python that reads the database with LoadDB('table'), FilterDB(db, 'column=value||min(column)'), \
         GetValue(db, 'column, aggregate') and SQLInterpreter('select ...'), with Calendar('...') for dates. The program is in the part \
         `code` of its answer; `question` stands beside it.",
    );
    assert_eq!(found.part, Some(("code".into(), Language::Python)));
    assert_eq!(found.functions.len(), 4);
    assert_eq!(function(&found, "LoadDB").resource, Some(0));
    assert_eq!(separators(function(&found, "FilterDB")), (Some("||"), None));
    let get = function(&found, "GetValue");
    assert_eq!((get.rows, separators(get)), (Some(0), (None, Some(","))));
    assert!(get.fields.as_ref().unwrap().aggregates);
    assert_eq!(function(&found, "SQLInterpreter").sql, Some(0));
    assert_eq!(found.results, ["answer"]);
}

#[test]
fn other_names_positions_and_separators() {
    let found = agent(
        "Its script is in the part `job`. It reads with store.fetch('collection', 'field=value and field=value', ['field', 'field']) and \
         store.one('field', rows), and writes with Save('table', 'field=value; field=value'). The result is in the variable `out`.",
    );
    let fetch = function(&found, "store.fetch");
    assert_eq!((fetch.short(), fetch.resource, fetch.arity), ("fetch", Some(0), 3));
    assert_eq!(separators(fetch), (Some(" and "), None));
    assert_eq!((fetch.fields.as_ref().unwrap().at, function(&found, "store.one").rows), (2, Some(1)));
    assert_eq!((function(&found, "Save").verb, separators(function(&found, "Save"))), (Verb::Write, (Some(";"), None)));
    assert_eq!(found.results, ["out"]);
}

#[test]
fn a_query_and_its_dialect() {
    let found = agent("It answers with a MySQL query. The part `q` of its answer is a SQL query.");
    assert_eq!((found.part, found.dialect), (Some(("q".into(), Language::Sql)), "mysql"));
}

#[test]
fn tools_and_the_meaning_of_their_arguments() {
    let found = agent(
        "It has the tool `query` with argument `sql`, and the tool `read_record` with arguments `table`, `fields` and `limit`. The tool \
         `put` with arguments `what` (the resource), `patch` (the new fields) and `id` changes one. The tools `clock` and `sum` read no \
         data. The tool `balance` reads accounts (number, balance).",
    );
    let tool = |name: &str| found.tools.iter().find(|tool| tool.name == name).unwrap();
    assert_eq!(tool("query").sql(), Some("sql"));
    assert_eq!(tool("read_record").one(Meaning::Fields), Some("fields"));
    assert_eq!((tool("put").verb, tool("put").one(Meaning::Resource)), (Verb::Write, Some("what")));
    assert!(tool("clock").harmless() && tool("sum").harmless());
    assert_eq!(tool("balance").opens, [("accounts".to_owned(), vec!["number".to_owned(), "balance".to_owned()])]);
}

#[test]
fn what_a_description_leaves_open_is_refused() {
    for (text, expected) in [
        ("A helpful assistant.", "it does not say how the agent reaches data"),
        ("Python in the part `code`.", "it does not say with which functions the program reads"),
        ("It reads with Load('table').", "it names functions, and no part with a program"),
        ("Python in the part `code` with Load('table') and Magic('thing').", "it is not clear what the function reads"),
        ("The tool `get` with argument `thingy`.", "it is not clear what argument `thingy` is"),
        ("The tool `get` with argument `limit`.", "it is not clear what tool `get` reaches"),
        (
            "Python in the part `code` with Load('table'). The tool `q` with argument `sql`.",
            "it names both a part of the answer and tools, which are events of two kinds",
        ),
        ("The tool `q` with argument `sql`. The tool `q` with argument `table`.", "tool `q` is described twice"),
        ("Python in the part `a` with Load('table'). The program is in the part `b`.", "a second part is named"),
    ] {
        assert_eq!(read(text).unwrap_err().why, expected, "{text}");
    }
}
