//! The binary itself answers. (This test also makes `cargo nextest run --workspace` build the binary, which the end-to-end
//! tests start.) All other behaviour from outside is tested in the package `parapet-tests`.

use std::process::Command;

#[test]
fn version_and_help_are_printed() {
    let run = |argument: &str| Command::new(env!("CARGO_BIN_EXE_parapet")).arg(argument).output().unwrap();
    let version = run("--version");
    assert!(version.status.success());
    assert_eq!(String::from_utf8(version.stdout).unwrap(), format!("parapet {}\n", env!("CARGO_PKG_VERSION")));
    let help = String::from_utf8(run("--help").stdout).unwrap();
    assert!(help.contains("Exit codes:") && !help.contains("build-child"), "{help}");
}

#[test]
fn an_unknown_option_is_wrong_usage() {
    let output = Command::new(env!("CARGO_BIN_EXE_parapet")).args(["serve", "--colour"]).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8(output.stderr).unwrap().contains("--colour"));
}
