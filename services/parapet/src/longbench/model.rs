//! The model that writes and the model that judges, from the environment and the command line.

use anyhow::{Result, bail};
use parapet_models::{Budget, Environment, ModelConfig};

/// What a model may use.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Model budget")]
#[group(skip)]
pub(super) struct BudgetArgs {
    /// Most answers of the model; default: no limit
    #[arg(long, value_name = "N")]
    max_calls: Option<u64>,
    /// Most tokens, read and written together; default: no limit
    #[arg(long, value_name = "N")]
    max_tokens_in_all: Option<u64>,
    /// Longest time; default: no limit
    #[arg(long, value_name = "SECONDS")]
    max_seconds: Option<u64>,
    /// Highest cost, in the currency of the prices in the model's configuration; default: no limit
    #[arg(long, value_name = "AMOUNT")]
    max_cost: Option<f64>,
}

/// How the model is reached.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Model server")]
#[group(skip)]
pub(super) struct ServerArgs {
    /// Most requests at the same time
    #[arg(long, value_name = "N", default_value_t = 4, value_parser = clap::value_parser!(u16).range(1..=256))]
    concurrency: u16,
    /// Longest time for one answer
    #[arg(long, value_name = "SECONDS", default_value_t = 1800, value_parser = clap::value_parser!(u64).range(1..=86_400))]
    answer_seconds: u64,
}

impl BudgetArgs {
    pub(super) fn budget(&self) -> Budget {
        let Self { max_calls, max_tokens_in_all, max_seconds, max_cost } = *self;
        Budget { calls: max_calls, tokens: max_tokens_in_all, cost: max_cost, seconds: max_seconds }
    }
}

impl ServerArgs {
    fn with(&self, config: ModelConfig) -> ModelConfig {
        let timeout_ms = self.answer_seconds.saturating_mul(1_000);
        ModelConfig { concurrency: self.concurrency.into(), timeout_ms, ..config }
    }
}

/// The model that writes: `PARAPET_MODEL_*`, its name by `--model` where that is given.
pub(super) fn writer(name: Option<&str>, server: &ServerArgs) -> Result<ModelConfig> {
    writer_in(name, &|variable| std::env::var(variable).ok()).map(|config| server.with(config))
}

/// The model that judges: `name`, on the server of `PARAPET_JUDGE_URL` and `PARAPET_JUDGE_KIND`, else on that of the writer.
pub(super) fn judge(name: &str, server: &ServerArgs) -> Result<ModelConfig> {
    judge_in(name, &|variable| std::env::var(variable).ok()).map(|config| server.with(config))
}

fn writer_in(name: Option<&str>, environment: Environment<'_>) -> Result<ModelConfig> {
    let named = |variable: &str| match (variable, name) {
        ("PARAPET_MODEL_NAME", Some(name)) => Some(name.to_owned()),
        _ => environment(variable),
    };
    match ModelConfig::from_environment(&named)? {
        Some(config) => Ok(config),
        None => bail!("no model is configured; set PARAPET_MODEL_URL and PARAPET_MODEL_NAME, or give --model"),
    }
}

fn judge_in(name: &str, environment: Environment<'_>) -> Result<ModelConfig> {
    let set = |variable: &str| environment(variable).filter(|value| !value.trim().is_empty());
    let has_server = set("PARAPET_JUDGE_URL").is_some() || set("PARAPET_JUDGE_KIND").is_some();
    let judge = |variable: &str| match variable.strip_prefix("PARAPET_MODEL_") {
        Some("NAME") => Some(name.to_owned()),
        // The writer's key is for the writer's server alone.
        Some(part) if has_server => set(&format!("PARAPET_JUDGE_{part}")),
        Some(part) => set(&format!("PARAPET_JUDGE_{part}")).or_else(|| set(variable)),
        None => set(variable),
    };
    match ModelConfig::from_environment(&judge)? {
        Some(config) => Ok(config),
        None => bail!("no judge is configured; give its name with --judge-model"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn variables<'v>(all: &'v [(&'v str, &'v str)]) -> impl Fn(&str) -> Option<String> + 'v {
        |name| all.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned())
    }

    const WRITER: [(&str, &str); 3] = [
        ("PARAPET_MODEL_URL", "http://127.0.0.1:8000/v1"),
        ("PARAPET_MODEL_NAME", "small"),
        ("PARAPET_MODEL_KEY", "writers-key"),
    ];

    #[test]
    fn the_name_on_the_command_line_goes_before_the_environment() {
        let environment = variables(&WRITER);
        assert_eq!(writer_in(None, &environment).unwrap().model, "small");
        let config = writer_in(Some("large"), &environment).unwrap();
        assert_eq!((config.model.as_str(), config.base_url.as_deref()), ("large", Some("http://127.0.0.1:8000/v1")));
        let told = writer_in(None, &|_| None).unwrap_err().to_string();
        assert!(told.contains("PARAPET_MODEL_URL"), "{told}");
    }

    #[test]
    fn a_judge_without_a_server_of_its_own_is_on_the_writers() {
        let config = judge_in("judge", &variables(&WRITER)).unwrap();
        assert_eq!((config.model.as_str(), config.base_url.as_deref()), ("judge", Some("http://127.0.0.1:8000/v1")));
        assert_eq!(config.api_key.unwrap().expose(), "writers-key");
    }

    #[test]
    fn the_writers_key_is_not_shown_to_the_judges_server() {
        let mut all = WRITER.to_vec();
        all.push(("PARAPET_JUDGE_URL", "http://127.0.0.1:9000/v1"));
        let config = judge_in("judge", &variables(&all)).unwrap();
        assert_eq!((config.base_url.as_deref(), config.api_key.is_none()), (Some("http://127.0.0.1:9000/v1"), true));
        all.push(("PARAPET_JUDGE_KEY", "judges-key"));
        assert_eq!(judge_in("judge", &variables(&all)).unwrap().api_key.unwrap().expose(), "judges-key");
    }
}
