//! String building.

use serde_json::json;

use crate::argument;

#[test]
fn built_constants_are_folded() {
    for code in [
        "f('pat' + 'ient')",
        "f('pat' 'ient')",
        "x = 'pat'\nf(x + 'ient')",
        "x = 'ient'\nf(f'pat{x}')",
        "f('pat%s' % 'ient')",
        "f('%s%s' % ('pat', 'ient'))",
        "f('pat{}'.format('ient'))",
        "f('{1}{0}'.format('ient', 'pat'))",
        "f('pat{x}'.format(x='ient'))",
        "f(''.join(['pat', 'ient']))",
        "f('PATIENT'.lower())",
        "f(' patient '.strip())",
        "f('pat!ent'.replace('!', 'i'))",
        "x = 'pat'\nx += 'ient'\nf(x)",
        "f(str('patient'))",
        "f('\\x70atient')",
    ] {
        let found = argument(code);
        assert_eq!(found["literal"], "patient", "{code}");
        assert_eq!(found["resolved"], true, "{code}");
    }
}

#[test]
fn unknown_parts_become_holes_between_the_known_pieces() {
    for code in [
        "f('id={}||b=c'.format(x))",
        "f(f'id={x}||b=c')",
        "f('id=%s||b=c' % x)",
        "f('id=%5.2f||b=c' % x)",
        "f('id=' + str(x) + '||b=c')",
        "f(f'id={x!r}||b=c')",
        "f(f'id={x:>5}||b=c')",
        "f('id={0:d}||b=c'.format(x))",
        "f('id={x.y}||b=c'.format(x=z))",
    ] {
        let found = argument(code);
        assert_eq!(found["templates"], json!([{"text": "id={}||b=c", "pieces": ["id=", "||b=c"]}]), "{code}");
        assert_eq!(found["literal"], json!(null), "{code}");
    }
}

#[test]
fn the_source_of_a_hole_is_known() {
    let found = argument("i = GetValue(p, 'id')\nf('id={}'.format(i))");
    assert_eq!(found["derived_from"], json!([0]));
    assert_eq!(found["from"], json!([]));
}

#[test]
fn escaped_braces_and_percents_are_text() {
    assert_eq!(argument("f('{{}}{}'.format('a'))")["literal"], "{}a");
    assert_eq!(argument("f('100%%%s' % 'a')")["literal"], "100%a");
    assert_eq!(argument("f(f'{{}}')")["literal"], "{}");
}

#[test]
fn a_template_that_cannot_be_followed_is_unresolved() {
    for code in [
        "f('{'.format(x))",
        "f('{:{}}'.format(x, y))",
        "f('{}{}'.format(x))",
        "f('%(a)s' % d)",
        "f('%*d' % (1, 2))",
        "f(x.format('a'))",
        "f('{}'.format(*xs))",
        "f('patient'[::-1])",
        "f(chr(112) + chr(97))",
        "f('tneitap'.translate(t))",
        "f(''.join(list('patient')))",
        "f(''.join({'pat', 'ient'}))",
        "f(b'patient'.decode())",
        "f('a' * 3)",
    ] {
        let found = argument(code);
        let shown = found["templates"].to_string() + &found["from"].to_string();
        assert!(found["literal"].is_null(), "{code}: {found}");
        assert!(found["resolved"] == false || shown != "[][]", "{code}: {found}");
    }
}

#[test]
fn several_known_parts_multiply_and_too_many_give_up() {
    let two = argument("x = 'a' if c else 'b'\nf(f'{x}-{x}')");
    assert_eq!(two["literals"].as_array().unwrap().len(), 4);
    let many = argument("for x in 'abcdefghij':\n  f(f'{x}{x}{x}')");
    assert_eq!(many["literals"], json!([]));
    let holes = many["templates"].as_array().unwrap().iter().all(|template| template["pieces"][0] == "");
    assert!(holes, "{many}");
}

#[test]
fn text_that_grows_in_a_loop_ends_as_unknown() {
    let found = argument("s = 'a'\nfor i in x:\n  s = s + s\nf(s)");
    assert_eq!(found["resolved"], false);
}
