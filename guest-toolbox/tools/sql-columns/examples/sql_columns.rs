//! Prints the report on the SQL on standard input: `cargo run --example sql_columns [DIALECT] < query.sql`.
#![expect(clippy::print_stdout, reason = "it is the purpose of this program")]

use std::io::Read as _;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut sql = String::new();
    std::io::stdin().read_to_string(&mut sql)?;
    let dialect = std::env::args().nth(1);
    println!("{:#}", parapet_sql_columns::sql_columns(&sql, dialect.as_deref(), None)?);
    Ok(())
}
