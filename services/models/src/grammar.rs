//! A GBNF grammar (llama.cpp) for the values that a JSON Schema describes. What a grammar cannot say, such as the limits
//! of a number, is left to the check of the answer.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde_json::{Map, Value};

use crate::schema::resolve;

/// Rules for what is the same in every schema.
const SHARED: &str = r#"value ::= object | array | string | number | ("true" | "false" | "null") ws
object ::= "{" ws (string ":" ws value ("," ws string ":" ws value)*)? "}" ws
array ::= "[" ws (value ("," ws value)*)? "]" ws
string ::= "\"" char* "\"" ws
char ::= [^"\\\x7F\x00-\x1F] | "\\" (["\\bfnrt/] | "u" [0-9a-fA-F]{4})
number ::= integral ("." [0-9]{1,16})? ([eE] [-+]? [0-9]{1,3})? ws
integer ::= integral ws
integral ::= "-"? ("0" | [1-9] [0-9]{0,15})
boolean ::= ("true" | "false") ws
null ::= "null" ws
ws ::= | " " | "\n" [ \t]{0,20}
"#;

/// Items that a bounded array is written out for; a longer one has no upper limit in the grammar.
const MOST_ITEMS: u64 = 64;

/// Longest limit of a string that the grammar keeps, in characters; counting is dear for the server.
const LONGEST_STRING: u64 = 500;

/// The grammar; its root is the rule `root`.
pub(crate) fn from_schema(schema: &Value) -> String {
    let mut writer = Writer { root: schema, rules: BTreeMap::new(), named: BTreeMap::new() };
    let body = writer.of(schema);
    let mut out = format!("root ::= ws {body}\n");
    for (name, body) in &writer.rules {
        // Writing to a string does not fail.
        let _ = writeln!(out, "{name} ::= {body}");
    }
    out + SHARED
}

struct Writer<'s> {
    root: &'s Value,
    rules: BTreeMap<String, String>,
    /// Rules of `$ref`s, so that a schema may refer to itself.
    named: BTreeMap<String, String>,
}

