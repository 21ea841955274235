//! The event that `check` and `guard run` judge: from a file, standard input or options.

use std::io::{IsTerminal as _, Read as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context as _, Result, bail};
use parapet_domain::session::Past;
use parapet_domain::{Event, Part, Stage, Timestamp};
use parapet_judge::{EventDefaults, event_from_partial, nothing_before, past_from_partial};
use parapet_surfaces::check;
use serde_json::{Map, Value};
use uuid::Uuid;

use crate::audit::stage;

/// Largest event that is read, in bytes.
const MAX_BYTES: u64 = 64 << 20;

/// The agent when nothing names one.
const DEFAULT_AGENT: &str = "check";

/// Where the event comes from. Options win over the fields of the file.
#[derive(Debug, Clone, clap::Args)]
#[command(next_help_heading = "Event")]
#[group(skip)]
pub(crate) struct Args {
    /// File with the event as JSON, `-` for standard input
    #[arg(value_name = "EVENT", conflicts_with = "text")]
    file: Option<PathBuf>,
    /// Text to judge instead of a file
    #[arg(long)]
    text: Option<String>,
    /// input, output, tool_call or tool_result
    #[arg(long, value_parser = stage)]
    stage: Option<Stage>,
    /// Name of the agent, which guard sets match on
    #[arg(long, value_name = "NAME")]
    agent: Option<String>,
    /// The user as JSON, such as {"id":"u1","roles":["nursing"],"attributes":{"age":17}}
    #[arg(long, value_name = "JSON")]
    principal: Option<String>,
    /// Conversation
    #[arg(long, value_name = "ID")]
    session: Option<String>,
}

impl Args {
    /// Reads the event and what came before it; `stage` stands in when nothing names one.
    pub(crate) fn event(&self, stage: Stage) -> Result<(Event, Arc<Past>)> {
        let mut value = self.value()?;
        if let Some(event) = whole_event(&value)? {
            let past = nothing_before(&event);
            return Ok((event, past));
        }
        let Some(fields) = value.as_object_mut() else {
            bail!("the event is not a JSON object; write it as {{\"stage\": \"input\", \"text\": \"…\"}}");
        };
        self.put_options(fields)?;
        let (at, id) = (Timestamp::now(), Uuid::now_v7());
        let defaults = EventDefaults { stage, agent: DEFAULT_AGENT.to_owned(), at, id };
        let short = in_short_form(fields)?.unwrap_or(value);
        let event = event_from_partial(&short, &defaults).map_err(anyhow::Error::msg)?;
        let past = past_from_partial(&short, &defaults).map_err(anyhow::Error::msg)?;
        Ok((event, Arc::new(past)))
    }

    fn value(&self) -> Result<Value> {
        let (name, bytes) = match (&self.text, &self.file) {
            (Some(text), _) => return Ok(serde_json::json!({ "text": text })),
            (None, Some(path)) if path != Path::new("-") => (path.display().to_string(), read(path)?),
            (None, None) if std::io::stdin().is_terminal() => {
                bail!("there is no event; give a file, `--text TEXT`, or the event on standard input")
            }
            (None, _) => ("standard input".to_owned(), read_stdin()?),
        };
        parapet_domain::json::parse(&bytes).with_context(|| format!("`{name}` is not acceptable JSON"))
    }

    fn put_options(&self, fields: &mut Map<String, Value>) -> Result<()> {
        let principal = self.principal.as_deref().map(|text| {
            parapet_domain::json::parse_str(text)
                .context("`--principal` is not acceptable JSON; write it as {\"id\": \"u1\"}")
        });
        let options = [
            ("stage", self.stage.map(|stage| Value::from(stage.as_str()))),
            ("agent", self.agent.clone().map(Value::from)),
            ("session", self.session.clone().map(Value::from)),
            ("principal", principal.transpose()?),
        ];
        fields.extend(options.into_iter().filter_map(|(key, value)| Some((key.to_owned(), value?))));
        Ok(())
    }
}

/// A body of `/v1/check` may hold messages, a tool call or a tool result instead of parts: the same event with parts.
fn in_short_form(fields: &mut Map<String, Value>) -> Result<Option<Value>> {
    if !["messages", "tool_call", "tool_result"].iter().any(|key| fields.contains_key(*key)) {
        return Ok(None);
    }
    // Known to short events alone.
    let before = fields.remove("before").unwrap_or_else(|| Value::Array(Vec::new()));
    let request = check::parse_request(&serde_json::to_vec(fields)?)?;
    let parts: Vec<Value> = request.draft.parts.iter().map(part).collect::<Result<_, serde_json::Error>>()?;
    Ok(Some(serde_json::json!({
        "stage": request.draft.stage,
        "agent": request.agent.unwrap_or_else(|| DEFAULT_AGENT.to_owned()),
        "principal": request.principal,
        "session": request.session,
        "parts": parts,
        "before": before,
    })))
}

