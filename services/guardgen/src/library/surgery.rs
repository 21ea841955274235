//! Taking a function out of a guard's script: what goes into the tool, what stays in the guard, and the guard's script with
//! every call of the function told.

use std::collections::BTreeSet;
use std::ops::Range;

use super::functions::{Function, Script, reached};

/// A script cut in two.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Cut {
    /// The tool's script: the function, under its new name, with the functions that it calls.
    pub(super) tool: String,
    /// The guard's script without them; those that others call too stay.
    pub(super) guard: String,
    /// What the functions that stay call.
    pub(super) called: BTreeSet<String>,
}

/// Why a function cannot be taken out.
pub(super) fn find<'a>(script: &Script<'_>, all: &'a [Function], name: &str) -> Result<&'a Function, String> {
    let named: Vec<&Function> = all.iter().filter(|function| function.name == name).collect();
    match named.as_slice() {
        [] => {
            let known: Vec<&str> = all.iter().map(|f| f.name.as_str()).filter(|known| *known != "check").collect();
            let known = if known.is_empty() { "none but `check`".to_owned() } else { known.join(", ") };
            Err(format!("the guard defines no function `{name}`; it has {known}"))
        }
        _ if name == "check" => Err("`check` is the guard itself; name a function that it calls".to_owned()),
        [one] => complaint(script, all, one).map_or(Ok(*one), Err),
        _ => Err(format!("the guard defines `{name}` with different numbers of arguments; rename all but one")),
    }
}

fn complaint(script: &Script<'_>, all: &[Function], function: &Function) -> Option<String> {
    let own = reached(script, all, &[function]);
    if own.iter().any(|one| one.name == "check") {
        return Some(format!("`{}` calls `check`, so that it cannot stand without the guard", function.name));
    }
    let has = |word: &str| own.iter().find(|one| script.has_word(&one.tokens, word));
    if let Some(one) = has("facts") {
        let name = &one.name;
        return Some(format!(
            "`{name}` reads `facts`, which are the guard's; pass what it needs as an argument: `fn {name}(…, table)`"
        ));
    }
    let one = has("this")?;
    Some(format!("`{}` uses `this`; take what it works on as an argument", one.name))
}

/// Takes `function` out, which the guard calls `new_name` from now on.
pub(super) fn cut(script: &Script<'_>, all: &[Function], function: &Function, new_name: &str) -> Cut {
    let own = reached(script, all, &[function]);
    let others: Vec<&Function> = all.iter().filter(|one| !own.contains(one)).collect();
    let kept = kept(script, all, &others, function);
    let renamed = renames(script, &function.name, new_name);
    let pieces: Vec<String> = own.iter().map(|one| apply(script.text, one.bytes.clone(), &renamed)).collect();
    let gone = own
        .iter()
        .filter(|one| !kept.contains(one))
        .map(|one| (with_blank_line(script.text, &one.bytes), String::new()));
    let edits: Vec<(Range<usize>, String)> = renamed.iter().cloned().chain(gone).collect();
    let guard = apply(script.text, 0..script.text.len(), &edits);
    let staying = all.iter().filter(|one| !own.contains(one) || kept.contains(one));
    Cut {
        tool: pieces.join("\n\n") + "\n",
        guard: guard.trim_start_matches('\n').trim_end().to_owned() + "\n",
        called: staying.flat_map(|one| script.names_in(&one.tokens)).map(str::to_owned).collect(),
    }
}

/// The functions that the rest of the guard still needs.
fn kept<'a>(script: &Script<'_>, all: &'a [Function], others: &[&'a Function], out: &Function) -> Vec<&'a Function> {
    let remaining: Vec<Function> = all.iter().filter(|one| *one != out).cloned().collect();
    let roots: Vec<&Function> = remaining.iter().filter(|one| others.contains(one)).collect();
    let names: Vec<Function> = reached(script, &remaining, &roots).into_iter().cloned().collect();
    all.iter().filter(|one| names.contains(one)).collect()
}

fn renames(script: &Script<'_>, old: &str, new: &str) -> Vec<(Range<usize>, String)> {
    let place = |at: usize| script.tokens.get(at).map(|token| token.start as usize..token.end as usize);
    script.uses_of(old).into_iter().filter_map(|at| Some((place(at)?, new.to_owned()))).collect()
}

/// The function with the line end after it, and one blank line.
fn with_blank_line(text: &str, bytes: &Range<usize>) -> Range<usize> {
    let mut end = bytes.end;
    for _ in 0..2 {
        let rest = text.get(end..).unwrap_or_default();
        let line = rest.find('\n').map_or(rest, |at| rest.get(..at).unwrap_or_default());
        if !line.trim().is_empty() || rest.len() == line.len() {
            break;
        }
        end += line.len() + 1;
    }
    bytes.start..end
}

/// `text[within]` with the edits that lie in it; of two that overlap, the larger counts.
pub(super) fn apply(text: &str, within: Range<usize>, edits: &[(Range<usize>, String)]) -> String {
    let mut edits: Vec<_> = edits.iter().filter(|(at, _)| at.start >= within.start && at.end <= within.end).collect();
    edits.sort_by_key(|(at, _)| (at.start, std::cmp::Reverse(at.end)));
    let (mut out, mut from) = (String::new(), within.start);
    for (at, new) in edits {
        if at.start < from {
            continue;
        }
        out.push_str(text.get(from..at.start).unwrap_or_default());
        out.push_str(new);
        from = at.end;
    }
    out.push_str(text.get(from..within.end).unwrap_or_default());
    out
}
