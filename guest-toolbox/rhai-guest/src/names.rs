//! Checks every call of a parsed script: the function exists, takes that many arguments, and was granted.
//! Rhai itself looks functions up only when they run, which for a guard would be too late.

use std::collections::{BTreeMap, BTreeSet};

use parapet_abi::{Complaint, ToolBinding};
use rhai::{AST, ASTNode, Expr, FnCallExpr, Position, ScriptFnMetadata, Stmt};

use crate::complaint::{at, not_available};
use crate::engine::DISABLED;
use crate::verdict;

/// Calls that the language itself answers.
const BUILT_IN: &[&str] = &["Fn", "call", "curry", "is_def_var", "is_def_fn", "is_shared", "type_of", "this"];

/// All complaints about `ast`, in source order. `standard` names the interpreter's own functions.
#[must_use]
pub fn check(ast: &AST, standard: &BTreeSet<String>, tools: &[ToolBinding]) -> Vec<Complaint> {
    let mut functions: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    for function in ast.iter_functions() {
        functions.entry(function.name.to_owned()).or_default().push(function.params.len());
    }
    let mut complaints = Vec::new();
    check_shape(ast, &functions, &mut complaints);
    check_closures(ast, &mut complaints);
    check_shadowing(&functions, tools, &mut complaints);
    let names = Names { standard, functions: &functions, tools };
    ast.walk(&mut |path: &[ASTNode<'_>]| {
        complaints.extend(path.last().and_then(facts_written));
        if let Some((call, position, receiver)) = path.last().and_then(call_of) {
            complaints.extend(names.check_call(call, position, receiver));
        }
        true
    });
    complaints.sort_by_key(|c| (c.line, c.column));
    complaints.dedup();
    complaints
}

fn check_shape(ast: &AST, functions: &BTreeMap<String, Vec<usize>>, complaints: &mut Vec<Complaint>) {
    if !functions.get("check").is_some_and(|arities| arities.contains(&1)) {
        complaints.push(Complaint {
            line: 0,
            column: 0,
            message: "function `check` with one parameter is missing".into(),
            help: "define `fn check(event) { … }`; it must return `allow()`, `deny(…)`, `redact(…)` or `ask(…)`".into(),
        });
    }
    if let Some(stmt) = ast.statements().iter().find(|stmt| !matches!(stmt, Stmt::Noop(_))) {
        complaints.push(at(
            stmt.position(),
            "statement outside of any function never runs".into(),
            "move it into `check`, or put constant tables into `[facts]` of guard.toml".into(),
        ));
    }
}

/// A closure that uses `facts` has it as a parameter to be captured, and there is no variable to capture.
fn check_closures(ast: &AST, complaints: &mut Vec<Complaint>) {
    let blind = |function: &ScriptFnMetadata<'_>| function.name.starts_with("anon$") && function.params.contains(&"facts");
    if ast.iter_functions().any(|function| blind(&function)) {
        complaints.push(Complaint {
            line: 0,
            column: 0,
            message: "closure uses `facts`, which closures do not see".into(),
            help: "write `let f = facts;` before it, and use `f` inside".into(),
        });
    }
}

/// A script may not define a function of a tool's or a verdict's name: readers would take one for the other.
fn check_shadowing(functions: &BTreeMap<String, Vec<usize>>, tools: &[ToolBinding], complaints: &mut Vec<Complaint>) {
    for name in functions.keys() {
        let what = if verdict::NAMES.contains(&name.as_str()) {
            "verdict"
        } else if tools.iter().any(|tool| tool.name == *name) {
            "tool"
        } else {
            continue;
        };
        complaints.push(Complaint {
            line: 0,
            column: 0,
            message: format!("function `{name}` hides the {what} of that name"),
            help: "rename the function".into(),
        });
    }
}

/// An assignment to `facts` or into it. Nothing would come of it beyond the run, so it is surely a mistake.
fn facts_written(node: &ASTNode<'_>) -> Option<Complaint> {
    let ASTNode::Stmt(Stmt::Assignment(assignment)) = node else { return None };
    let mut target = &assignment.1.lhs;
    while let Expr::Dot(pair, ..) | Expr::Index(pair, ..) = target {
        target = &pair.lhs;
    }
    matches!(target, Expr::Variable(name, ..) if name.1 == "facts").then(|| {
        at(target.position(), "`facts` cannot be changed".into(), "copy what you need with `let`, and change the copy".into())
    })
}

