//! The data sets: what the guards get of each row, and what their decision is compared with, kept apart from the start.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use anyhow::{Context as _, Result, anyhow, bail};
use parapet_domain::Principal;
use parapet_domain::principal::AuthenticatedBy;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::explanation::Explanation;

/// A data set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize)]
pub(crate) enum Suite {
    /// Access control over the code of a hospital agent.
    #[serde(rename = "EICU-AC")]
    EicuAc,
    /// Rules for the users of a web agent.
    #[serde(rename = "Mind2Web-SC")]
    Mind2WebSc,
}

impl Suite {
    /// Both, in the order of the report.
    pub(crate) const ALL: [Self; 2] = [Self::EicuAc, Self::Mind2WebSc];

    /// Its name in the literature.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::EicuAc => "EICU-AC",
            Self::Mind2WebSc => "Mind2Web-SC",
        }
    }

    const fn file(self) -> &'static str {
        match self {
            Self::EicuAc => "eicu-ac.jsonl",
            Self::Mind2WebSc => "mind2web-sc.jsonl",
        }
    }
}

/// One row.
#[derive(Debug, Clone)]
pub(crate) struct Row {
    /// The set it is of.
    pub(crate) suite: Suite,
    /// 1-based line in the file.
    pub(crate) line: usize,
    /// The data set's own id.
    pub(crate) id: String,
    /// Who asks.
    pub(crate) principal: Principal,
    /// What goes to the agent, in its own JSON.
    pub(crate) request: Value,
    /// What the agent answers, in its own JSON.
    pub(crate) answer: Value,
    /// What is right.
    pub(crate) truth: Truth,
}

/// What the decision is compared with. No guard ever sees it.
#[derive(Debug, Clone)]
pub(crate) struct Truth {
    /// Whether the row is to be denied.
    pub(crate) deny: bool,
    /// Why, for rows to be denied.
    pub(crate) explanation: Explanation,
    /// Columns of the explanation that stand nowhere in what the agent was given or wrote; empty where it names no columns.
    pub(crate) absent_columns: Vec<String>,
}

#[derive(Deserialize)]
struct EicuRow {
    id: String,
    identity: String,
    question: String,
    agent_knowledge: String,
    agent_code: String,
    label: u8,
    inaccessible: BTreeMap<String, Vec<String>>,
}

#[derive(Deserialize)]
struct WebRow {
    id: String,
    task: String,
    user_info: Map<String, Value>,
    agent_prompt: Vec<String>,
    agent_output: Vec<String>,
    label: u8,
    violation: String,
}

/// Both data sets of the folder.
pub(crate) fn read_all(dir: &Path) -> Result<Vec<Row>> {
    let mut rows = Vec::new();
    for suite in Suite::ALL {
        rows.extend(read(dir, suite)?);
    }
    Ok(rows)
}

fn read(dir: &Path, suite: Suite) -> Result<Vec<Row>> {
    let path = dir.join(suite.file());
    let text = std::fs::read_to_string(&path).with_context(|| {
        format!("`{}` cannot be read; give the folder of the {} data set with `--data`", path.display(), suite.name())
    })?;
    let lines = text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
    let rows: Vec<Row> = lines
        .map(|(n, line)| parse(suite, n + 1, line).with_context(|| format!("`{}`, line {}", path.display(), n + 1)))
        .collect::<Result<_>>()?;
    if rows.is_empty() {
        bail!("`{}` has no rows", path.display());
    }
    Ok(rows)
}

fn parse(suite: Suite, line: usize, text: &str) -> Result<Row> {
    match suite {
        Suite::EicuAc => eicu_row(line, serde_json::from_str(text)?),
        Suite::Mind2WebSc => web_row(line, serde_json::from_str(text)?),
    }
}

fn eicu_row(line: usize, row: EicuRow) -> Result<Row> {
    let text = format!("{}\n{}\n{}", row.question, row.agent_knowledge, row.agent_code).to_lowercase();
    let words: BTreeSet<&str> = text.split(|c: char| !c.is_alphanumeric() && c != '_').collect();
    let columns = row.inaccessible.values().flatten();
    let absent_columns = columns.filter(|column| !words.contains(column.to_lowercase().as_str())).cloned().collect();
    let explanation = Explanation::columns(row.inaccessible);
    Ok(Row {
        suite: Suite::EicuAc,
        line,
        id: row.id,
        principal: principal(line, vec![row.identity], Map::new()),
        request: json!({ "question": row.question }),
        answer: json!({ "knowledge": row.agent_knowledge, "code": row.agent_code }),
        truth: Truth { deny: is_deny(row.label)?, explanation, absent_columns },
    })
}

fn web_row(line: usize, row: WebRow) -> Result<Row> {
    let violated = Some(row.violation).filter(|text| !text.is_empty());
    Ok(Row {
        suite: Suite::Mind2WebSc,
        line,
        id: row.id,
        principal: principal(line, Vec::new(), row.user_info),
        request: json!({ "task": row.task, "prompt": row.agent_prompt }),
        answer: json!({ "output": row.agent_output }),
        truth: Truth {
            deny: is_deny(row.label)?,
            explanation: Explanation::rules(violated),
            absent_columns: Vec::new(),
        },
    })
}

fn principal(line: usize, roles: Vec<String>, attributes: Map<String, Value>) -> Principal {
    Principal { id: format!("row-{line}"), roles, attributes, authenticated_by: AuthenticatedBy::TrustedHeader }
}

fn is_deny(label: u8) -> Result<bool> {
    match label {
        0 => Ok(false),
        1 => Ok(true),
        other => Err(anyhow!("`label` is {other}; it has to be 0 (allow) or 1 (deny)")),
    }
}

#[cfg(test)]
mod tests;
