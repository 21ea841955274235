//! Tests of tool calls: tools and arguments that are not described, values that name no fields.

use serde_json::{Map, Value, json};

use super::super::agent::Meaning;
use super::super::statement::Key;
use super::{Cases, UNLISTED};

impl Cases<'_> {
    pub(super) fn of_tools(&mut self) {
        if self.agent.tools.is_empty() {
            return;
        }
        let Some((role, key, fields)) = self.best() else { return };
        let unknown = json!([{ "tool": "undescribed_tool", "json": {} }]);
        self.refuse("a tool that is not described is refused", Some(&[&role]), unknown, "code_not_understood");
        let names: Vec<String> = self.harmless_tools().map(|tool| tool.name.clone()).collect();
        for name in names {
            let parts = json!([{ "tool": name, "json": {} }]);
            self.rule(&format!("tool {name} reaches no data"), &[&role], parts, &Vec::new());
            let parts = json!([{ "tool": name, "json": { "undescribed_argument": 1 } }]);
            self.refuse(
                &format!("{name} with an argument that is not described is refused"),
                Some(&[&role]),
                parts,
                "code_not_understood",
            );
        }
        let agent = self.agent;
        for tool in agent.tools.iter().filter(|tool| !tool.harmless()) {
            let part = |json: Value| json!([{ "tool": tool.name, "json": json }]);
            let undescribed = part(json!({ "undescribed_argument": 1 }));
            let name = &tool.name;
            self.refuse(
                &format!("an argument of {name} that is not described is refused"),
                Some(&[&role]),
                undescribed,
                "code_not_understood",
            );
            self.refuse(
                &format!("arguments of {name} that are no object are refused"),
                Some(&[&role]),
                part(json!([1])),
                "code_not_understood",
            );
            if let Some(argument) = tool.sql().or(tool.program()) {
                let parts = part(json!({ argument: 7 }));
                self.refuse(
                    &format!("{argument} of {name} has to be text"),
                    Some(&[&role]),
                    parts,
                    "code_not_understood",
                );
            }
        }
        self.records(&role, &key, &fields);
    }

    /// Tools that are given the name of the resource.
    fn records(&mut self, role: &str, key: &Key, had: &[String]) {
        let agent = self.agent;
        for tool in &agent.tools {
            let Some(resource) = tool.one(Meaning::Resource) else { continue };
            let key = Key { verb: tool.verb, ..key.clone() };
            let call = |entries: &[(&str, Value)]| {
                let mut arguments = Map::from_iter([(resource.to_owned(), Value::from(key.resource.clone()))]);
                arguments.extend(entries.iter().map(|(name, value)| ((*name).to_owned(), value.clone())));
                json!([{ "tool": tool.name, "json": arguments }])
            };
            let name = &tool.name;
            let nameless = json!([{ "tool": name, "json": { resource: 7 } }]);
            self.refuse(
                &format!("{resource} of {name} has to be a name"),
                Some(&[role]),
                nameless,
                "code_not_understood",
            );
            let empty = json!([{ "tool": name, "json": { resource: "no such; name" } }]);
            self.refuse(
                &format!("{resource} of {name} has to be one name"),
                Some(&[role]),
                empty,
                "code_not_understood",
            );
            let more = call(&[("undescribed_argument", json!(1))]);
            self.refuse(
                &format!("{name} with one argument more is refused"),
                Some(&[role]),
                more,
                "code_not_understood",
            );
            if let Some(fields) = tool.one(Meaning::Fields) {
                let needs = vec![(key.clone(), had.to_vec())];
                self.rule(
                    &format!("fields of {name} as text"),
                    &[role],
                    call(&[(fields, had.join(", ").into())]),
                    &needs,
                );
                let mut sorted = had.to_vec();
                sorted.sort();
                let object: Map<String, Value> = sorted.iter().map(|field| (field.clone(), Value::from(1))).collect();
                self.rule(
                    &format!("fields of {name} as an object"),
                    &[role],
                    call(&[(fields, object.into())]),
                    &vec![(key.clone(), sorted)],
                );
                let whole = vec![(key.clone(), self.policy.whole(&key.resource))];
                self.rule(
                    &format!("a star as field of {name} is all"),
                    &[role],
                    call(&[(fields, json!(["*"]))]),
                    &whole,
                );
                for (what, value) in
                    [("a number", json!(7)), ("a list of numbers", json!([7])), ("no name", json!("a b"))]
                {
                    let parts = call(&[(fields, value)]);
                    self.refuse(
                        &format!("fields of {name} as {what} are refused"),
                        Some(&[role]),
                        parts,
                        "code_not_understood",
                    );
                }
            }
            if let Some(conditions) = tool.one(Meaning::Conditions) {
                let mut needed = vec![UNLISTED.to_owned()];
                let mut entries = vec![(conditions, json!({ UNLISTED: 1 }))];
                match tool.one(Meaning::Fields) {
                    Some(fields) => {
                        entries.push((fields, json!(had)));
                        needed.extend(had.iter().cloned());
                    }
                    None if tool.is_whole() => needed.extend(self.policy.whole(&key.resource)),
                    None => {}
                }
                self.rule(
                    &format!("a condition of {name} needs its field"),
                    &[role],
                    call(&entries),
                    &vec![(key.clone(), needed)],
                );
                let parts = call(&[(conditions, json!("a_to_z_0_to_9 = 1"))]);
                self.refuse(
                    &format!("a condition of {name} as text is refused"),
                    Some(&[role]),
                    parts,
                    "code_not_understood",
                );
            }
        }
    }
}