fn call_of<'a>(node: &'a ASTNode<'_>) -> Option<(&'a FnCallExpr, Position, usize)> {
    match node {
        ASTNode::Expr(Expr::FnCall(call, position)) => Some((call, *position, 0)),
        ASTNode::Expr(Expr::MethodCall(call, position)) => Some((call, *position, 1)),
        ASTNode::Stmt(Stmt::FnCall(call, position)) => Some((call, *position, 0)),
        _ => None,
    }
}

struct Names<'a> {
    standard: &'a BTreeSet<String>,
    functions: &'a BTreeMap<String, Vec<usize>>,
    tools: &'a [ToolBinding],
}

impl Names<'_> {
    /// `receiver` is 1 for the method style `x.f(…)`, where `x` is the first argument.
    fn check_call(&self, call: &FnCallExpr, position: Position, receiver: usize) -> Option<Complaint> {
        let name = call.name.as_str();
        let given = call.args.len() + receiver;
        if call.op_token.is_some() || !name.starts_with(|c: char| c.is_alphabetic() || c == '_') {
            return None;
        }
        if DISABLED.contains(&name) {
            let (message, help) = not_available(name);
            return Some(at(position, message, help));
        }
        if let Some(arities) = self.functions.get(name) {
            // In the method style a script function gets the receiver as `this`, not as a parameter.
            let fits = arities.contains(&(given - receiver)) || self.standard.contains(name);
            return (!fits).then(|| arity_complaint(name, given - receiver, &list(arities), position));
        }
        if let Some(tool) = self.tools.iter().find(|tool| tool.name == name) {
            return tool_complaint(tool, given, position);
        }
        let known = self.standard.contains(name) || BUILT_IN.contains(&name) || verdict::NAMES.contains(&name);
        (!known).then(|| at(position, format!("function `{name}` does not exist"), self.suggestion(name)))
    }

    fn suggestion(&self, name: &str) -> String {
        let candidates = self
            .standard
            .iter()
            .map(String::as_str)
            .chain(verdict::NAMES.iter().copied())
            .chain(self.functions.keys().map(String::as_str))
            .chain(self.tools.iter().filter(|tool| tool.granted).map(|tool| tool.name.as_str()));
        match candidates.map(|c| (distance(name, c), c)).min() {
            Some((distance, best)) if distance <= 1 + name.len() / 4 => format!("did you mean `{best}`"),
            _ => {
                let granted: Vec<String> =
                    self.tools.iter().filter(|t| t.granted).map(|t| format!("`{}`", t.name)).collect();
                let granted = if granted.is_empty() { "none".to_owned() } else { granted.join(", ") };
                format!("define it with `fn {name}(…)`, or use one of the granted tools ({granted})")
            }
        }
    }
}

fn tool_complaint(tool: &ToolBinding, given: usize, position: Position) -> Option<Complaint> {
    let name = &tool.name;
    if !tool.granted {
        return Some(at(
            position,
            format!("tool `{name}` was not granted to this guard"),
            format!("add \"{name}\" to `tools` in guard.toml, or do without it"),
        ));
    }
    let (min, max) = (usize::from(tool.min_args), usize::from(tool.max_args));
    let takes = if min == max { min.to_string() } else { format!("{min} to {max}") };
    (!(min..=max).contains(&given)).then(|| arity_complaint(name, given, &takes, position))
}

fn arity_complaint(name: &str, given: usize, takes: &str, position: Position) -> Complaint {
    at(position, format!("`{name}` takes {takes} arguments, not {given}"), "correct the call".into())
}

fn list(arities: &[usize]) -> String {
    arities.iter().map(usize::to_string).collect::<Vec<_>>().join(" or ")
}

/// Levenshtein distance. Names are short, so the quadratic table is small.
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, ca) in a.chars().enumerate() {
        let mut diagonal = i;
        row[0] = i + 1;
        for (j, cb) in b.iter().enumerate() {
            let substitute = diagonal + usize::from(ca != *cb);
            diagonal = row[j + 1];
            row[j + 1] = substitute.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[b.len()]
}
