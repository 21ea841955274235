//! The seeds of the memory are part of the program: building again when one of them changes.

fn main() {
    println!("cargo::rerun-if-changed=src/memory/seeds");
}
