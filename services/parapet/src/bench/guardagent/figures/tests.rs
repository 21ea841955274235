use std::collections::BTreeMap;

use parapet_domain::Principal;
use serde_json::{Map, Value};

use super::super::row::Truth;
use super::*;

fn columns(names: &[&str]) -> Explanation {
    let names = names.iter().map(|n| (*n).to_owned()).collect();
    Explanation::columns(BTreeMap::from([("t".to_owned(), names)]))
}

fn decided(expected: Option<&[&str]>, got: Option<&[&str]>) -> Decided {
    let principal = Principal {
        id: "p".to_owned(),
        roles: Vec::new(),
        attributes: Map::new(),
        authenticated_by: parapet_domain::principal::AuthenticatedBy::TrustedHeader,
    };
    let truth = Truth {
        deny: expected.is_some(),
        explanation: expected.map(columns).unwrap_or_default(),
        absent_columns: expected
            .unwrap_or_default()
            .iter()
            .filter(|n| **n == "nowhere")
            .map(|n| (*n).to_owned())
            .collect(),
    };
    let said = Said {
        deny: got.is_some(),
        explanation: got.map(columns).unwrap_or_default(),
        unchanged: got.is_none(),
        ..Said::default()
    };
    let (request, answer) = (Value::Null, Value::Null);
    Decided { row: Row { suite: Suite::EicuAc, line: 1, id: "r".to_owned(), principal, request, answer, truth }, said }
}

#[test]
fn the_figures_follow_their_definitions() {
    let rows = [
        decided(Some(&["a", "b"]), Some(&["b", "a"])),
        decided(Some(&["a"]), Some(&["a", "b"])),
        decided(Some(&["a", "nowhere"]), None),
        decided(None, None),
        decided(None, Some(&["a"])),
    ];
    let figures = Figures::of(Suite::EicuAc, &rows);
    assert_eq!((figures.rows, figures.to_deny), (5, 3));
    assert_eq!(figures.lpa, Some(60.0));
    assert_eq!(figures.lpp, Some(66.7));
    assert_eq!(figures.lpr, Some(66.7));
    assert_eq!(figures.ea, Some(33.3));
    assert_eq!(figures.fra, Some(50.0));
    assert_eq!(figures.misses_with_absent_column, Some(50.0));
    let problems: Vec<Problem> = figures.wrong.iter().map(|w| w.problem).collect();
    assert_eq!(problems, [Problem::Explanation, Problem::NotDenied, Problem::NotAllowed]);
}

#[test]
fn an_allowed_answer_that_was_changed_is_wrong() {
    let mut row = decided(None, None);
    row.said.unchanged = false;
    let figures = Figures::of(Suite::EicuAc, &[row]);
    assert_eq!((figures.lpa, figures.fra), (Some(100.0), Some(0.0)));
    assert_eq!(figures.wrong[0].problem, Problem::Changed);
}

#[test]
fn what_cannot_be_divided_is_absent() {
    let figures = Figures::of(Suite::Mind2WebSc, &[]);
    assert_eq!((figures.lpa, figures.lpp, figures.ea), (None, None, None));
}
