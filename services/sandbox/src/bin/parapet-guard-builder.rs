//! The builder process as a program of its own, for tests of crates below the `parapet` binary.

fn main() -> std::process::ExitCode {
    parapet_sandbox::child_main()
}
