//! Tables that stand in the request's facts: role → resource → fields, and resource → all fields.

use toml::{Table, Value};

use super::cell;
use super::name::{self, Parsed};
use super::statement::{Effect, Fields, Grant, Statement, Verb, What, Who};
use crate::NotUnderstood;

/// Facts that say how programs are read; they replace the usual lists.
pub(super) const LISTS: &[&str] = &["modules", "other_readers", "aggregates", "results", "sql_functions"];
/// The key of all fields of each resource.
const COLUMNS: &str = "columns";

/// What the facts state. Every key has to be known or be named by one of the `keys` in the request.
pub(super) fn read(facts: &Table, keys: &[(String, String)]) -> Parsed<Vec<Statement>> {
    let mut found = Vec::new();
    if let Some((sentence, key)) = keys.iter().find(|(_, key)| !facts.contains_key(key)) {
        let why = format!("there are no facts named `{key}`");
        return Err(NotUnderstood::new(sentence, why, format!("give a table `[{key}]` in the facts")));
    }
    for (key, value) in facts {
        let place = format!("facts.{key}");
        match value {
            Value::Table(table) if key == COLUMNS => columns(table, &place, &mut found)?,
            Value::Table(table) if keys.iter().any(|(_, named)| named == key) => access(table, &place, &mut found)?,
            Value::Array(list) if LISTS.contains(&key.as_str()) && list.iter().all(Value::is_str) => {}
            _ => {
                let help = "say `as listed under KEY` in the request, or leave it out";
                return Err(NotUnderstood::new(place, "the request does not refer to it", help));
            }
        }
    }
    Ok(found)
}

fn columns(table: &Table, place: &str, found: &mut Vec<Statement>) -> Parsed<()> {
    for (resource, fields) in table {
        let sentence = format!("{place}.{resource}");
        let resource = name::resource(resource, &sentence)?;
        match fields_of(fields, &sentence)? {
            Some(Fields::Only(columns)) => found.push(Statement::Columns { sentence, resource, columns }),
            _ => return Err(NotUnderstood::new(sentence, "it is no list of names", "name the fields")),
        }
    }
    Ok(())
}

fn access(table: &Table, place: &str, found: &mut Vec<Statement>) -> Parsed<()> {
    for (role, resources) in table {
        let sentence = format!("{place}.{role}");
        let role = name::role(role, &sentence)?;
        let Value::Table(resources) = resources else {
            return Err(NotUnderstood::new(
                sentence,
                "it is no table",
                "write resources with lists of fields below the role",
            ));
        };
        found.push(Statement::Roles { sentence: sentence.clone(), names: vec![role.clone()], complete: false });
        for (resource, fields) in resources {
            let sentence = format!("{sentence}.{resource}");
            let (verb, resource) = verb_of(resource);
            let fields = fields_of(fields, &sentence)?;
            found.push(Statement::Grant(Grant {
                who: Who::Roles(vec![role.clone()]),
                only: false,
                effect: if fields.is_some() { Effect::Open } else { Effect::Closed },
                verbs: vec![verb],
                what: What::Resource(name::resource(resource, &sentence)?),
                fields: fields.unwrap_or(Fields::All),
                unsure: Vec::new(),
                sentence,
            }));
        }
    }
    Ok(())
}

/// `write accounts`, as a guard's own facts write it.
fn verb_of(resource: &str) -> (Verb, &str) {
    let verbs = [Verb::Write, Verb::Delete];
    let found = verbs.iter().find_map(|verb| Some((*verb, resource.strip_prefix(verb.prefix())?)));
    found.unwrap_or((Verb::Read, resource))
}

fn fields_of(value: &Value, sentence: &str) -> Parsed<Option<Fields>> {
    match value {
        Value::String(text) => cell::fields(text, sentence),
        Value::Array(list) => {
            let names: Option<Vec<&str>> = list.iter().map(Value::as_str).collect();
            let names = names.ok_or_else(|| {
                NotUnderstood::new(sentence, "it has something else than names", "write names in quotes")
            })?;
            if names == ["*"] {
                return Ok(Some(Fields::All));
            }
            Ok(Some(Fields::Only(names.iter().map(|name| name::field(name, sentence)).collect::<Parsed<_>>()?)))
        }
        _ => Err(NotUnderstood::new(
            sentence,
            "it is no list of fields",
            "write `[\"a\", \"b\"]`, `\"all\"` or `\"none\"`",
        )),
    }
}
