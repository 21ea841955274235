//! What the command line asks for, as a brief.

use std::io::Read as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};
use clap::ValueEnum;
use parapet_agentwrite::{Brief, Language, Settings, Target};
use parapet_models::Budget;

use crate::memory::place;

/// Longest instruction that is read from standard input, in bytes.
const MAX_BYTES: u64 = 1 << 20;

/// What is to be written.
#[derive(Debug, clap::Args)]
#[group(skip)]
pub(crate) struct Args {
    /// File with the instruction; `-` for standard input
    #[arg(long, value_name = "FILE", required_unless_present = "text", conflicts_with = "text")]
    instruction: Option<PathBuf>,
    /// The instruction itself
    #[arg(long, value_name = "TEXT")]
    text: Option<String>,
    /// Words to write: as near to N as can be, or from N to M
    #[arg(long, value_name = "N|N..M", value_parser = words, required_unless_present_any = ["at_least", "at_most"])]
    words: Option<Target>,
    /// Words to write at least
    #[arg(long, value_name = "N", conflicts_with_all = ["words", "at_most"])]
    at_least: Option<u32>,
    /// Words to write at most
    #[arg(long, value_name = "N", conflicts_with = "words")]
    at_most: Option<u32>,
    /// Language of the document; default: that of the instruction
    #[arg(long, value_enum)]
    language: Option<Tongue>,
    /// Temperature; default: that of the model's configuration
    #[arg(long, value_name = "T")]
    temperature: Option<f64>,
    /// Seed, so that a model that heeds it writes the same again
    #[arg(long, value_name = "N")]
    seed: Option<u64>,
    /// Writes neither a title nor headings
    #[arg(long)]
    no_headings: bool,
    /// What the model reads and writes at most in one exchange; of a smaller one less is asked
    #[arg(long, value_name = "TOKENS", default_value_t = 16_384, value_parser = clap::value_parser!(u32).range(512..))]
    context: u32,
    #[command(flatten)]
    budget: BudgetArgs,
}

/// What the model may use for the document, earlier runs of it included.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Model budget")]
#[group(skip)]
struct BudgetArgs {
    /// Most answers of the model; default: no limit
    #[arg(long, value_name = "N")]
    max_calls: Option<u64>,
    /// Most tokens, read and written together; default: no limit
    #[arg(long, value_name = "N")]
    max_tokens: Option<u64>,
    /// Longest time of this run; default: no limit
    #[arg(long, value_name = "SECONDS")]
    max_seconds: Option<u64>,
    /// Highest cost, in the currency of the prices in the model's configuration; default: no limit
    #[arg(long, value_name = "AMOUNT")]
    max_cost: Option<f64>,
}

/// [`Language`] on the command line.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum Tongue {
    /// English
    En,
    /// Chinese
    Zh,
}

impl Args {
    /// What is to be written.
    pub(crate) fn brief(&self) -> Result<Brief> {
        let instruction = match (&self.text, &self.instruction) {
            (Some(text), _) => text.clone(),
            (None, Some(file)) if file == Path::new("-") => standard_input()?,
            (None, Some(file)) => place::text(file)?,
            (None, None) => bail!("give the instruction with `--instruction FILE` or `--text TEXT`"),
        };
        let target = match (self.words, self.at_least, self.at_most) {
            (Some(target), _, _) => target,
            (None, Some(words), _) => Target::AtLeast(words),
            (None, None, Some(words)) => Target::AtMost(words),
            (None, None, None) => bail!("say how long it is to be with `--words N`, `--at-least N` or `--at-most N`"),
        };
        let brief = Brief::new(instruction, target)?;
        Ok(match self.language {
            None => brief,
            Some(Tongue::En) => brief.with_language(Language::English),
            Some(Tongue::Zh) => brief.with_language(Language::Chinese),
        })
    }

    /// How it is to be written.
    pub(crate) fn settings(&self) -> Settings {
        let BudgetArgs { max_calls, max_tokens, max_seconds, max_cost } = self.budget;
        Settings {
            headings: !self.no_headings,
            temperature: self.temperature,
            seed: self.seed,
            budget: Budget { calls: max_calls, tokens: max_tokens, seconds: max_seconds, cost: max_cost },
            ..Settings::for_context(self.context)
        }
    }
}

fn words(text: &str) -> Result<Target, String> {
    let number = |text: &str| text.trim().replace(['_', ','], "").parse::<u32>();
    match text.split_once("..") {
        None => number(text).map(Target::Equal),
        Some((from, to)) => number(from).and_then(|from| Ok(Target::Range(from, number(to)?))),
    }
    .map_err(|_| "write a number such as 5000, or a range such as 4000..6000".to_owned())
}

fn standard_input() -> Result<String> {
    let mut text = String::new();
    std::io::stdin().take(MAX_BYTES + 1).read_to_string(&mut text).context("standard input is no UTF-8 text")?;
    anyhow::ensure!(text.len() as u64 <= MAX_BYTES, "the instruction has more than {MAX_BYTES} bytes");
    Ok(text.strip_suffix('\n').map_or(text.clone(), ToOwned::to_owned))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_length_is_a_number_or_a_range() {
        assert_eq!(words("5000"), Ok(Target::Equal(5_000)));
        assert_eq!(words("10,000"), Ok(Target::Equal(10_000)));
        assert_eq!(words("4000..6000"), Ok(Target::Range(4_000, 6_000)));
        for bad in ["", "many", "5..", "-5", "1.5"] {
            assert!(words(bad).unwrap_err().contains("such as 4000..6000"), "{bad}");
        }
    }
}
