//! `parapet hook`: a coding agent's hook as a command. Sends what the agent writes to a running sidecar and prints the
//! answer. Whatever goes wrong ends with exit code 2, the only one that such an agent takes for a refusal.

use std::io::{Read as _, Write as _};
use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use serde_json::Value;

use crate::exit::Exit;
use crate::http_client::{HttpClient, Reply};
use crate::output;

/// Longest input that is read, in bytes; the sidecar has a limit of its own.
const MAX_INPUT_BYTES: u64 = 64 << 20;

/// Asks a running sidecar about one event of a coding agent.
#[derive(Debug, clap::Subcommand)]
#[command(after_long_help = "\
In the agent's settings, for every event that is to be judged:
  {\"hooks\": {\"PreToolUse\": [{\"matcher\": \"*\", \"hooks\": [
    {\"type\": \"command\", \"command\": \"parapet hook claude-code\", \"onFailure\": \"block\"}]}]}}

The exit code is 0 with the agent's answer on standard output, or 2 with the reason on standard error.")]
pub(crate) enum Command {
    /// Reads the event from standard input and prints what the agent is to do
    ClaudeCode(Args),
}

/// Where to ask.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Address of the sidecar's route
    #[arg(
        long,
        value_name = "URL",
        env = "PARAPET_HOOK_URL",
        default_value = "http://127.0.0.1:8080/v1/hooks/claude-code"
    )]
    url: String,
    /// File with the key of a `[[credential]]`
    #[arg(long, value_name = "FILE", env = "PARAPET_HOOK_KEY_FILE")]
    key_file: Option<PathBuf>,
    /// Longest wait for the answer, in milliseconds
    #[arg(long, value_name = "MS", default_value_t = 30_000)]
    timeout_ms: u64,
}

/// Asks, and answers the agent.
pub(crate) async fn run(command: Command) -> Result<Exit> {
    let Command::ClaudeCode(args) = command;
    let told = match ask(&args).await {
        Ok(answer) => output::stdout().write_all(&answer).context("the answer could not be printed"),
        Err(error) => Err(error),
    };
    let Err(error) = told else { return Ok(Exit::Success) };
    // When standard error is gone too, the exit code still refuses.
    let _ = writeln!(anstream::stderr(), "parapet: {}", output::clean(&format!("{error:#}")));
    Ok(Exit::Blocked)
}

async fn ask(args: &Args) -> Result<Vec<u8>> {
    let mut event = Vec::new();
    std::io::stdin().take(MAX_INPUT_BYTES).read_to_end(&mut event).context("standard input cannot be read")?;
    let key = args.key_file.as_ref().map(std::fs::read_to_string).transpose().context("the key file cannot be read")?;
    let mut headers = vec![("content-type", "application/json")];
    headers.extend(key.as_deref().map(|key| ("x-parapet-key", key.trim())));
    let client = HttpClient::new();
    let answer = client.send("POST", &args.url, &headers, event);
    let answer = tokio::time::timeout(Duration::from_millis(args.timeout_ms), answer).await;
    let reply = answer.with_context(|| format!("no answer within {} ms", args.timeout_ms))??;
    understood(&reply)
}

/// The answer, if it is one: anything else would make the agent go on.
fn understood(reply: &Reply) -> Result<Vec<u8>> {
    let body: Option<Value> = serde_json::from_slice(&reply.body).ok();
    match body {
        Some(Value::Object(_)) if reply.status == 200 => Ok(reply.body.to_vec()),
        body => {
            let message = body.as_ref().and_then(|body| body.pointer("/error/message")).and_then(Value::as_str);
            bail!("the sidecar answered {}: {}", reply.status, message.unwrap_or("no answer of a hook"))
        }
    }
}
