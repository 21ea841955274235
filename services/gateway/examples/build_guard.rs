//! The process that builds guards, for this crate's tests. The binary `parapet` has the same as a hidden command.

fn main() -> std::process::ExitCode {
    parapet_sandbox::child_main()
}