impl Writer<'_> {
    /// The expression for `schema`; a rule's name unless it is short.
    fn of(&mut self, schema: &Value) -> String {
        let Value::Object(schema) = schema else { return "value".to_owned() };
        if let Some(reference) = schema.get("$ref").and_then(Value::as_str) {
            return self.reference(reference);
        }
        if let Some(choices) = choices(schema) {
            return format!("({}) ws", choices.iter().map(literal).collect::<Vec<_>>().join(" | "));
        }
        let branches = schema.get("anyOf").or_else(|| schema.get("oneOf")).and_then(Value::as_array);
        if let Some(branches) = branches.filter(|branches| !branches.is_empty()) {
            let branches: Vec<_> = branches.iter().map(|branch| self.of(branch)).collect();
            return format!("({})", branches.join(" | "));
        }
        match schema.get("type") {
            Some(Value::String(kind)) => self.of_type(kind, schema),
            Some(Value::Array(kinds)) if !kinds.is_empty() => {
                let kinds: Vec<_> =
                    kinds.iter().filter_map(Value::as_str).map(|kind| self.of_type(kind, schema)).collect();
                format!("({})", kinds.join(" | "))
            }
            _ if schema.contains_key("properties") => self.of_type("object", schema),
            _ => "value".to_owned(),
        }
    }

    fn of_type(&mut self, kind: &str, schema: &Map<String, Value>) -> String {
        match kind {
            "object" => self.object(schema),
            "array" => self.array(schema),
            "string" => string(schema),
            "number" | "integer" | "boolean" | "null" => kind.to_owned(),
            _ => "value".to_owned(),
        }
    }

    fn reference(&mut self, reference: &str) -> String {
        if let Some(name) = self.named.get(reference) {
            return name.clone();
        }
        let Some(target) = resolve(self.root, reference) else { return "value".to_owned() };
        let name = format!("ref-{}", self.named.len());
        // Named before its body is made, which may refer to it.
        self.named.insert(reference.to_owned(), name.clone());
        let body = self.of(target);
        self.rules.insert(name.clone(), body);
        name
    }

    fn object(&mut self, schema: &Map<String, Value>) -> String {
        let Some(properties) = schema.get("properties").and_then(Value::as_object).filter(|p| !p.is_empty()) else {
            return "object".to_owned();
        };
        let names = schema.get("required").and_then(Value::as_array);
        let required = |name: &str| names.is_some_and(|names| names.iter().any(|other| other == name));
        let (mut fixed, mut open) = (Vec::new(), Vec::new());
        for (name, property) in properties {
            let member = format!("{} \":\" ws {}", literal(&Value::String(name.clone())), self.of(property));
            if required(name) { fixed.push(member) } else { open.push(member) }
        }
        let optional: Vec<_> = open.iter().map(|member| format!("(\",\" ws {member})?")).collect();
        let members = if fixed.is_empty() {
            // Any of the optional members may be the first; those after it bring their comma.
            let from = |at: usize| {
                let rest = optional.get(at + 1..).unwrap_or_default().join(" ");
                open.get(at).map(|member| format!("{member} {rest}")).unwrap_or_default()
            };
            format!("({})?", (0..open.len()).map(from).collect::<Vec<_>>().join(" | "))
        } else {
            format!("{} {}", fixed.join(" \",\" ws "), optional.join(" "))
        };
        self.rule(format!("\"{{\" ws {members} \"}}\" ws"))
    }

    fn array(&mut self, schema: &Map<String, Value>) -> String {
        let item = schema.get("items").map_or_else(|| "value".to_owned(), |items| self.of(items));
        let limit = |key: &str| schema.get(key).and_then(Value::as_u64);
        let least = limit("minItems").unwrap_or_default().min(MOST_ITEMS);
        let most = limit("maxItems").filter(|most| *most <= MOST_ITEMS && *most >= least);
        let (after_first, rest) = (least.saturating_sub(1), most.map(|most| most.saturating_sub(1)));
        let rest = rest.map_or_else(String::new, |rest| rest.to_string());
        let items = match (least, most) {
            (_, Some(0)) => String::new(),
            (0, _) => format!("({item} (\",\" ws {item}){{0,{rest}}})?"),
            _ => format!("{item} (\",\" ws {item}){{{after_first},{rest}}}"),
        };
        self.rule(format!("\"[\" ws {items} \"]\" ws"))
    }

    fn rule(&mut self, body: String) -> String {
        let name = format!("rule-{}", self.rules.len());
        self.rules.insert(name.clone(), body);
        name
    }
}

/// A string; short limits are kept, as small models do not end by themselves.
fn string(schema: &Map<String, Value>) -> String {
    let limit = |key: &str| schema.get(key).and_then(Value::as_u64);
    let least = limit("minLength").unwrap_or_default();
    match limit("maxLength").filter(|most| *most <= LONGEST_STRING && *most >= least) {
        Some(most) => format!("\"\\\"\" char{{{least},{most}}} \"\\\"\" ws"),
        None => "string".to_owned(),
    }
}

fn choices(schema: &Map<String, Value>) -> Option<Vec<Value>> {
    let listed = schema.get("enum").and_then(Value::as_array).filter(|choices| !choices.is_empty());
    listed.cloned().or_else(|| schema.get("const").map(|only| vec![only.clone()]))
}

/// A value as a terminal of the grammar: its JSON text, quoted once more.
fn literal(value: &Value) -> String {
    let mut out = String::from("\"");
    for char in value.to_string().chars() {
        match char {
            '"' | '\\' => {
                out.push('\\');
                out.push(char);
            }
            _ => out.push(char),
        }
    }
    out.push('"');
    out
}

#[cfg(test)]
mod tests;
