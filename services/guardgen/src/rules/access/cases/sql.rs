//! Tests of queries: joins, names without their table, writing, and what cannot be read.

use serde_json::{Value, json};

use super::super::agent::Language;
use super::super::policy::{Needs, Want};
use super::super::statement::{Key, Verb};
use super::Cases;

impl Cases<'_> {
    /// The parts of an event with this SQL, whichever way the agent has for it.
    fn sql_parts(&self, sql: &str) -> Option<Value> {
        if let Some((part, Language::Sql)) = &self.agent.part {
            return Some(json!([{ "name": part, "text": sql }]));
        }
        if let Some((part, Language::Python)) = &self.agent.part {
            let function = self.agent.functions.iter().find(|function| function.sql.is_some())?;
            let arguments = (0..function.arity)
                .map(|at| if function.sql == Some(at) { format!("\"{sql}\"") } else { "1".to_owned() });
            let arguments = arguments.collect::<Vec<_>>().join(", ");
            return Some(
                json!([{ "name": part, "text": format!("{} = {}({arguments})", self.writer().result(), function.name) }]),
            );
        }
        let tool = self.agent.tools.iter().find(|tool| tool.sql().is_some())?;
        Some(json!([{ "tool": tool.name, "json": { tool.sql()?: sql } }]))
    }

    pub(super) fn of_queries(&mut self) {
        let Some((role, key, fields)) = self.best() else { return };
        let (table, field) = (key.resource.clone(), fields.first().cloned().unwrap_or_default());
        for (description, sql) in [
            ("SQL that does not parse is refused", format!("selekt {field} frm {table}")),
            ("SQL that changes the tables themselves is refused", format!("drop table {table}")),
            ("functions of SQL that reach further are refused", "select pg_read_file('/etc/passwd')".to_owned()),
            ("a column of no table is refused", format!("select {field}")),
        ] {
            if let Some(parts) = self.sql_parts(&sql) {
                self.refuse(description, Some(&[&role]), parts, "code_not_understood");
            }
        }
        self.writing(&role, &table, &field);
        let read = |resource: &str, fields: &[&str]| {
            let fields = fields.iter().map(|field| (*field).to_owned()).collect();
            (Key { verb: Verb::Read, resource: resource.to_owned() }, fields)
        };
        let needs = vec![read(&table, &[&field])];
        for (description, sql) in [
            ("an alias is followed to its table", format!("select t.{field} from {table} t")),
            ("a condition reads its column", format!("select count(*) from {table} where {field} is not null")),
            ("functions that compute are open", format!("select max({field}) from {table}")),
            ("a subquery is followed", format!("select * from (select {field} from {table}) s")),
        ] {
            if let Some(parts) = self.sql_parts(&sql) {
                self.rule(description, &[&role], parts, &needs);
            }
        }
        self.joins(&role, &read);
    }

    fn writing(&mut self, role: &str, table: &str, field: &str) {
        let writes = self.policy.verbs().iter().any(|verb| *verb != Verb::Read);
        let both = format!("delete from {table}; update {table} set {field} = 1");
        let statements = if writes {
            vec![both]
        } else {
            vec![format!("delete from {table}"), format!("update {table} set {field} = 1")]
        };
        for sql in statements {
            if let Some(parts) = self.sql_parts(&sql) {
                self.refuse(
                    "SQL that writes in a way that is not spoken of is refused",
                    Some(&[role]),
                    parts,
                    "code_not_understood",
                );
            }
        }
    }

    fn joins(&mut self, role: &str, read: &dyn Fn(&str, &[&str]) -> Want) {
        let policy = self.policy;
        let named: Vec<_> =
            policy.resources.iter().filter_map(|found| Some((&found.name, found.mentioned.first()?))).collect();
        let [(one, a), (other, b), ..] = named.as_slice() else { return };
        let needs: Needs = vec![read(one, &[a]), read(other, &[b])];
        let sql = format!("select x.{a}, y.{b} from {one} x, {other} y");
        if let Some(parts) = self.sql_parts(&sql) {
            for role in &policy.roles {
                self.rule(&format!("{role} joins two tables"), &[role], parts.clone(), &needs);
            }
        }
        let (Some(_), Some(_)) = (
            policy.resource(one).and_then(|r| r.columns.as_ref()),
            policy.resource(other).and_then(|r| r.columns.as_ref()),
        ) else {
            return;
        };
        let unsure = vec![read(one, &["secretnote"]), read(other, &["secretnote"])];
        if let Some(parts) = self.sql_parts(&format!("select secretnote from {one}, {other}")) {
            self.rule("a column that no table is known to have counts for each", &[role], parts, &unsure);
        }
    }
}
