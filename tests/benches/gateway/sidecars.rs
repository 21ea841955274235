//! The sidecars under test: their guards, their configuration, and what they say about their audit queue.

use std::fmt::Write as _;
use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use parapet_domain::DecisionRecord;
use parapet_judge::SetFiles;
use parapet_tests::sidecar::Sidecar;
use parapet_tests::world::shared_cache;
use serde::Deserialize;

use crate::exchange;

/// Bundled guards that judge both directions here, whatever directions they declare.
const GUARDS: [&str; 3] = ["pii-redact", "secrets-deny", "prompt-injection"];
/// Agent of both routes.
const AGENT: &str = "librarian";

/// Starts a sidecar in `home` with `guards` guards, of which three match.
pub(crate) fn start(home: &Path, store: &str, guards: usize, upstream: SocketAddr) -> Result<Sidecar> {
    std::fs::create_dir_all(home)?;
    write_guards(&home.join("guards"), guards)?;
    let config = home.join("parapet.toml");
    std::fs::write(&config, configuration(home, store, upstream)?)?;
    Sidecar::start(&home.join("state"), &["--config", &config.display().to_string()])
        .context("build the sidecar of the same profile first: cargo build --release --package parapet")
}

/// Path of the route with that audit mode.
pub(crate) fn path(audit: &str) -> String {
    format!("/{audit}{}", exchange::PATH)
}

fn configuration(home: &Path, store: &str, upstream: SocketAddr) -> Result<String> {
    let mut text = format!(
        r#"
[server]
listen = "127.0.0.1:0"
admin_listen = "127.0.0.1:0"
[store]
url = "{store}"
[audit]
digest_key_file = "{home}/digest.key"
[guards]
dir = "{home}/guards"
[sandbox]
cache_dir = "{cache}"
[upstreams.model]
base_url = "http://{upstream}"
"#,
        home = home.display(),
        cache = shared_cache()?.display(),
    );
    for audit in ["required", "best_effort"] {
        let (path, onward) = (path(audit), exchange::PATH);
        write!(
            text,
            r#"
[[route]]
name = "{audit}"
path = "{path}"
surface = "openai_chat"
upstream = "model"
upstream_path = "{onward}"
agent = "{AGENT}"
audit = "{audit}"
principal = "optional"
"#
        )?;
    }
    Ok(text)
}

/// The three guards, and copies of them for other agents up to `count`, with a set file that says so.
fn write_guards(folder: &Path, count: usize) -> Result<()> {
    let bundled = SetFiles::bundled();
    let mut set_file = String::new();
    for (n, name) in GUARDS.iter().cycle().take(count).enumerate() {
        let files = &bundled.guards.iter().find(|guard| guard.name == *name).context("no such guard")?.files;
        let copy = n >= GUARDS.len();
        let id = if copy { format!("{name}-{n}") } else { (*name).to_owned() };
        let agent = if copy { format!("agent-{n}") } else { AGENT.to_owned() };
        writeln!(set_file, "[[guard]]\nid = \"{id}\"\nmode = \"enforce\"\nmatch = {{ agents = [\"{agent}\"] }}\n")?;
        std::fs::create_dir_all(folder.join(&id))?;
        for (file, content) in files {
            let content = if *file == "guard.toml" { manifest(content, &id)? } else { content.clone() };
            std::fs::write(folder.join(&id).join(file), content)?;
        }
    }
    Ok(std::fs::write(folder.join("set.toml"), set_file)?)
}

/// The manifest under another id, for both directions.
fn manifest(text: &[u8], id: &str) -> Result<Vec<u8>> {
    let mut out = String::new();
    for line in std::str::from_utf8(text)?.lines() {
        match line.split_once(" = ") {
            Some(("id", _)) => writeln!(out, "id = \"{id}\"")?,
            Some(("stages", _)) => writeln!(out, "stages = [\"input\", \"output\"]")?,
            _ => writeln!(out, "{line}")?,
        }
    }
    Ok(out.into_bytes())
}

/// Waits until everything that was decided is written.
pub(crate) async fn settle(sidecar: &Sidecar) -> Result<()> {
    while metric(sidecar, "parapet_audit_queue_depth").await? > 0.0 {
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    Ok(())
}

/// A metric without labels.
pub(crate) async fn metric(sidecar: &Sidecar, name: &str) -> Result<f64> {
    let text = sidecar.admin_get("/metrics").await?.text();
    let value = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
    value.with_context(|| format!("no metric `{name}`"))?.parse().context("a metric is no number")
}

/// The last decision of a sidecar, which must have run all guards that match.
pub(crate) async fn decision(sidecar: &Sidecar) -> Result<DecisionRecord> {
    #[derive(Deserialize)]
    struct Page {
        records: Vec<DecisionRecord>,
    }
    let page: Page = serde_json::from_slice(&sidecar.admin_get("/admin/decisions?limit=1").await?.body)?;
    let record = page.records.into_iter().next().context("nothing was recorded")?;
    ensure!(record.runs.len() == GUARDS.len(), "{} guards ran on an event", record.runs.len());
    Ok(record)
}
