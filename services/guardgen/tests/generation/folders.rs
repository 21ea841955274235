//! A generated guard on disk.

use parapet_guardgen::{FolderError, write_attempt, write_guard};
use parapet_judge::{GuardFiles, GuardSource, SetFiles};
use parapet_test_model_server::said;

use crate::fixture::{GOOD, LAX, generate, options, plan};

#[tokio::test]
async fn a_guard_appears_whole_beside_others_and_replaces_only_when_told() {
    let (made, _, _) = generate(vec![plan(), said(GOOD)], &options()).await;
    let made = made.unwrap();
    let temp = tempfile::tempdir().unwrap();
    let dir = temp.path().join("guards/refunds");
    write_guard(&dir, &made, false).unwrap();
    let source = GuardSource::parse(&GuardFiles::read(&dir).unwrap()).unwrap();
    assert_eq!(source.hash, made.draft.source().unwrap().hash, "what is on disk is what was checked");
    let plan: parapet_guardgen::Plan = serde_json::from_slice(&std::fs::read(dir.join("plan.json")).unwrap()).unwrap();
    assert_eq!(plan, made.draft.plan);
    let provenance = std::fs::read_to_string(dir.join("provenance.json")).unwrap();
    assert!(provenance.contains("\"made_by\": \"small\""));

    assert!(matches!(write_guard(&dir, &made, false), Err(FolderError::Exists { .. })));
    std::fs::write(dir.join("left-over"), "x").unwrap();
    write_guard(&dir, &made, true).unwrap();
    assert!(!dir.join("left-over").exists());
    assert!(matches!(write_guard(&temp.path().join("other"), &made, false), Err(FolderError::Name { .. })));
    let names: Vec<_> =
        std::fs::read_dir(temp.path().join("guards")).unwrap().map(|e| e.unwrap().file_name()).collect();
    assert_eq!(names, ["refunds"], "nothing temporary stays");
}

#[tokio::test]
async fn an_attempt_is_put_where_no_guard_set_takes_it_up() {
    let (made, _, _) = generate(vec![plan(), said(LAX), said(LAX), said(LAX)], &options()).await;
    let made = made.unwrap();
    let temp = tempfile::tempdir().unwrap();
    let path = write_attempt(&temp.path().join("refunds"), &made).unwrap();
    assert!(path.join("guard.rhai").exists());
    assert_eq!(SetFiles::read(temp.path()).unwrap().guards, []);
}
