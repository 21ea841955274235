//! Attributes columns to tables. Without a schema, a column belongs to the only table that is in scope; with one, to the
//! tables that have it. What stays ambiguous is reported as unresolved, never guessed.

use std::collections::{BTreeMap, BTreeSet};

use sqlparser::ast::Query;

use crate::{
    dialect::Dialect,
    findings::{ALL_COLUMNS, Findings},
    scope::{Columns, Scope, Source},
};

/// Columns of the tables that the caller knows.
pub(crate) type Schema = BTreeMap<String, BTreeSet<String>>;

/// Where an expression stands, for names that a select list gives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Aliases {
    /// They are not visible.
    Hidden,
    /// A name is first a result's, then a column's.
    First,
}

/// The state of one run.
pub(crate) struct Resolver<'s> {
    pub(crate) dialect: &'s Dialect,
    pub(crate) schema: &'s Schema,
    pub(crate) findings: Findings,
    /// Subqueries of `FROM` lists, by address: they are resolved there, and must not be again.
    pub(crate) resolved: BTreeSet<usize>,
}

/// Identity of a query in the syntax tree.
pub(crate) fn address(query: &Query) -> usize {
    std::ptr::from_ref(query).addr()
}

impl Resolver<'_> {
    /// A column without a qualifier.
    pub(crate) fn unqualified(&mut self, column: &str, scope: &Scope<'_>, aliases: Aliases) {
        if aliases == Aliases::First && scope.aliases.contains(column) && !self.listed_in(column, scope) {
            return;
        }
        if self.dialect.whole_rows && !self.listed_in(column, scope) {
            self.whole_row(column, scope);
        }
        for level in scope.outward() {
            let (tables, derived) = self.candidates(column, level);
            match (tables.as_slice(), derived) {
                ([], false) => {}
                ([], true) => return,
                ([table], false) => return self.findings.read_column(table, column),
                _ => return self.unresolved(column, tables),
            }
        }
        // No table can have it: a result of a subquery whose name is not known, or an error that the database reports.
        let opaque = scope.relations.iter().any(|relation| matches!(relation.source, Source::Derived(_)));
        if !opaque {
            self.unresolved(column, scope.tables());
        }
    }

    /// A column with a qualifier, or a field of a structured column.
    pub(crate) fn qualified(&mut self, parts: &[String], scope: &Scope<'_>) {
        for split in (1..parts.len()).rev() {
            let (qualifier, rest) = parts.split_at(split);
            if let (Some(relation), Some(column)) = (scope.qualified(qualifier), rest.first()) {
                if let Source::Table(table) = &relation.source {
                    self.findings.read_column(table, column);
                }
                return;
            }
        }
        match parts.first() {
            Some(column) if self.dialect.structs => self.unqualified(column, scope, Aliases::Hidden),
            _ => self.unresolved(&parts.join("."), scope.tables()),
        }
    }

    /// `qualifier.*`, or `*` when there is no qualifier.
    pub(crate) fn wildcard(&mut self, qualifier: Option<&[String]>, scope: &Scope<'_>) {
        let named: Vec<_> = match qualifier {
            Some(qualifier) => scope.qualified(qualifier).into_iter().collect(),
            None => scope.relations.iter().collect(),
        };
        if let (Some(qualifier), true) = (qualifier, named.is_empty()) {
            self.unresolved(&format!("{}.*", qualifier.join(".")), scope.tables());
        }
        for relation in named {
            if let Source::Table(table) = &relation.source {
                self.findings.read_column(table, ALL_COLUMNS);
            }
        }
    }

    /// Tables at one level that may have the column, and whether a derived relation may.
    /// If one is known to have it, no other has: the database would refuse the name as ambiguous.
    fn candidates(&self, column: &str, level: &Scope<'_>) -> (Vec<String>, bool) {
        let (mut known, mut possible) = (BTreeSet::new(), BTreeSet::new());
        let (mut known_derived, mut possible_derived) = (false, false);
        for relation in &level.relations {
            match &relation.source {
                Source::Table(table) => match self.schema.get(table) {
                    Some(columns) if columns.contains(column) => drop(known.insert(table.clone())),
                    Some(_) => {}
                    None => drop(possible.insert(table.clone())),
                },
                Source::Derived(Columns { names, open }) => {
                    known_derived |= names.contains(column);
                    possible_derived |= *open;
                }
            }
        }
        if known.is_empty() && !known_derived {
            (possible.into_iter().collect(), possible_derived)
        } else {
            (known.into_iter().collect(), known_derived)
        }
    }

    /// Whether the schema gives the column to a table in scope.
    fn listed_in(&self, column: &str, scope: &Scope<'_>) -> bool {
        let has = |table: &String| self.schema.get(table).is_some_and(|columns| columns.contains(column));
        scope.tables().iter().any(has)
    }

    fn whole_row(&mut self, name: &str, scope: &Scope<'_>) {
        if let Some(relation) = scope.qualified(&[name.to_owned()])
            && let Source::Table(table) = &relation.source
        {
            self.findings.read_column(table, ALL_COLUMNS);
        }
    }

    fn unresolved(&mut self, column: &str, tables: Vec<String>) {
        self.findings.unresolved.insert((column.to_owned(), tables));
    }
}
