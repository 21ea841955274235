//! Approvals as text. What a person is to approve is shown whole, with nothing in it that could rewrite the terminal.

use std::io::Write;

use anyhow::Result;
use parapet_domain::{ApprovalState, Decision};
use parapet_store::ApprovalRecord;
use serde_json::Value;

use super::source::{Page, View};
use crate::output::{self, BOLD, DIM, clean, paint, style_of};

/// Widths of the table's columns; the last one is as long as it is.
const COLUMNS: [(&str, usize); 6] =
    [("asked (UTC)", 19), ("state", 8), ("what", 20), ("principal", 16), ("guard", 18), ("id", 36)];

/// A page as a table.
pub(super) fn page(out: &mut impl Write, page: &Page) -> Result<()> {
    if page.approvals.is_empty() {
        writeln!(out, "no approval in this state")?;
        return Ok(());
    }
    let titles: Vec<String> = COLUMNS.iter().map(|(title, width)| format!("{title:width$}")).collect();
    writeln!(out, "{}", paint(BOLD, titles.join(" ").trim_end()))?;
    page.approvals.iter().try_for_each(|record| writeln!(out, "{}", line(record)))?;
    if let Some(next) = page.next {
        writeln!(out, "{}", paint(DIM, &format!("more: add `--after {next}`")))?;
    }
    Ok(())
}

fn line(record: &ApprovalRecord) -> String {
    let ask = &record.ask;
    let at = ask.created_at.to_string();
    let cells = [
        at.get(..19).unwrap_or(&at).replace('T', " "),
        record.state.as_str().to_owned(),
        ask.tool.clone().unwrap_or_else(|| ask.stage.as_str().to_owned()),
        ask.principal.as_ref().map_or_else(|| "-".to_owned(), |asker| asker.id.clone()),
        ask.questions.first().map_or_else(|| "-".to_owned(), |question| question.guard.clone()),
        ask.id.to_string(),
    ];
    let padded = cells.iter().zip(COLUMNS).enumerate().map(|(column, (cell, (_, width)))| {
        let cell = format!("{:width$}", output::excerpt(cell, width));
        if column == 1 { paint(style_of(colour(record.state)), &cell) } else { cell }
    });
    padded.collect::<Vec<_>>().join(" ")
}

/// One approval, whole.
pub(super) fn view(out: &mut impl Write, view: &View) -> Result<()> {
    let (record, ask) = (&view.record, &view.record.ask);
    let state = paint(style_of(colour(record.state)), record.state.as_str());
    writeln!(out, "{} {state}, until {}", paint(BOLD, &ask.id.to_string()), ask.expires_at)?;
    for question in &ask.questions {
        writeln!(
            out,
            "  {} asks: {} ({})",
            clean(&question.guard),
            clean(&question.message),
            clean(&question.reason_code)
        )?;
    }
    let principal = ask.principal.as_ref().map_or("none", |asker| asker.id.as_str());
    writeln!(out, "  agent {}, route {}, principal {}", clean(&ask.agent), clean(&ask.route), clean(principal))?;
    writeln!(out, "  {} {}", ask.stage.as_str(), ask.tool.as_deref().map(clean).unwrap_or_default())?;
    writeln!(out, "  {}", paint(DIM, &format!("{} in {}", ask.call_digest, ask.guard_set)))?;
    match &ask.content {
        None => writeln!(out, "the route keeps no content; compare the digest")?,
        Some(content) => parts(out, content)?,
    }
    for step in &view.steps {
        let note = if step.note.is_empty() { String::new() } else { format!(": {}", clean(&step.note)) };
        writeln!(out, "{} {} by {}{note}", step.at, step.state.as_str(), clean(&step.by))?;
    }
    Ok(())
}

fn parts(out: &mut impl Write, content: &Value) -> Result<()> {
    let text = |part: &Value, key: &str| part.get(key).and_then(Value::as_str).map(str::to_owned).unwrap_or_default();
    for part in content.get("parts").and_then(Value::as_array).into_iter().flatten() {
        writeln!(out, "{}", paint(BOLD, &clean(&format!("{} {}", text(part, "kind"), text(part, "pointer")))))?;
        for line in text(part, "text").lines() {
            writeln!(out, "  {}", clean(line))?;
        }
    }
    Ok(())
}

/// What an answer came to.
pub(super) fn answered(out: &mut impl Write, view: &View) -> Result<()> {
    let record = &view.record;
    let by = record.decided_by.as_deref().map(clean).unwrap_or_default();
    let then = match record.state {
        ApprovalState::Approved => format!("the same call passes once until {}", record.ask.expires_at),
        ApprovalState::Denied => format!("the same call is refused until {}", record.ask.expires_at),
        state => format!("it is {} already", state.as_str()),
    };
    let state = paint(style_of(colour(record.state)), record.state.as_str());
    Ok(writeln!(out, "{} {state} by {by}; {then}", record.ask.id)?)
}

const fn colour(state: ApprovalState) -> Decision {
    match state {
        ApprovalState::Pending => Decision::Ask,
        ApprovalState::Approved | ApprovalState::Used => Decision::Allow,
        ApprovalState::Denied => Decision::Deny,
        ApprovalState::Expired => Decision::Redact,
    }
}
