//! What the tool finds, and its JSON.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value as Json, json};

/// Columns by table; `*` stands for all columns.
pub(crate) type Access = BTreeMap<String, BTreeSet<String>>;

/// Stands for all columns.
pub(crate) const ALL_COLUMNS: &str = "*";

/// Everything found in one SQL text.
#[derive(Debug, Default)]
pub(crate) struct Findings {
    /// Kinds of the statements, in order.
    pub(crate) statements: Vec<String>,
    /// What is read.
    pub(crate) read: Access,
    /// What is written.
    pub(crate) write: Access,
    /// Columns that could belong to several tables, or to none that is known.
    pub(crate) unresolved: BTreeSet<(String, Vec<String>)>,
    /// Names of all functions that are called.
    pub(crate) functions: BTreeSet<String>,
}

impl Findings {
    /// Notes that a table is read, if only for its number of rows.
    pub(crate) fn read_table(&mut self, table: &str) {
        self.read.entry(table.to_owned()).or_default();
    }

    /// Notes that a column is read.
    pub(crate) fn read_column(&mut self, table: &str, column: &str) {
        self.read.entry(table.to_owned()).or_default().insert(column.to_owned());
    }

    /// Notes that a column is written.
    pub(crate) fn write_column(&mut self, table: &str, column: &str) {
        self.write.entry(table.to_owned()).or_default().insert(column.to_owned());
    }

    /// The report for an SQL text that was read as a whole.
    pub(crate) fn to_json(&self) -> Json {
        let unresolved: Vec<Json> =
            self.unresolved.iter().map(|(column, tables)| json!({"column": column, "tables": tables})).collect();
        json!({
            "statements": self.statements,
            "read": self.read,
            "write": self.write,
            "unresolved_columns": unresolved,
            "functions": self.functions,
            "error": null,
        })
    }
}
