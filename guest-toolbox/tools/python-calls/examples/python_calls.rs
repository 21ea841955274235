//! Prints the report on the Python program on standard input: `cargo run --example python_calls < program.py`.
#![expect(clippy::print_stdout, reason = "it is the purpose of this program")]

use std::io::Read as _;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut code = String::new();
    std::io::stdin().read_to_string(&mut code)?;
    println!("{:#}", parapet_python_calls::python_calls(&code)?);
    Ok(())
}
