//! The shape of the report.

use serde_json::json;

use crate::{call_of, report};

#[test]
fn the_chain_of_a_database_agent_is_visible_from_end_to_end() {
    let found = report(
        "patient_db = LoadDB('patient')\n\
         rows = FilterDB(patient_db, 'age>3||min(hospitaladmittime)')\n\
         answer = GetValue(rows, 'gender')\n",
    );
    let calls = &found["calls"];
    assert_eq!(calls[0]["args"][0]["literal"], "patient");
    assert_eq!(calls[0]["assigned_to"], json!(["patient_db"]));
    assert_eq!(calls[1]["args"][0]["from"], json!([0]));
    assert_eq!(calls[1]["args"][0]["name"], "patient_db");
    assert_eq!(calls[2]["args"][0]["from"], json!([1]));
    assert_eq!(calls[2]["args"][0]["roots"], json!([0]));
    assert_eq!(calls[2]["args"][0]["roots_complete"], true);
    assert_eq!(calls[2]["args"][1]["literal"], "gender");
    assert_eq!(found["error"], json!(null));
    assert_eq!(found["followed"], true);
}

#[test]
fn a_call_inside_a_call_comes_before_it() {
    let found = report("GetValue(FilterDB(LoadDB('lab'), 'a=1'), 'b')");
    let names: Vec<&str> = found["calls"].as_array().unwrap().iter().map(|c| c["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["LoadDB", "FilterDB", "GetValue"]);
    assert_eq!(found["calls"][2]["args"][0]["roots"], json!([0]));
}

#[test]
fn every_argument_has_every_field() {
    let call = call_of("f(x)", "f");
    let fields: Vec<&str> = call["args"][0].as_object().unwrap().keys().map(String::as_str).collect();
    let expected = [
        "derived_from",
        "from",
        "literal",
        "literals",
        "name",
        "references",
        "resolved",
        "roots",
        "roots_complete",
        "starred",
        "templates",
    ];
    assert_eq!(fields, expected);
}

#[test]
fn lines_and_columns_count_characters_from_one() {
    let call = call_of("x = 1\r\nä = f(2)", "f");
    assert_eq!((&call["line"], &call["column"]), (&json!(2), &json!(5)));
}

#[test]
fn literals_keep_their_kind() {
    for (written, expected) in [
        ("1", json!(1)),
        ("-7", json!(-7)),
        ("1.5", json!(1.5)),
        ("True", json!(true)),
        ("None", json!(null)),
        ("'a' \"b\"", json!("ab")),
        ("['a', 2]", json!(["a", 2])),
        ("('a', (1,))", json!(["a", [1]])),
        ("{'a': [1]}", json!({"a": [1]})),
    ] {
        let call = call_of(&format!("f({written})"), "f");
        assert_eq!(call["args"][0]["literal"], expected, "{written}");
        assert_eq!(call["args"][0]["resolved"], true, "{written}");
    }
}

#[test]
fn a_number_too_large_is_unresolved_not_wrong() {
    let call = call_of("f(99999999999999999999, 1e999, 3j)", "f");
    for position in 0..3 {
        assert_eq!(call["args"][position]["literal"], json!(null));
        assert_eq!(call["args"][position]["resolved"], false);
    }
}

#[test]
fn keyword_and_starred_arguments_are_told_apart() {
    let call = call_of("f(*rows, table='lab', **more)", "f");
    assert_eq!(call["args"][0]["starred"], true);
    assert_eq!(call["args"][0]["resolved"], false);
    assert_eq!(call["kwargs"]["table"]["literal"], "lab");
    assert_eq!(call["kwargs"]["**"]["resolved"], false);
}

#[test]
fn imports_and_their_aliases_are_followed_to_the_module() {
    let found =
        report("import pandas as pd\nfrom os import system as s, path\nimport a.b\npd.read_sql('q')\ns('ls')\na.b.c()");
    assert_eq!(found["imports"], json!(["pandas", "os.system", "os.path", "a.b"]));
    let names: Vec<&str> = found["calls"].as_array().unwrap().iter().map(|c| c["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["pandas.read_sql", "os.system", "a.b.c"]);
    assert_eq!(found["calls"][1]["written"], "s");
}

#[test]
fn a_method_is_named_with_its_object() {
    let found = report("df = load()\ndf.to_sql(name='t')\nload().head().tail()");
    assert_eq!(found["calls"][1]["name"], "df.to_sql");
    assert_eq!(found["calls"][1]["method"], "to_sql");
    assert_eq!(found["calls"][1]["receiver"]["from"], json!([0]));
    assert_eq!(found["calls"][4]["name"], ".tail");
    assert_eq!(found["calls"][4]["receiver"]["from"], json!([3]));
}

#[test]
fn loops_branches_and_functions_around_a_call_are_told() {
    let code = "def g():\n  if a:\n    f(1)\nfor x in y:\n  h(x)\n[k(x) for x in y]\nm()";
    let of = |name| call_of(code, name);
    assert_eq!(of("f")["function"], "g");
    assert_eq!(of("f")["conditional"], true);
    assert_eq!(of("h")["in_loop"], true);
    assert_eq!(of("k")["in_loop"], true);
    let plain = of("m");
    assert_eq!(
        (&plain["in_loop"], &plain["conditional"], &plain["function"]),
        (&json!(false), &json!(false), &json!(null))
    );
}

#[test]
fn every_string_is_listed() {
    let found = report("x = 'a'\ny = f'b{x}c'\nz = b'd'\n'''e'''\ng({'k': 'v'})");
    assert_eq!(found["strings"], json!(["a", "b", "c", "d", "e", "k", "v"]));
}

#[test]
fn the_same_program_gives_the_same_report() {
    let code = "for t in ['b', 'a']:\n  f(t, g(t))\nh = f if c else g\nh(1)";
    assert_eq!(report(code).to_string(), report(code).to_string());
}
