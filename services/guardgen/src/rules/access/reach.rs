//! What an agent writes when it reaches for given fields: a program, a query or tool calls; and what that needs.

use serde_json::{Map, Value, json};

use super::agent::{Agent, Function, Language, Meaning, Tool};
use super::policy::{Needs, Policy};
use super::statement::{Key, Verb};

/// The parts of an event, and what they need.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Reach {
    /// `parts` of the event.
    pub(super) parts: Value,
    /// What is needed.
    pub(super) needs: Needs,
}

/// How an agent writes.
#[derive(Debug, Clone, Copy)]
pub(super) struct Writer<'a> {
    /// The agent.
    pub(super) agent: &'a Agent,
    /// The policy, for what stands for all fields.
    pub(super) policy: &'a Policy,
    /// Whether names are written in upper case.
    pub(super) upper: bool,
}

impl Writer<'_> {
    /// The way to what is wanted, if the agent has one. `*` as the field wants all.
    pub(super) fn reach(&self, wants: &[(Key, Vec<String>)]) -> Option<Reach> {
        match &self.agent.part {
            Some((part, Language::Python)) => {
                let (program, needs) = self.program(wants)?;
                Some(Reach { parts: json!([{ "name": part, "text": program }]), needs })
            }
            Some((part, Language::Sql)) => {
                let (query, needs) = self.query(wants)?;
                Some(Reach { parts: json!([{ "name": part, "text": query }]), needs })
            }
            None => self.calls(wants),
        }
    }

    fn name(&self, name: &str) -> String {
        if self.upper { name.to_uppercase() } else { name.to_owned() }
    }

    /// A program for all wants.
    pub(super) fn program(&self, wants: &[(Key, Vec<String>)]) -> Option<(String, Needs)> {
        let (mut lines, mut needs) = (Vec::new(), Needs::new());
        for (number, (key, fields)) in wants.iter().enumerate() {
            let (written, needed) = self.lines(number, key, fields)?;
            lines.extend(written);
            needs.extend(needed);
        }
        Some((lines.join("\n"), needs))
    }

    fn lines(&self, number: usize, key: &Key, fields: &[String]) -> Option<(Vec<String>, Needs)> {
        let functions = || self.agent.functions.iter().filter(|function| function.verb == key.verb);
        let whole = fields == ["*"];
        let takes_all = |f: &&Function| f.resource.is_some() && (f.fields.is_some() || key.verb != Verb::Read);
        // All fields have no condition of their own.
        if let Some(direct) = functions().find(|f| takes_all(f) && !(whole && f.conditions.is_some())) {
            let takes_fields = direct.fields.is_some() || direct.conditions.is_some();
            let needed = if takes_fields {
                self.expanded(key, fields)
            } else if direct.is_whole() {
                self.policy.whole(&key.resource)
            } else {
                Vec::new()
            };
            return Some((self.statements(direct, key, "", fields), vec![(key.clone(), needed)]));
        }
        let loader = self.loader(fields)?;
        let (rows, load) = (format!("rows{number}"), Key { verb: Verb::Read, resource: key.resource.clone() });
        let loading = format!("{rows} = {}", self.call(loader, &key.resource, "", fields));
        let getter = functions().find(|f| f.rows.is_some() && (f.fields.is_some() || key.verb != Verb::Read));
        match getter.filter(|_| !whole) {
            Some(_) if fields.is_empty() && key.verb == Verb::Read => Some((vec![loading], vec![(load, Vec::new())])),
            Some(getter) => {
                let mut lines = vec![loading];
                lines.extend(self.statements(getter, key, &rows, fields));
                Some((lines, vec![(load, Vec::new()), (key.clone(), fields.to_vec())]))
            }
            None if key.verb == Verb::Read => {
                let answer = format!("{} = {rows}", self.result());
                Some((vec![loading, answer], vec![(load, self.policy.whole(&key.resource))]))
            }
            None => None,
        }
    }

    /// Variable of the answer.
    pub(super) fn result(&self) -> &str {
        self.agent.results.first().map_or("answer", String::as_str)
    }

    /// The function that names a resource and gives its rows.
    pub(super) fn loader(&self, fields: &[String]) -> Option<&Function> {
        let fits = |f: &&Function| f.resource.is_some() && f.gives_rows() && f.verb == Verb::Read;
        self.agent.functions.iter().find(|f| fits(f) && (f.conditions.is_none() || !fields.is_empty()))
    }

    fn expanded(&self, key: &Key, fields: &[String]) -> Vec<String> {
        if fields == ["*"] { self.policy.whole(&key.resource) } else { fields.to_vec() }
    }

    /// One call for all fields, or one for each where the argument takes only one.
    fn statements(&self, function: &Function, key: &Key, rows: &str, fields: &[String]) -> Vec<String> {
        let listed = function.fields.as_ref().or(function.conditions.as_ref());
        let single = listed.is_some_and(|listed| listed.separator.is_none());
        let groups: Vec<&[String]> = if single { fields.chunks(1).collect() } else { vec![fields] };
        groups
            .iter()
            .map(|group| format!("{} = {}", self.result(), self.call(function, &key.resource, rows, group)))
            .collect()
    }

    /// A call with these arguments.
    pub(super) fn call(&self, function: &Function, resource: &str, rows: &str, fields: &[String]) -> String {
        let text = |text: String| format!("'{text}'");
        let argument = |at: usize| {
            if function.resource == Some(at) {
                return text(self.name(resource));
            }
            if function.rows == Some(at) {
                return rows.to_owned();
            }
            if let Some(listed) = function.fields.as_ref().filter(|listed| listed.at == at) {
                let names: Vec<String> = fields.iter().map(|field| self.name(field)).collect();
                return text(names.join(listed.separator.as_deref().unwrap_or_default()));
            }
            if let Some(listed) = function.conditions.as_ref().filter(|listed| listed.at == at) {
                let taken = if function.fields.is_some() || function.verb == Verb::Read {
                    fields.get(..1).unwrap_or_default()
                } else {
                    fields
                };
                let conditions: Vec<String> = taken.iter().map(|field| format!("{}=1", self.name(field))).collect();
                return text(conditions.join(listed.separator.as_deref().unwrap_or_default()));
            }
            "1".to_owned()
        };
        format!("{}({})", function.name, (0..function.arity).map(argument).collect::<Vec<_>>().join(", "))
    }

    /// SQL for all wants.
    pub(super) fn query(&self, wants: &[(Key, Vec<String>)]) -> Option<(String, Needs)> {
        let (mut statements, mut needs) = (Vec::new(), Needs::new());
        for (key, fields) in wants {
            let mut fields = fields.clone();
            fields.sort();
            let names: Vec<String> = fields.iter().map(|field| self.name(field)).collect();
            let table = self.name(&key.resource);
            statements.push(match key.verb {
                Verb::Read if fields.is_empty() => format!("select count(*) from {table}"),
                Verb::Read => format!("select {} from {table}", names.join(", ")),
                Verb::Write => {
                    let fields: Vec<String> = names.iter().map(|name| format!("{name} = 1")).collect();
                    if fields.is_empty() || names == ["*"] {
                        return None;
                    }
                    format!("update {table} set {}", fields.join(", "))
                }
                Verb::Delete => format!("delete from {table}"),
            });
            let mut needed = if key.verb == Verb::Delete { Vec::new() } else { self.expanded(key, &fields) };
            // A column that the table is not known to have is told after all others.
            let columns = self.policy.resource(&key.resource).and_then(|found| found.columns.as_ref());
            needed.sort_by_key(|field| columns.is_some_and(|columns| names != ["*"] && !columns.contains(field)));
            needs.push((key.clone(), needed));
        }
        Some((statements.join("; "), needs))
    }

    fn calls(&self, wants: &[(Key, Vec<String>)]) -> Option<Reach> {
        let (mut parts, mut needs) = (Vec::new(), Needs::new());
        for want in wants {
            let (part, needed) = self.agent.tools.iter().find_map(|tool| self.tool_call(tool, want))?;
            parts.push(part);
            needs.extend(needed);
        }
        Some(Reach { parts: Value::Array(parts), needs })
    }

    fn tool_call(&self, tool: &Tool, want: &(Key, Vec<String>)) -> Option<(Value, Needs)> {
        let (key, fields) = want;
        let part = |json: Value| json!({ "tool": tool.name, "json": json });
        let one = std::slice::from_ref(want);
        if let Some(argument) = tool.sql() {
            let (query, needs) = self.query(one)?;
            return Some((part(json!({ argument: query })), needs));
        }
        if let Some(argument) = tool.program() {
            let (program, needs) = self.program(one)?;
            return Some((part(json!({ argument: program })), needs));
        }
        if tool.verb != key.verb {
            return None;
        }
        if tool.opens.iter().any(|(resource, _)| *resource == key.resource) {
            return Some((part(json!({})), self.opens(tool)));
        }
        let resource = tool.one(Meaning::Resource)?;
        let mut json = Map::from_iter([(resource.to_owned(), Value::from(self.name(&key.resource)))]);
        let needed = match tool.one(Meaning::Fields) {
            Some(argument) if !fields.is_empty() && fields != &["*"] => {
                let names: Vec<String> = fields.iter().map(|field| self.name(field)).collect();
                json.insert(argument.to_owned(), names.into());
                fields.clone()
            }
            _ if tool.is_whole() => self.policy.whole(&key.resource),
            _ => Vec::new(),
        };
        Some((part(json.into()), vec![(key.clone(), needed)]))
    }

    /// What every call of a tool needs.
    pub(super) fn opens(&self, tool: &Tool) -> Needs {
        let opens = tool.opens.iter().map(|(resource, fields)| {
            let key = Key { verb: tool.verb, resource: resource.clone() };
            let fields = self.expanded(&key, fields);
            (key, fields)
        });
        opens.collect()
    }
}