/// A part without the two fields that only parts of a stream have.
fn part(part: &Part) -> Result<Value, serde_json::Error> {
    let mut value = serde_json::to_value(part)?;
    if let Some(fields) = value.as_object_mut() {
        fields.retain(|key, value| !value.is_null() && key != "final" && key != "offset");
    }
    Ok(value)
}

/// An event in its full form bears its version; it is taken as it is.
fn whole_event(value: &Value) -> Result<Option<Event>> {
    match value.get("version").and_then(Value::as_str) {
        None => Ok(None),
        Some(parapet_domain::event::EVENT_VERSION) => {
            serde_json::from_value(value.clone()).map(Some).context("the event is not of the form `event/1`")
        }
        Some(other) => bail!("the event is of version `{other}`; this parapet knows `event/1`"),
    }
}

fn read(path: &Path) -> Result<Vec<u8>> {
    let size = std::fs::metadata(path).with_context(|| format!("`{}` cannot be read", path.display()))?.len();
    anyhow::ensure!(size <= MAX_BYTES, "`{}` has {size} bytes; an event has at most {MAX_BYTES}", path.display());
    std::fs::read(path).with_context(|| format!("`{}` cannot be read", path.display()))
}

fn read_stdin() -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    std::io::stdin().take(MAX_BYTES + 1).read_to_end(&mut bytes).context("standard input cannot be read")?;
    anyhow::ensure!(bytes.len() as u64 <= MAX_BYTES, "the event on standard input has more than {MAX_BYTES} bytes");
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn args() -> Args {
        Args { file: None, text: Some("hello".to_owned()), stage: None, agent: None, principal: None, session: None }
    }

    #[test]
    fn options_win_over_defaults() {
        let principal = Some(r#"{"id":"u1","roles":["nursing"]}"#.to_owned());
        let args = Args { stage: Some(Stage::Output), agent: Some("ehr".to_owned()), principal, ..args() };
        let event = args.event(Stage::Input).unwrap().0;
        assert_eq!((event.stage, event.agent.as_str()), (Stage::Output, "ehr"));
        assert_eq!(event.principal.unwrap().roles, ["nursing"]);
        assert_eq!(event.parts.len(), 1);
    }

    #[test]
    fn a_body_of_the_check_route_is_an_event_too() {
        let temp = tempfile::tempdir().unwrap();
        let file = temp.path().join("event.json");
        std::fs::write(&file, r#"{"tool_call":{"name":"run_shell","arguments":{"command":"ls"}},"session":"s"}"#)
            .unwrap();
        let event = Args { file: Some(file), text: None, ..args() }.event(Stage::Input).unwrap().0;
        assert_eq!((event.stage, event.agent.as_str()), (Stage::ToolCall, "check"));
        assert_eq!(event.parts[0].tool.as_deref(), Some("run_shell"));
        assert_eq!(event.parts[0].json, Some(serde_json::json!({ "command": "ls" })));
        assert_eq!(event.session.as_deref(), Some("s"));
    }

    #[test]
    fn bad_events_say_what_to_write() {
        let temp = tempfile::tempdir().unwrap();
        let error = |text: &str| {
            let file = temp.path().join("event.json");
            std::fs::write(&file, text).unwrap();
            let args = Args { file: Some(file), text: None, ..args() };
            format!("{:#}", args.event(Stage::Input).unwrap_err())
        };
        assert!(error("{\"a\":1,\"a\":2}").contains("is not acceptable JSON: key `a` stands twice in one object"));
        assert!(error("[]").contains("the event is not a JSON object; write it as"));
        assert!(error(r#"{"stage":"sideways","text":"x"}"#).contains("unknown variant `sideways`"));
        assert!(error(r#"{"version":"event/9"}"#).contains("version `event/9`; this parapet knows `event/1`"));
        let principal = Some("nurse".to_owned());
        let error = Args { principal, ..args() }.event(Stage::Input).unwrap_err();
        assert!(error.to_string().starts_with("`--principal` is not acceptable JSON"));
    }
}
