//! Traced builds natively: a traced script decides as the plain one does, and tells where it came through.

use parapet_abi::{Probe, ProbeKind, ScriptBuild, ScriptBuilt, TokenKind};
use parapet_rhai_guest::{engine, script};
use serde_json::{Value, json};

fn build(text: &str, facts: &Value, trace: bool) -> ScriptBuilt {
    engine::init();
    let request =
        ScriptBuild { script: text.to_owned(), facts_json: facts.to_string(), tools: Vec::new(), trace, tokens: trace };
    serde_json::from_slice(&script::build(&serde_json::to_vec(&request).unwrap())).unwrap()
}

fn run(event: &Value) -> Value {
    serde_json::from_slice(&script::check(event.to_string().as_bytes())).unwrap()
}

/// Builds both ways, compares the verdicts, and returns the probes that were reached, as kind and text.
fn reached(text: &str, event: &Value) -> Vec<(ProbeKind, String)> {
    let facts = json!({"limit": 3, "names": ["a", "b"]});
    let plain = build(text, &facts, false);
    assert_eq!(plain.complaints, [], "{text}");
    assert!(plain.probes.is_empty() && plain.tokens.is_empty());
    let verdict = run(event);
    let traced = build(text, &facts, true);
    assert_eq!(traced.complaints, [], "{text}");
    let answer = run(event);
    assert_eq!(answer["verdict"], verdict, "{text}");
    let hit = |probe: &Value| traced.probes[probe.as_u64().unwrap() as usize];
    let excerpt = |probe: Probe| (probe.kind, text[probe.start as usize..probe.end as usize].to_owned());
    answer["probes"].as_array().unwrap().iter().map(|probe| excerpt(hit(probe))).collect()
}

fn of_kind(reached: &[(ProbeKind, String)], kind: ProbeKind) -> Vec<&str> {
    reached.iter().filter(|(found, _)| *found == kind).map(|(_, text)| text.as_str()).collect()
}

/// A body of `check` that ends in a verdict with `value` as its details.
fn details(body: &str) -> String {
    format!("fn check(event) {{\n{body}\n    deny(\"done\", \"\", #{{ value: value }})\n}}")
}

#[test]
fn both_outcomes_of_a_condition_are_told_apart() {
    let text = "fn check(event) {\n    if event.n > 3 { return deny(\"over\", \"\"); }\n    allow()\n}";
    let low = reached(text, &json!({"n": 1}));
    assert_eq!(of_kind(&low, ProbeKind::WhenFalse), ["event.n > 3"]);
    assert_eq!(of_kind(&low, ProbeKind::WhenTrue), [""; 0]);
    assert_eq!(of_kind(&low, ProbeKind::Function), ["check"]);
    assert_eq!(of_kind(&low, ProbeKind::Statement), ["if event.n > 3 { return deny(\"over\", \"\"); }", "allow()"]);
    let high = reached(text, &json!({"n": 5}));
    assert_eq!(of_kind(&high, ProbeKind::WhenTrue), ["event.n > 3"]);
    assert!(of_kind(&high, ProbeKind::Statement).contains(&"return deny(\"over\", \"\");"));
}

#[test]
fn lines_and_columns_are_those_of_the_source() {
    let text = "// ä comment\nfn check(event) { /* /* nested */ */ let ä = \"ö\";\n\tallow() }";
    let built = build(&text.replace('ä', "a"), &Value::Null, true);
    let places: Vec<(u32, u32)> = built.probes.iter().map(|probe| (probe.line, probe.column)).collect();
    assert_eq!(places, [(2, 4), (2, 38), (3, 2)]);
    let token = built.tokens.iter().find(|token| token.kind == TokenKind::String).unwrap();
    let text = text.replace('ä', "a");
    assert_eq!(&text[token.start as usize..token.end as usize], "\"ö\"");
}

