//! A short run of the loss test (`make loss` is the long one): kills and restarts in mid-run, nothing lost, nothing doubled.

use std::process::Command;

#[test]
fn no_released_answer_is_without_its_decisions() {
    if std::env::var_os("PARAPET_TEST_POSTGRES_URL").is_none() {
        eprintln!("skipped: run it through tests/with-postgres.sh");
        return;
    }
    let output = Command::new(env!("CARGO_BIN_EXE_loss")).arg("400").output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert_eq!(text.lines().last(), Some("400 passed, 0 failed"), "{text}{}", String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success());
}
