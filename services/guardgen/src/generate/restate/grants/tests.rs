//! What is offered for a clause, and what becomes of the answers.

use super::super::tables::world;
use super::*;
use crate::GuardRequest;

const AGENT: &str = "The assistant of an archive. The tool `look_up` with arguments `table`, `fields` and `filter` reads records; the \
                     tool `change` with arguments `table`, `record_id` and `values` changes one. Roles: clerk, auditor.";

fn archive() -> World {
    let clauses = ["The tables are books (title, author, shelf_mark) and loans (loan_id, reader, due_on)".to_owned()];
    world(&GuardRequest { agent: AGENT.to_owned(), ..GuardRequest::default() }, &clauses)
}

fn offered(clause: &str, before: &[String]) -> (Vec<String>, Spoken) {
    let Clause::Grants(schema, spoken) = offer(&archive(), clause, before) else { panic!("{clause} grants nothing") };
    let all = schema["properties"]["grants"]["items"]["anyOf"].as_array().unwrap().iter().map(|grant| {
        let of = |field: &str| grant["properties"][field]["const"].as_str().unwrap_or_default().to_owned();
        let which = grant["properties"]["which"]["items"]["enum"].as_array().into_iter().flatten();
        let which: Vec<&str> = which.filter_map(Value::as_str).collect();
        format!("{} {} {} {}", of("can"), of("of"), of("part"), which.join(" ")).trim().to_owned()
    });
    (all.collect(), spoken)
}

#[test]
fn only_what_a_clause_speaks_of_is_offered() {
    let (grants, spoken) = offered("Clerks may look at books, but never at the shelf mark.", &[]);
    assert_eq!(grants, ["may books all_but shelf_mark", "may_not books only shelf_mark"]);
    assert_eq!(spoken.roles, ["clerk"]);
    let (grants, spoken) = offered("They may see the title of books and loans with their id.", &["auditor".to_owned()]);
    assert_eq!(grants, ["may books only title", "may loans only loan_id"]);
    assert_eq!((spoken.roles.as_slice(), spoken.by_pronoun), (["auditor".to_owned()].as_slice(), true));
    let (grants, _) =
        offered("They may see all of books, and loans with their id and nothing else.", &["auditor".to_owned()]);
    assert_eq!(grants[..2], ["may books all", "may loans all"]);
    let (grants, spoken) = offered("Clerks may see books, but not loans.", &[]);
    assert_eq!(grants, ["may books all", "may_not books all", "may_not loans all"]);
    assert_eq!(spoken.tables, ["books"]);
    let (grants, _) = offered("Auditors may look at everything and change nothing.", &[]);
    assert_eq!(grants, ["may everything all", "may_not everything all"]);
    let (grants, _) = offered("A clerk who changes due_on of a loan needs approval.", &[]);
    assert!(grants.contains(&"needs_approval loans only due_on".to_owned()), "{grants:?}");
}

#[test]
fn what_is_about_no_role_is_not_asked_about() {
    assert_eq!(
        offer(&archive(), "The assistant calls the tool look_up with table and fields.", &[]),
        Clause::Described
    );
    assert_eq!(offer(&archive(), "Deny the rest.", &[]), Clause::Rest("Everything else is refused."));
    assert_eq!(
        offer(&archive(), "Whatever else somebody asks for needs approval.", &[]),
        Clause::Rest("Everything else needs approval.")
    );
}

#[test]
fn every_grant_becomes_sentences_that_the_rules_compile() {
    let grant = |can: &str, does: &[&str], part: &str, which: &[&str]| json!({"by": ["clerk", "auditor"], "can": can, "do": does, "of": "loans", "part": part, "which": which});
    for grant in [
        grant(MAY, &["read"], ALL, &[]),
        grant(MAY, &["read", "change"], ALL_BUT, &["reader", "due_on"]),
        grant(MAY, &["change"], ONLY, &["due_on", "loan_id"]),
        grant(NEEDS_APPROVAL, &["change"], ONLY, &["reader"]),
        grant(MAY_NOT, &["read"], ONLY, &["reader", "due_on"]),
        grant(MAY_NOT, &["change"], ALL, &[]),
        json!({"by": ["auditor"], "can": "may", "do": ["read"], "of": EVERYTHING, "part": ALL}),
    ] {
        let found = read(&json!({"grants": [grant]}));
        let sentences: Vec<String> = found.iter().flat_map(Grant::sentences).collect();
        assert!(!sentences.is_empty(), "{grant}");
        let request = GuardRequest {
            id: "x".to_owned(),
            request: format!(
                "- books has the columns title, author, shelf_mark.\n- loans has the columns loan_id, reader, due_on.\n- A clerk may read \
                 everything in books.\n- An auditor may read everything in books.\n- {}",
                sentences.join("\n- ")
            ),
            agent: AGENT.to_owned(),
            ..GuardRequest::default()
        };
        assert!(crate::compile(&request).is_ok(), "{sentences:?}: {:?}", crate::compile(&request).err());
    }
}

#[test]
fn what_an_answer_leaves_out_is_told() {
    let (_, spoken) = offered("Clerks may see the title of books, and loans.", &[]);
    let found =
        read(&json!({"grants": [{"by": ["clerk"], "can": "may", "do": ["read"], "of": "books", "part": "all"}]}));
    assert_eq!(spoken.missing(&found), ["loans", "title"]);
}
