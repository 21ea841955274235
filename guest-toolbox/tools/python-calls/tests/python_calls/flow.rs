//! Constants and results through variables, control flow and functions.

use serde_json::json;

use crate::{argument, call_of, calls_of, report};

#[test]
fn a_table_hidden_behind_a_variable_is_found() {
    assert_eq!(argument("x = 'lab'\ny = x\nf(y)")["literal"], "lab");
}

#[test]
fn the_value_at_the_place_of_use_counts() {
    let calls = calls_of("x = 'a'\nf(x)\nx = 'b'\nf(x)", "f");
    assert_eq!(calls[0]["args"][0]["literal"], "a");
    assert_eq!(calls[1]["args"][0]["literal"], "b");
}

#[test]
fn both_branches_count() {
    let found = argument("x = 'a'\nif c:\n  x = 'b'\nelif d:\n  x = 'c'\nf(x)");
    assert_eq!(found["literals"], json!(["a", "b", "c"]));
    assert_eq!(found["literal"], json!(null));
    assert_eq!(found["resolved"], true);
    assert_eq!(argument("f('a' if c else 'b')")["literals"], json!(["a", "b"]));
    assert_eq!(argument("f(x or 'b')")["resolved"], false);
}

#[test]
fn a_value_set_before_break_or_exception_counts() {
    for code in [
        "for q in z:\n  t = 'secret'\n  if c: break\n  t = 'lab'\nf(t)",
        "t = 'lab'\ntry:\n  t = 'secret'\n  g()\n  t = 'lab'\nexcept Exception:\n  pass\nf(t)",
        "with suppress(E):\n  t = 'secret'\n  g()\n  t = 'lab'\nf(t)",
        "t = 'lab'\nwhile c:\n  f(t)\n  t = 'secret'",
        "t = 'lab'\nmatch c:\n  case 1:\n    t = 'secret'\nf(t)",
    ] {
        let literals = argument(code)["literals"].to_string();
        assert!(literals.contains("secret"), "{code}: {literals}");
    }
}

#[test]
fn a_loop_over_constants_yields_each() {
    assert_eq!(argument("for t in ['a', 'b']:\n  f(t)")["literals"], json!(["a", "b"]));
    assert_eq!(argument("for t, c in [('a', 1), ('b', 2)]:\n  f(t)")["literals"], json!(["a", "b"]));
    assert_eq!(argument("for i, t in enumerate(['a', 'b']):\n  f(t)")["literals"], json!(["a", "b"]));
    assert_eq!(argument("for k, v in {'a': 'b'}.items():\n  f(v)")["literal"], "b");
    assert_eq!(argument("[f(t) for t in ('a', 'b')]")["literals"], json!(["a", "b"]));
}

#[test]
fn unpacking_keeps_each_value() {
    let calls = calls_of("a, b = LoadDB('x'), 'y'\nf(a)\nf(b)", "f");
    assert_eq!(calls[0]["args"][0]["from"], json!([0]));
    assert_eq!(calls[1]["args"][0]["literal"], "y");
    assert_eq!(argument("(a, [b, c]) = ('x', ['y', 'z'])\nf(c)")["literal"], "z");
    assert_eq!(argument("a, *b = xs\nf(b)")["resolved"], false);
    assert_eq!(argument("a = b = 'x'\nf(b)")["literal"], "x");
    assert_eq!(argument("if (n := 'x'): f(n)")["literal"], "x");
}

#[test]
fn constant_containers_are_read_by_index_and_key() {
    assert_eq!(argument("ts = ['a', 'b']\nf(ts[1])")["literal"], "b");
    assert_eq!(argument("ts = ['a', 'b']\nf(ts[-1])")["literal"], "b");
    assert_eq!(argument("d = {'k': 'v'}\nf(d['k'])")["literal"], "v");
    assert_eq!(argument("d = {'k': 'v', 'l': 'w'}\nf(d[q])")["literals"], json!(["v", "w"]));
}

#[test]
fn a_container_that_may_change_is_no_longer_certain() {
    for change in ["ts.append(x)", "ts[0] = x", "us = ts\nus += [x]", "g(ts)", "del ts[0]"] {
        let found = argument(&format!("ts = ['a']\n{change}\nfor t in ts:\n  f(t)"));
        assert_eq!(found["resolved"], false, "{change}");
    }
    assert_eq!(argument("ts = ['a']\nn = len(ts)\nfor t in ts:\n  f(t)")["resolved"], true);
}

