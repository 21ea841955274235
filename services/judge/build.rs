//! The bundled guards are part of the binary: building again when one of them changes.

fn main() {
    println!("cargo::rerun-if-changed=../../guest-toolbox/guards");
}
