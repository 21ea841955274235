//! `sql_columns`: the tables and columns that SQL reads and writes. The parser is a WASM tool; this file is its entry in the list.

use crate::{ToolRun, ToolSpec, WasmTool};

pub(crate) const SPEC: ToolSpec = ToolSpec {
    name: "sql_columns",
    signature: "sql_columns(sql: string[, dialect: string]) -> {\"read\": {table: [columns]}, \"write\": {table: [columns]}, \"statements\": [string], \"error\": null or {\"message\", \"line\", \"column\"}}",
    doc: "Parses SQL and lists the tables and columns that it reads and writes, with aliases, joins, subqueries and common \
          table expressions followed to their tables. \"*\" stands for all columns. `statements` has the kind of each \
          statement, such as \"select\". `dialect` is one of \"generic\" (when not given), \"ansi\", \"postgresql\", \"mysql\", \
          \"sqlite\", \"mssql\", \"snowflake\", \"bigquery\", \"redshift\", \"clickhouse\", \"duckdb\", \"hive\", \"databricks\". \
          SQL that does not parse gives an `error`, not a failed run: decide what that means.",
    example: "sql_columns(\"SELECT l.labname FROM lab l\") == #{\"read\": #{\"lab\": [\"labname\"]}, \"write\": #{}, \
              \"statements\": [\"select\"], \"error\": ()}",
    min_args: 1,
    max_args: 2,
    pure: true,
    base_fuel: 5_000,
    fuel_per_byte: 2,
    max_input_bytes: 256 << 10,
    run: ToolRun::Wasm(WasmTool::SqlColumns),
};