#[test]
fn a_renamed_function_keeps_its_name() {
    let call = call_of("load = LoadDB\nload('lab')", "LoadDB");
    assert_eq!(call["written"], "load");
    assert_eq!(call["target_known"], true);
    let call = &calls_of("load = LoadDB if c else Other\nload('lab')", "load")[0];
    assert_eq!(call["targets"], json!(["LoadDB", "Other"]));
    let call = call_of("class A: pass\na = A()\na.g = LoadDB\na.g('lab')", "a.g");
    assert_eq!(call["targets"], json!(["LoadDB"]));
}

#[test]
fn a_callee_that_is_not_known_says_so() {
    for code in ["h = table[0]\nh('x')", "table['f']('x')", "getattr(m, 'LoadDB')('x')", "(lambda: LoadDB)()('x')"] {
        let found = report(code);
        let last = found["calls"].as_array().unwrap().last().unwrap().clone();
        assert_eq!(last["target_known"], false, "{code}");
    }
}

#[test]
fn a_function_passed_as_a_value_is_a_reference() {
    let found = report("map(LoadDB, ['a', 'b'])");
    assert_eq!(found["references"][0]["name"], "LoadDB");
    assert_eq!(found["calls"][0]["args"][0]["references"], json!(["LoadDB"]));
    assert_eq!(found["calls"][0]["args"][0]["resolved"], false);
    assert_eq!(report("LoadDB('a')")["references"], json!([]));
}

#[test]
fn the_programs_own_functions_are_looked_through() {
    let code = "def load(t, suffix=''):\n  return LoadDB(t)\nd = load('lab')\nf(d)";
    assert_eq!(call_of(code, "LoadDB")["args"][0]["literal"], "lab");
    assert_eq!(argument(code)["from"], json!([0]));
    let both = "def load(t):\n  return LoadDB(t)\nload('a')\nload(t='b')";
    assert_eq!(call_of(both, "LoadDB")["args"][0]["literals"], json!(["a", "b"]));
    let global = "T = 'lab'\ndef load():\n  return LoadDB(T)\nload()";
    assert_eq!(call_of(global, "LoadDB")["args"][0]["literal"], "lab");
    let recursive = "def g(t):\n  LoadDB(t)\n  g('b')\ng('a')";
    assert_eq!(call_of(recursive, "LoadDB")["args"][0]["literals"], json!(["a", "b"]));
}

#[test]
fn a_function_that_may_be_called_unseen_has_unknown_arguments() {
    for code in [
        "def g(t):\n  f(t)",
        "def g(t):\n  f(t)\ng('a')\nmap(g, xs)",
        "@wrap\ndef g(t):\n  f(t)\ng('a')",
        "def g(t):\n  f(t)\ng('a')\ng(*xs)",
        "class A:\n  def g(self, t):\n    f(t)\nA().g('a')",
        "g = lambda t: f(t)\ng('a')",
    ] {
        assert_eq!(argument(code)["resolved"], false, "{code}");
    }
}

#[test]
fn a_global_changed_by_a_function_is_not_taken_for_constant() {
    let code = "t = 'lab'\ndef g():\n  global t\n  t = 'secret'\ng()\nf(t)";
    assert_eq!(argument(code)["literals"], json!(["lab", "secret"]));
}

#[test]
fn code_that_runs_later_sees_later_values() {
    let code = "t = 'lab'\ng = lambda: f(t)\nt = 'secret'\ng()";
    assert_eq!(argument(code)["literals"], json!(["lab", "secret"]));
    let code = "t = 'lab'\ng = (f(t) for _ in x)\nt = 'secret'\nlist(g)";
    assert_eq!(argument(code)["literals"], json!(["lab", "secret"]));
}

#[test]
fn a_reused_variable_keeps_its_tables_apart() {
    let code = "db = LoadDB('a')\nx = GetValue(db, 'p')\ndb = LoadDB('b')\ny = GetValue(db, 'q')";
    let calls = calls_of(code, "GetValue");
    assert_eq!(calls[0]["args"][0]["roots"], json!([0]));
    assert_eq!(calls[1]["args"][0]["roots"], json!([2]));
}

#[test]
fn results_kept_in_containers_and_attributes_are_traced() {
    let code = "dbs = {}\ndbs['a'] = LoadDB('a')\nf(dbs['a'])";
    assert_eq!(argument(code)["derived_from"], json!([0]));
    let code = "class A:\n  def __init__(self):\n    self.db = LoadDB('a')\n  def g(self):\n    f(self.db)";
    assert_eq!(argument(code)["from"], json!([0]));
}

#[test]
fn a_name_that_is_never_set_is_unresolved() {
    let found = argument("f(patient_db)");
    assert_eq!(found["resolved"], false);
    assert_eq!(found["references"], json!(["patient_db"]));
    assert_eq!(argument("f(x)\nx = 'a'")["resolved"], false);
    assert_eq!(argument("x = 'a'\ndel x\nf(x)")["resolved"], false);
}
