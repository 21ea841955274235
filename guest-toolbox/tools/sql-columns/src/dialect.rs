//! SQL dialects by name, and how each compares identifiers.

use sqlparser::{
    ast::{Ident, ObjectName, ObjectNamePart},
    dialect::{
        AnsiDialect, BigQueryDialect, ClickHouseDialect, DatabricksDialect, Dialect as Grammar, DuckDbDialect,
        GenericDialect, HiveDialect, MsSqlDialect, MySqlDialect, OracleDialect, PostgreSqlDialect, RedshiftSqlDialect,
        SQLiteDialect, SnowflakeDialect, SparkSqlDialect,
    },
};

/// How a quoted identifier relates to an unquoted one. Unquoted ones are always reported in lower case.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Quoted {
    /// Case never matters.
    Folded,
    /// Kept as written.
    Exact,
    /// Unquoted ones are stored in upper case, so `"ABC"` is `abc` and anything else is kept as written.
    Upper,
}

/// A dialect that the tool knows.
pub(crate) struct Dialect {
    /// The grammar.
    pub(crate) grammar: Box<dyn Grammar>,
    quoted: Quoted,
    /// A table's name can be used as a value: its whole row.
    pub(crate) whole_rows: bool,
    /// `a.b` can be the field `b` of a column `a`.
    pub(crate) structs: bool,
    /// A common table expression can refer to itself without the word `RECURSIVE`.
    pub(crate) implicit_recursion: bool,
}

impl Dialect {
    /// Names of all dialects, as listed in messages.
    pub(crate) const NAMES: &str = "ansi, bigquery, clickhouse, databricks, duckdb, generic, hive, mssql, mysql, \
                                    oracle, postgresql, redshift, snowflake, spark, sqlite";

    /// The dialect of that name.
    pub(crate) fn named(name: &str) -> Option<Self> {
        let (grammar, quoted): (Box<dyn Grammar>, Quoted) = match name.to_lowercase().as_str() {
            "ansi" => (Box::new(AnsiDialect {}), Quoted::Upper),
            "bigquery" => (Box::new(BigQueryDialect), Quoted::Folded),
            "clickhouse" => (Box::new(ClickHouseDialect {}), Quoted::Exact),
            "databricks" => (Box::new(DatabricksDialect {}), Quoted::Folded),
            "duckdb" => (Box::new(DuckDbDialect {}), Quoted::Folded),
            "generic" => (Box::new(GenericDialect {}), Quoted::Folded),
            "hive" => (Box::new(HiveDialect {}), Quoted::Folded),
            "mssql" => (Box::new(MsSqlDialect {}), Quoted::Folded),
            "mysql" => (Box::new(MySqlDialect {}), Quoted::Folded),
            "oracle" => (Box::new(OracleDialect {}), Quoted::Upper),
            "postgresql" | "postgres" => (Box::new(PostgreSqlDialect {}), Quoted::Exact),
            "redshift" => (Box::new(RedshiftSqlDialect {}), Quoted::Folded),
            "snowflake" => (Box::new(SnowflakeDialect), Quoted::Upper),
            "spark" => (Box::new(SparkSqlDialect {}), Quoted::Folded),
            "sqlite" => (Box::new(SQLiteDialect {}), Quoted::Folded),
            _ => return None,
        };
        let is = |names: &[&str]| names.contains(&name.to_lowercase().as_str());
        Some(Self {
            grammar,
            quoted,
            whole_rows: is(&["bigquery", "duckdb", "postgresql", "postgres", "redshift"]),
            structs: !is(&["ansi", "mssql", "mysql", "sqlite"]),
            implicit_recursion: is(&["mssql", "oracle"]),
        })
    }

    /// The identifier as it is reported and compared.
    pub(crate) fn fold(&self, ident: &Ident) -> String {
        let keep = match (ident.quote_style, self.quoted) {
            (None, _) | (Some(_), Quoted::Folded) => false,
            (Some(_), Quoted::Exact) => true,
            (Some(_), Quoted::Upper) => ident.value.chars().any(char::is_lowercase),
        };
        if keep { ident.value.clone() } else { ident.value.to_lowercase() }
    }

    /// The parts of a dotted name. A part that is computed becomes `?`.
    pub(crate) fn parts(&self, name: &ObjectName) -> Vec<String> {
        name.0
            .iter()
            .map(|part| match part {
                ObjectNamePart::Identifier(ident) => self.fold(ident),
                ObjectNamePart::Function(_) => "?".to_owned(),
            })
            .collect()
    }
}
