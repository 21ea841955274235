//! Prints the demo's exchanges as the user sees them and as they stand in the audit log.

use std::io::Write;

use anyhow::Result;
use parapet_domain::{DecisionRecord, Outcome};
use serde_json::json;

use super::exchanges::Exchange;
use super::sidecar::Sidecar;
use crate::http_client::Reply;
use crate::output::{self, BOLD, DIM, excerpt, paint, style_of};

/// Longest body that is shown, in characters.
const BODY_CHARS: usize = 420;

/// The presentation, as text or as one JSON line per exchange.
pub(crate) struct Show<'o, W: Write> {
    out: &'o mut W,
    json: bool,
    shown: usize,
}

impl<'o, W: Write> Show<'o, W> {
    /// Says what was started.
    pub(crate) fn new(out: &'o mut W, json: bool, sidecar: &Sidecar) -> Result<Self> {
        if !json {
            writeln!(out, "{}", paint(BOLD, "Parapet demo"))?;
            writeln!(out, "  sidecar    {}   (two scripted demo agents behind it)", sidecar.url)?;
            writeln!(out, "  console    {}", sidecar.admin_url)?;
            writeln!(out, "  audit log  {}", sidecar.store_url)?;
        }
        Ok(Self { out, json, shown: 0 })
    }

    /// Shows one exchange with its decisions.
    pub(crate) fn exchange(&mut self, exchange: &Exchange, reply: &Reply, records: &[DecisionRecord]) -> Result<()> {
        self.shown += 1;
        if self.json {
            return self.exchange_json(exchange, reply, records);
        }
        let out = &mut *self.out;
        writeln!(out, "\n{}", paint(BOLD, &format!("{}. {}", self.shown, exchange.title)))?;
        writeln!(out, "  POST {}   as {}", exchange.path, exchange.principal)?;
        writeln!(out, "  {}", excerpt(&exchange.body.to_string(), BODY_CHARS))?;
        writeln!(out, "  {} {}   {}", paint(DIM, "→"), reply.status, decision_headers(reply))?;
        writeln!(out, "  {}", excerpt(&body_text(reply), BODY_CHARS))?;
        writeln!(out, "  {}", paint(DIM, "in the audit log:"))?;
        for record in records {
            write_record(out, record)?;
        }
        Ok(())
    }

    fn exchange_json(&mut self, exchange: &Exchange, reply: &Reply, records: &[DecisionRecord]) -> Result<()> {
        let line = json!({
            "title": exchange.title,
            "request": { "path": exchange.path, "principal": exchange.principal, "body": exchange.body },
            "status": reply.status.as_u16(),
            "decision": reply.header("x-parapet-decision"),
            "decision_id": reply.header("x-parapet-decision-id"),
            "body": reply.text(),
            "records": records,
        });
        Ok(writeln!(self.out, "{line}")?)
    }

    /// Says what to try next, unless the demo ends here.
    pub(crate) fn end(self, sidecar: &Sidecar, exits: bool) -> Result<()> {
        if self.json || exits {
            return Ok(self.out.flush()?);
        }
        let (out, url) = (self.out, &sidecar.url);
        writeln!(out, "\n{}", paint(BOLD, "Try it yourself"))?;
        writeln!(
            out,
            "  curl -i {url}/v1/chat/completions -H 'content-type: application/json' \\\n    \
             -H 'x-parapet-principal: {{\"id\":\"me\",\"roles\":[\"visitor\"]}}' \\\n    \
             -d '{{\"model\":\"demo\",\"messages\":[{{\"role\":\"user\",\"content\":\"How can I contact my doctor?\"}}]}}'"
        )?;
        writeln!(
            out,
            "  curl -i {url}/ehr/ask -H 'content-type: application/json' \\\n    \
             -H 'x-parapet-principal: {{\"id\":\"me\",\"roles\":[\"nursing\"]}}' \\\n    \
             -d '{{\"question\":\"Which allergies does patient stay 2017 have?\"}}'"
        )?;
        writeln!(out, "  parapet audit query --store '{}'", sidecar.store_url)?;
        writeln!(out, "  console: {}  with the token {}", sidecar.admin_url, sidecar.admin_token)?;
        writeln!(out, "\nThe sidecar stays up; end it with Ctrl-C. Its files lie in {}.", sidecar.dir().display())?;
        Ok(out.flush()?)
    }
}

fn decision_headers(reply: &Reply) -> String {
    let decision = reply.header("x-parapet-decision");
    let style = parapet_domain::Decision::ALL.into_iter().find(|d| d.as_str() == decision).map(style_of);
    let shown = style.map_or_else(|| decision.to_owned(), |style| paint(style, decision));
    format!("x-parapet-decision: {shown}   x-parapet-decision-id: {}", reply.header("x-parapet-decision-id"))
}

/// The body; of a stream, the text that its deltas add up to.
fn body_text(reply: &Reply) -> String {
    let text = reply.text();
    if !reply.header("content-type").starts_with("text/event-stream") {
        return text;
    }
    let chunks = text.lines().filter_map(|line| line.strip_prefix("data: ")).filter(|data| data.starts_with('{'));
    let values: Vec<serde_json::Value> = chunks.filter_map(|data| serde_json::from_str(data).ok()).collect();
    let deltas = values.iter().filter_map(|v| v.pointer("/choices/0/delta/content")?.as_str());
    format!("stream of {} chunks: {}", values.len(), deltas.collect::<String>())
}

fn write_record(out: &mut impl Write, record: &DecisionRecord) -> Result<()> {
    let decision = paint(style_of(record.enforced), &format!("{:6}", record.enforced.as_str()));
    let guards: Vec<String> =
        record.runs.iter().map(|run| format!("{} {}", run.guard, outcome_word(&run.outcome))).collect();
    let guards = if guards.is_empty() { "no guard matched".to_owned() } else { guards.join(", ") };
    writeln!(out, "    {:11} {decision} {}", record.stage.as_str(), paint(DIM, &guards))?;
    if !record.reason_code.is_empty() {
        let message = output::excerpt(&record.message, 160);
        writeln!(out, "    {:11}        {}: {message}", "", record.reason_code)?;
    }
    Ok(())
}

fn outcome_word(outcome: &Outcome) -> &'static str {
    match outcome {
        Outcome::Verdict(verdict) => verdict.decision.as_str(),
        Outcome::Failure(failure) => failure.kind.as_str(),
    }
}
