//! `sql_columns`: the tables and columns that SQL reads and writes. The parser is a WASM tool; this file is its entry in the list.

use crate::{ToolRun, ToolSpec, WasmTool};

pub(crate) const SPEC: ToolSpec = ToolSpec {
    name: "sql_columns",
    signature: "sql_columns(sql: string[, dialect: string[, schema: {table: [columns]}]]) -> {\"statements\": [string], \"read\": {table: [columns]}, \"write\": {table: [columns]}, \"unresolved_columns\": [{\"column\", \"tables\"}], \"functions\": [string], \"error\": null or {\"message\", \"line\", \"column\"}}",
    doc: "Parses SQL and lists the tables and columns that it reads and writes, with aliases, joins, subqueries and common \
          table expressions followed to their tables. \"*\" stands for all columns. A column without a table belongs to \
          the only table in scope; where several may have it, it stands in `unresolved_columns` and nowhere else, so a \
          guard has to look there too. `schema` tells which table has which columns and resolves them. `statements` has \
          the kind of each statement, such as \"select\". `dialect` is one of \"generic\" (when not given), \"ansi\", \
          \"postgresql\", \"mysql\", \"sqlite\", \"mssql\", \"oracle\", \"snowflake\", \"bigquery\", \"redshift\", \
          \"clickhouse\", \"duckdb\", \"hive\", \"spark\", \"databricks\"; any other fails the run. SQL that does not \
          parse gives an `error`, not a failed run: decide what that means. At most 64 KiB of SQL. All fields: \
          guest-toolbox/tools/sql-columns/README.md.",
    example: "sql_columns(\"SELECT l.labname FROM lab l\").read == #{\"lab\": [\"labname\"]}",
    min_args: 1,
    max_args: 3,
    pure: true,
    base_fuel: 5_000,
    fuel_per_byte: 2,
    max_input_bytes: 256 << 10,
    run: ToolRun::Wasm(WasmTool::SqlColumns),
};
