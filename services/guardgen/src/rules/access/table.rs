//! Markdown tables of access: resources by roles, roles by resources, or one line for each.

use super::super::markdown::Table;
use super::cell;
use super::name::{self, FIELD_NOUNS, Parsed, RESOURCE_NOUNS, plain};
use super::statement::{Effect, Fields, Grant, Statement, Verb, What, Who};
use crate::NotUnderstood;

const ROLE_HEADS: &[&str] = &["role", "roles", "who", "group", "groups"];
const VERB_HEADS: &[&str] = &["action", "actions", "may", "right", "rights", "permission", "permissions", "operation"];
const FIELD_HEADS: &[&str] = &["may read", "access", "open"];

/// How the columns of a table are to be read.
struct Layout {
    role: Option<usize>,
    resource: Option<usize>,
    fields: Option<usize>,
    verbs: Option<usize>,
    /// Columns headed by a name of their own.
    named: Vec<usize>,
}

impl Layout {
    fn of(header: &[String]) -> Self {
        let mut layout = Self { role: None, resource: None, fields: None, verbs: None, named: Vec::new() };
        for (at, head) in header.iter().enumerate() {
            let head = plain(head);
            let head = head.as_str();
            let slot = match head {
                _ if ROLE_HEADS.contains(&head) => &mut layout.role,
                _ if RESOURCE_NOUNS.contains(&head) => &mut layout.resource,
                _ if FIELD_NOUNS.contains(&head) || FIELD_HEADS.contains(&head) => &mut layout.fields,
                _ if VERB_HEADS.contains(&head) => &mut layout.verbs,
                _ => {
                    layout.named.push(at);
                    continue;
                }
            };
            if slot.is_none() {
                *slot = Some(at);
            } else {
                layout.named.push(at);
            }
        }
        layout
    }
}

/// What a table states.
pub(super) fn read(table: &Table) -> Parsed<Vec<Statement>> {
    let layout = Layout::of(&table.header);
    let header = format!("| {} |", table.header.join(" | "));
    if table.rows.is_empty() {
        return Err(NotUnderstood::new(header, "the table has no rows", "write one row for each resource or role"));
    }
    match &layout {
        Layout { role: Some(role), resource: Some(resource), named, .. } if named.is_empty() => {
            long(table, &layout, *role, *resource)
        }
        Layout { role: None, resource: Some(resource), verbs: None, named, .. } if !named.is_empty() => {
            wide(table, &layout, *resource)
        }
        Layout { role: Some(role), resource: None, fields: None, verbs: None, named } if !named.is_empty() => {
            transposed(table, *role, named)
        }
        Layout { role: None, resource: Some(resource), fields: Some(fields), verbs: None, named }
            if named.is_empty() =>
        {
            table.rows.iter().map(|row| columns(row, *resource, *fields)).collect()
        }
        _ => Err(NotUnderstood::new(
            header,
            "it is not clear which columns are roles and which are resources",
            "head the columns `table | columns | ROLE …`, `role | TABLE …` or `role | table | columns`",
        )),
    }
}

/// A row for each resource, a column for each role.
fn wide(table: &Table, layout: &Layout, resource: usize) -> Parsed<Vec<Statement>> {
    let header = line(&table.header);
    let mut roles = Vec::new();
    for at in &layout.named {
        roles.push((*at, name::role(at_of(&table.header, *at), &header)?));
    }
    let names = roles.iter().map(|(_, name)| name.clone()).collect();
    let mut found = vec![Statement::Roles { sentence: header, names, complete: false }];
    for row in &table.rows {
        let sentence = line(row);
        let name = name::resource(at_of(row, resource), &sentence)?;
        found.push(resource_of(&sentence, &name));
        if let Some(fields) = layout.fields {
            found.push(columns(row, resource, fields)?);
        }
        for (at, role) in &roles {
            found.extend(grants(at_of(row, *at), &sentence, role, &name)?);
        }
    }
    Ok(found)
}

/// A row for each role, a column for each resource.
fn transposed(table: &Table, role: usize, named: &[usize]) -> Parsed<Vec<Statement>> {
    let header = line(&table.header);
    let mut found = Vec::new();
    for at in named {
        found.push(resource_of(&header, &name::resource(at_of(&table.header, *at), &header)?));
    }
    for row in &table.rows {
        let sentence = line(row);
        let role = name::role(at_of(row, role), &sentence)?;
        found.push(Statement::Roles { sentence: sentence.clone(), names: vec![role.clone()], complete: false });
        for at in named {
            let resource = name::resource(at_of(&table.header, *at), &header)?;
            found.extend(grants(at_of(row, *at), &sentence, &role, &resource)?);
        }
    }
    Ok(found)
}

/// A row for each role and resource.
fn long(table: &Table, layout: &Layout, role: usize, resource: usize) -> Parsed<Vec<Statement>> {
    let mut found = Vec::new();
    for row in &table.rows {
        let sentence = line(row);
        let role = name::role(at_of(row, role), &sentence)?;
        let resource = name::resource(at_of(row, resource), &sentence)?;
        found.push(Statement::Roles { sentence: sentence.clone(), names: vec![role.clone()], complete: false });
        found.push(resource_of(&sentence, &resource));
        let fields = layout.fields.map_or("all", |at| at_of(row, at));
        let mut grants = grants(fields, &sentence, &role, &resource)?;
        if let Some(at) = layout.verbs {
            let cell = at_of(row, at);
            let verbs = cell::read(cell, &sentence)?.into_iter().flat_map(|(verbs, _)| verbs).collect::<Vec<_>>();
            if verbs.is_empty() {
                let why = format!("`{}` is no action", plain(cell));
                return Err(NotUnderstood::new(sentence, why, "write `read`, `write` or `delete`"));
            }
            for grant in &mut grants {
                if let Statement::Grant(grant) = grant {
                    grant.verbs.clone_from(&verbs);
                }
            }
        }
        found.extend(grants);
    }
    Ok(found)
}

fn columns(row: &[String], resource: usize, fields: usize) -> Parsed<Statement> {
    let sentence = line(row);
    let resource = name::resource(at_of(row, resource), &sentence)?;
    let columns = cell::names_of(&plain(at_of(row, fields)), &sentence)?;
    Ok(Statement::Columns { sentence, resource, columns })
}

fn grants(cell: &str, sentence: &str, role: &str, resource: &str) -> Parsed<Vec<Statement>> {
    let grant = |(verbs, fields): (Vec<Verb>, Option<Fields>)| {
        Statement::Grant(Grant {
            sentence: sentence.to_owned(),
            who: Who::Roles(vec![role.to_owned()]),
            only: false,
            effect: if fields.is_some() { Effect::Open } else { Effect::Closed },
            verbs: if verbs.is_empty() { vec![Verb::Read] } else { verbs },
            what: What::Resource(resource.to_owned()),
            fields: fields.unwrap_or(Fields::All),
            unsure: Vec::new(),
        })
    };
    Ok(cell::read(cell, sentence)?.into_iter().map(grant).collect())
}

fn resource_of(sentence: &str, name: &str) -> Statement {
    Statement::Resources { sentence: sentence.to_owned(), names: vec![name.to_owned()], complete: false }
}

fn at_of(row: &[String], at: usize) -> &str {
    row.get(at).map_or("", String::as_str)
}

fn line(cells: &[String]) -> String {
    format!("| {} |", cells.join(" | "))
}
