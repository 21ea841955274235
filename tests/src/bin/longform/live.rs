//! One long document by a real model: `parapet write` is killed with -9 in the middle and run again; then what the same model writes
//! in one call. Quality is not what this shows.

use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};
use parapet_agentwrite::words;
use parapet_models::{Meter, ModelClient, ModelConfig, ModelKind, Prompt};
use parapet_tests::sidecar;
use serde_json::Value;
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, BufReader};
use tokio::process::{Child, Command};

use crate::Tally;
use crate::relay::Relay;

const INSTRUCTION: &str = "Write a handbook for people who move to a small town by the sea: its harbour, its market, its school, its \
    weather, its history, its feasts and the work that people find there";
/// How often memory is looked at.
const LOOK: Duration = Duration::from_millis(250);
/// Memory that the second half of a run may take beyond the first, in KiB.
const FLAT_KIB: u64 = 32 << 10;

/// What is asked for, by the environment.
struct Asked {
    url: String,
    model: String,
    words: u32,
    context: u32,
}

pub(crate) async fn run(tally: &mut Tally) -> Result<()> {
    let number = |name: &str, usual| std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(usual);
    let asked = Asked {
        url: std::env::var("MODEL_URL")
            .ok()
            .filter(|url| !url.is_empty())
            .context("set MODEL_URL, such as http://127.0.0.1:8080/v1")?,
        model: std::env::var("MODEL_NAME").ok().filter(|name| !name.is_empty()).unwrap_or_else(|| "model".to_owned()),
        words: number("WORDS", 10_000),
        context: number("CONTEXT", 2_048),
    };
    println!("model {}, {} words, a context of {} tokens", asked.model, asked.words, asked.context);
    document(tally, &asked).await?;
    one_call(&asked).await
}

async fn document(tally: &mut Tally, asked: &Asked) -> Result<()> {
    let (home, relay, began) = (tempfile::tempdir()?, Relay::to(&asked.url).await?, Instant::now());
    let killed = first_run(asked, &relay, home.path()).await?;
    let (before, _) = relay.counts();
    println!("killed with -9 after {before} calls, {killed} words, {:.0} s", began.elapsed().as_secs_f64());
    let mut child = command(asked, &relay, home.path(), true)?.spawn()?;
    let (summary, memory) = finished(&mut child).await?;
    let (calls, repeated) = relay.counts();
    let text = std::fs::read_to_string(home.path().join("out.md"))?;
    let counted = words::count(&text);
    println!(
        "{counted} words in {:.0} s, {calls} calls, memory {} MiB at most",
        began.elapsed().as_secs_f64(),
        memory.peak >> 10
    );

    // The one that was under way when the process was killed had no answer.
    tally.check(repeated <= 1, &format!("no answered call was made again ({repeated} that was under way)"));
    let room = asked.words / 10;
    tally.check(counted.abs_diff(asked.words) <= room, &format!("{counted} words are within 10 % of {}", asked.words));
    tally.check(
        memory.grew <= FLAT_KIB,
        &format!("memory is flat: {} KiB more in the second half of the run", memory.grew),
    );
    let sections = summary.get("sections").and_then(Value::as_array).context("the summary has sections")?;
    let judged =
        |section: &&Value| section.get("decisions").and_then(Value::as_array).is_some_and(|all| !all.is_empty());
    let number = sections.iter().filter(judged).count();
    let missing = sections.iter().filter(|section| section.get("fate").is_some_and(|fate| fate == "unwritten")).count();
    tally.check(
        number + missing == sections.len(),
        &format!("{number} of {} sections were judged, {missing} not written", sections.len()),
    );
    Ok(())
}

/// Writes until half of the words are there, and is killed. Returns the words by then.
async fn first_run(asked: &Asked, relay: &Relay, home: &Path) -> Result<u32> {
    let mut child = command(asked, relay, home, false)?.stderr(Stdio::piped()).spawn()?;
    let mut lines = BufReader::new(child.stderr.take().context("standard error")?).lines();
    let mut told = String::new();
    while let Some(line) = lines.next_line().await? {
        let so_far = line.split(" words, ").nth(1).and_then(|rest| rest.split(' ').next()?.parse::<u32>().ok());
        told = line;
        if let Some(so_far) = so_far.filter(|words| *words >= asked.words / 2) {
            child.kill().await?;
            return Ok(so_far);
        }
    }
    anyhow::bail!("it ended before it could be killed: {told}")
}