#[test]
fn every_construct_of_the_language_is_walked() {
    for body in [
        "let value = if event.n > 1 { 1 } else if event.n == 0 { 2 } else { 3 };",
        "let value = 0; while value < 5 { value += 1; if value == 3 { continue; } if value == 4 { break; } }",
        "let value = 0; do { value += 1; } while value < 5;",
        "let value = 0; do { value += 1 } until value == 5;",
        "let value = loop { break 7; };",
        "let value = []; for (item, index) in [1, 2, 3] { value.push(item * index); }",
        "let value = 0; for i in 0..=4 { value += i } value -= -1;",
        "let value = switch event.n { 0 => \"zero\", 1 | 2 => { let x = 1; x + 1 } 3 if event.ok => #{ a: [1, #{}] }, 4..9 => (), _ => return allow(), };",
        "let value = [1, 2, 3].map(|x| x + 1).filter(|x| { if x > 2 { true } else { false } }).reduce(|a, b| (a ?? 0) + b);",
        "let f = || 5; let value = f.call();",
        "let value = `a${event.n}b${if event.n > 1 { `in ${event.n + 1} ner` } else { \"x\" }}c${#{ k: 1 }.k}`;",
        "let value = `}{ ${ \"}\" } \\${no} ${1}`;",
        "let value = event.missing ?? facts.names[1] ?? 1;",
        "let value = event?.deep?.er; let other = event.list?[0];",
        "let value = (); try { throw \"x\" } catch (error) { value = error; }",
        "let value = 1; try { value = [][5]; } catch { value = 2 }",
        "let value = -event.n + (2 - -1) ** 2 % 3; value <<= 1;",
        "let value = #{ \"quoted key\": 1, plain: |x| x, nested: #{ } }.keys().len();",
        "const LIMIT = 3; let value; value = { let inner = LIMIT; inner } + 1;",
        "let value = !(event.n in facts.names) && 5 !in [1, 2] || false;",
        "let value = \"hello\".sub_string(1..3) + 'c' + \"esc \\\" } {\";",
        "let value = [1, 2, 3, 4].extract(1..) + event.list.extract(..1);",
        "let value = {{ { 1 } }};;;",
        "let value = ##\"raw \"# } \"##;",
        "let value = event.n ?? return allow();",
        "let value = helper(event.n, |x| { helper(x, |y| y * 2) }); { let unused = (); }",
        "let value = type_of(Fn(\"helper\")); if (event.n > 0) { value = (1); }",
        "let value = 0; if event.ok {} else {} if !event.ok { } value = 1_000 + 0xff + 1.5e2.to_int();",
    ] {
        let text = format!("{}\n\nprivate fn helper(value, f) {{ f.call(value) }}", details(body));
        for event in [
            json!({"n": 0, "ok": true, "list": [1]}),
            json!({"n": 3, "ok": true, "list": [1]}),
            json!({"n": 5, "ok": false, "list": [2, 3]}),
        ] {
            assert!(!reached(&text, &event).is_empty(), "{body}");
        }
    }
}

#[test]
fn arms_and_closures_count_when_they_are_entered() {
    let text = details(
        "let value = switch event.n { 1 => \"one\", 2 | 3 if event.ok => { \"few\" } _ => [].map(|x| x + 1) };",
    );
    let one = reached(&text, &json!({"n": 1}));
    assert_eq!(of_kind(&one, ProbeKind::Arm), ["1"]);
    let few = reached(&text, &json!({"n": 3, "ok": true}));
    assert_eq!(of_kind(&few, ProbeKind::Arm), ["2 | 3"]);
    assert_eq!(of_kind(&few, ProbeKind::WhenTrue), ["event.ok"]);
    let other = reached(&text, &json!({"n": 3, "ok": false}));
    assert_eq!(of_kind(&other, ProbeKind::Arm), ["_"]);
    assert_eq!(of_kind(&other, ProbeKind::WhenFalse), ["event.ok"]);
    assert_eq!(of_kind(&other, ProbeKind::Closure), [""; 0]);
}

#[test]
fn a_script_that_fails_still_tells_how_far_it_came() {
    let built = build("fn check(event) {\n    let a = 1;\n    throw a;\n    allow()\n}", &Value::Null, true);
    let answer = run(&json!({}));
    assert!(answer.get("verdict").is_none());
    assert!(answer["failure"].as_str().unwrap().starts_with("line 3"), "{answer}");
    assert_eq!((answer["probes"].as_array().unwrap().len(), built.probes.len()), (3, 4));
}

#[test]
fn a_plain_build_after_a_traced_one_answers_with_the_verdict_alone() {
    build("fn check(event) { allow() }", &Value::Null, true);
    build("fn check(event) { allow() }", &Value::Null, false);
    assert_eq!(run(&json!({})), json!({"verdict": "allow"}));
}

#[test]
fn a_script_cannot_reach_the_functions_that_note_its_way() {
    let built = build("fn check(event) { trace_reached(1); allow() }", &Value::Null, true);
    assert_eq!(built.complaints[0].message, "function `trace_reached` does not exist");
    // A name of the script's own is stepped around.
    let text = "fn check(event) { trace_reached(0) }\nfn trace_reached(n) { allow() }";
    assert_eq!(of_kind(&reached(text, &json!({})), ProbeKind::Function), ["check", "trace_reached"]);
}

#[test]
fn tokens_are_the_text_of_the_script_without_what_is_between_them() {
    let text =
        "/// for the documentation\nfn check(event) { // c\n let s = `a ${event.x} b`; s += 1.5; 'c'; -1; allow() }";
    let built = build(text, &Value::Null, true);
    let tokens: Vec<(TokenKind, &str)> =
        built.tokens.iter().map(|token| (token.kind, &text[token.start as usize..token.end as usize])).collect();
    use TokenKind::{Character, Float, Integer, Keyword, Name, String, StringPiece, Symbol};
    assert_eq!(
        tokens,
        [
            (Keyword, "fn"),
            (Name, "check"),
            (Symbol, "("),
            (Name, "event"),
            (Symbol, ")"),
            (Symbol, "{"),
            (Keyword, "let"),
            (Name, "s"),
            (Symbol, "="),
            (StringPiece, "`a $"),
            (Symbol, "{"),
            (Name, "event"),
            (Symbol, "."),
            (Name, "x"),
            (Symbol, "}"),
            (String, " b`"),
            (Symbol, ";"),
            (Name, "s"),
            (Symbol, "+="),
            (Float, "1.5"),
            (Symbol, ";"),
            (Character, "'c'"),
            (Symbol, ";"),
            (Integer, "-1"),
            (Symbol, ";"),
            (Name, "allow"),
            (Symbol, "()"),
            (Symbol, "}"),
        ]
    );
}
