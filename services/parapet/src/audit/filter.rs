//! The filters of `parapet audit query`, read from the command line.

use anyhow::{Result, bail};
use parapet_domain::{Decision, Stage, Timestamp};
use parapet_store::DecisionFilter;
use uuid::Uuid;

/// Which decisions are listed. Filters add up: a decision has to meet all of them.
#[derive(Debug, Clone, Default, clap::Args)]
#[command(next_help_heading = "Filters")]
#[group(skip)]
pub(crate) struct Args {
    /// At or after this time: RFC 3339, a date, or a span ago such as `30m`, `24h`, `7d`
    #[arg(long, value_name = "TIME")]
    from: Option<String>,
    /// Before this time, in the same forms
    #[arg(long, value_name = "TIME")]
    to: Option<String>,
    /// What was enforced
    #[arg(long, value_parser = decision)]
    decision: Option<Decision>,
    /// Decisions in which this guard ran
    #[arg(long, value_name = "ID")]
    guard: Option<String>,
    /// Agent, as named in the configuration
    #[arg(long, value_name = "NAME")]
    agent: Option<String>,
    /// Id of the authenticated user
    #[arg(long, value_name = "ID")]
    principal: Option<String>,
    /// Conversation
    #[arg(long, value_name = "ID")]
    session: Option<String>,
    /// input, output, tool_call or tool_result
    #[arg(long, value_parser = stage)]
    stage: Option<Stage>,
    /// Reason code
    #[arg(long, value_name = "CODE")]
    reason_code: Option<String>,
    /// All decisions of one exchange
    #[arg(long, value_name = "UUID")]
    exchange: Option<Uuid>,
    /// Tenant; the admin listener knows only its own
    #[arg(long, value_name = "NAME", default_value = parapet_domain::event::DEFAULT_TENANT)]
    tenant: String,
}

impl Args {
    /// The same as the store takes it; `now` is what spans ago count from.
    pub(crate) fn filter(&self, now: Timestamp) -> Result<DecisionFilter> {
        let time = |text: &Option<String>| text.as_deref().map(|text| time(text, now)).transpose();
        Ok(DecisionFilter {
            tenant: self.tenant.clone(),
            from: time(&self.from)?,
            to: time(&self.to)?,
            decision: self.decision,
            guard: self.guard.clone(),
            agent: self.agent.clone(),
            principal: self.principal.clone(),
            session: self.session.clone(),
            stage: self.stage,
            reason_code: self.reason_code.clone(),
            exchange_id: self.exchange,
            ..DecisionFilter::default()
        })
    }
}

fn decision(text: &str) -> Result<Decision, String> {
    Decision::ALL.into_iter().find(|d| d.as_str() == text).ok_or_else(|| "use allow, redact, ask or deny".to_owned())
}

/// A stage by its word.
pub(crate) fn stage(text: &str) -> Result<Stage, String> {
    let found = Stage::ALL.into_iter().find(|s| s.as_str() == text);
    found.ok_or_else(|| "use input, output, tool_call or tool_result".to_owned())
}

/// Reads an RFC 3339 time, a date (its midnight in UTC), or a span before `now`.
fn time(text: &str, now: Timestamp) -> Result<Timestamp> {
    if let Some(span) = span_us(text) {
        return Ok(Timestamp::from_micros(now.as_micros().saturating_sub(span)));
    }
    match Timestamp::parse(text).or_else(|_| Timestamp::parse(&format!("{text}T00:00:00Z"))) {
        Ok(time) => Ok(time),
        Err(_) => {
            bail!("`{text}` is no time; write 2026-01-31T12:00:00Z, 2026-01-31, or a span ago such as 30m, 24h, 7d")
        }
    }
}

/// Microseconds of a span such as `24h`.
fn span_us(text: &str) -> Option<i64> {
    let unit = text.chars().last()?;
    let seconds = match unit {
        's' => 1,
        'm' => 60,
        'h' => 3_600,
        'd' => 86_400,
        _ => return None,
    };
    let count: u32 = text.strip_suffix(unit)?.parse().ok()?;
    i64::from(count).checked_mul(seconds)?.checked_mul(1_000_000)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_in_all_three_forms() {
        let now = Timestamp::parse("2026-03-02T12:00:00Z").unwrap();
        let read = |text: &str| time(text, now).unwrap().to_string();
        assert_eq!(read("2026-01-31T12:00:00+02:00"), "2026-01-31T10:00:00.000000Z");
        assert_eq!(read("2026-01-31"), "2026-01-31T00:00:00.000000Z");
        assert_eq!(read("24h"), "2026-03-01T12:00:00.000000Z");
        assert_eq!(read("90s"), "2026-03-02T11:58:30.000000Z");
    }

    #[test]
    fn a_bad_time_says_what_to_write() {
        for bad in ["yesterday", "5", "h", "2026-02-30", "-3h", "99999999999d"] {
            let error = time(bad, Timestamp::from_micros(0)).unwrap_err().to_string();
            assert!(error.starts_with(&format!("`{bad}` is no time; write 2026-01-31T12:00:00Z")), "{error}");
        }
    }
}