fn command(asked: &Asked, relay: &Relay, home: &Path, json: bool) -> Result<Command> {
    let (number, context) = (asked.words.to_string(), asked.context.to_string());
    let out = home.join("out.md");
    let mut command =
        Command::from(sidecar::parapet(&["write", "--text", INSTRUCTION, "--words", &number, "--id", "longform"])?);
    command.args(["--context", &context, "--seed", "7", "--temperature", "0.8", "--out"]).arg(out);
    command.arg("--state-dir").arg(home.join("state"));
    command.env("PARAPET_MODEL_URL", &relay.url).env("PARAPET_MODEL_NAME", &asked.model);
    command.stdout(Stdio::piped()).kill_on_drop(true);
    if json {
        command.arg("--json");
    }
    Ok(command)
}

/// Memory of a run, in KiB.
struct Memory {
    peak: u64,
    /// What the second half took beyond the first.
    grew: u64,
}

/// The summary of a run to its end, and its memory.
async fn finished(child: &mut Child) -> Result<(Value, Memory)> {
    let mut out = child.stdout.take().context("standard output")?;
    let id = child.id().context("a process")?;
    let reading = tokio::spawn(async move {
        let mut text = String::new();
        out.read_to_string(&mut text).await.map(|_| text)
    });
    let mut looks = Vec::new();
    let status = loop {
        if let Some(status) = child.try_wait()? {
            break status;
        }
        looks.extend(resident(id));
        tokio::time::sleep(LOOK).await;
    };
    anyhow::ensure!(status.success(), "parapet write ended with {status}");
    let (first, second) = looks.split_at(looks.len() / 2);
    let most = |looks: &[u64]| looks.iter().copied().max().unwrap_or_default();
    let memory = Memory { peak: most(&looks), grew: most(second).saturating_sub(most(first)) };
    Ok((serde_json::from_str(&reading.await??).context("a summary")?, memory))
}

fn resident(id: u32) -> Option<u64> {
    let status = std::fs::read_to_string(format!("/proc/{id}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    line.trim().trim_end_matches(" kB").parse().ok()
}

/// What the same model writes in one call, for the lengths of LongWrite-Ruler (DATA=…) or a few of our own.
async fn one_call(asked: &Asked) -> Result<()> {
    let config = ModelConfig::new(ModelKind::Openai, &asked.url, &asked.model);
    let client = ModelClient::new(ModelConfig { max_tokens: asked.context, timeout_ms: 600_000, ..config })?;
    let mut longest = 0;
    for (prompt, words) in ruler()? {
        let prompt = Prompt { temperature: Some(0.8), seed: Some(7), ..Prompt::user(prompt) };
        match client.complete(&prompt, &Meter::unlimited()).await {
            Ok(completion) => {
                let produced = words::count(&completion.text);
                longest = longest.max(produced);
                println!("  in one call: {produced} of {words} words ({:?})", completion.finish);
            }
            Err(error) => println!("  in one call: {error}"),
        }
    }
    println!("longest output of {} in one call: {longest} words; with AgentWrite: the document above", asked.model);
    Ok(())
}

/// One instruction for each length, in English.
fn ruler() -> Result<Vec<(String, u32)>> {
    let data = std::env::var("DATA").unwrap_or_default();
    if data.is_empty() {
        let prompt = |words: u32| (format!("Write a {words}-word guide to a small town by the sea"), words);
        return Ok([1_000, 4_000, 10_000, 30_000].map(prompt).into());
    }
    let path = Path::new(&data).join("longbench-write/longwrite_ruler.jsonl");
    let text = std::fs::read_to_string(&path).with_context(|| format!("`{}` cannot be read", path.display()))?;
    let mut rows: Vec<(String, u32)> = Vec::new();
    for line in text.lines() {
        let row: Value = serde_json::from_str(line)?;
        let prompt = row.get("prompt").and_then(Value::as_str).context("a row with `prompt`")?.to_owned();
        let words = row
            .get("length")
            .and_then(Value::as_u64)
            .and_then(|n| u32::try_from(n).ok())
            .context("a row with `length`")?;
        if prompt.is_ascii() && rows.iter().all(|(_, earlier)| *earlier != words) {
            rows.push((prompt, words));
        }
    }
    Ok(rows)
}
