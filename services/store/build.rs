//! `sqlx::migrate!` embeds the migrations when the crate is compiled; without this, a new file would not be noticed.

fn main() {
    println!("cargo::rerun-if-changed=../../migrations/postgres");
    println!("cargo::rerun-if-changed=../../migrations/sqlite");
}
