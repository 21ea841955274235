//! Where decisions are read from: the store itself, or the admin listener of a running sidecar.

use std::fs;
use std::path::PathBuf;

use anyhow::{Context as _, Result, bail};
use parapet_domain::DecisionRecord;
use parapet_store::{Cursor, DecisionFilter, PageRequest, Store, StoreConfig};
use serde::Deserialize;

use crate::http_client::{HttpClient, Reply};
use crate::state_dir::StateDir;
use crate::{config, output};

/// Which of the two, and where.
#[derive(Debug, Clone, clap::Args)]
#[command(next_help_heading = "Source")]
#[group(skip)]
pub(crate) struct Args {
    /// Store to read: `sqlite:PATH` or `postgres://…`
    #[arg(long, value_name = "URL", env = "PARAPET_STORE", hide_env_values = true)]
    store: Option<String>,
    /// Admin listener of a running sidecar, such as http://127.0.0.1:9090
    #[arg(long, value_name = "URL", conflicts_with = "store")]
    admin: Option<String>,
    /// File with the admin token; default: the state folder's
    #[arg(long, value_name = "FILE", requires = "admin")]
    token_file: Option<PathBuf>,
    /// Configuration whose store is read
    #[arg(long, value_name = "FILE", conflicts_with_all = ["store", "admin"])]
    config: Option<PathBuf>,
    /// State folder of a sidecar that runs without a configuration
    #[arg(long, value_name = "DIR", env = "PARAPET_STATE_DIR")]
    state_dir: Option<PathBuf>,
}

/// An open source.
pub(crate) enum Source {
    Store(Store),
    Admin(Box<Admin>),
}

/// The admin listener of a running sidecar.
pub(crate) struct Admin {
    client: HttpClient,
    url: String,
    token: String,
}

/// A page, newest decision first.
#[derive(Debug, Deserialize)]
pub(crate) struct Page {
    pub(crate) records: Vec<DecisionRecord>,
    pub(crate) next: Option<Cursor>,
}

impl Args {
    /// Opens it.
    pub(crate) async fn open(self) -> Result<Source> {
        if let Some(url) = self.admin {
            let file = match self.token_file {
                Some(file) => file,
                None => StateDir::open(self.state_dir)?.admin_token_file(),
            };
            let token = fs::read_to_string(&file).with_context(|| {
                format!("admin token file `{}` cannot be read; give it with `--token-file`", file.display())
            })?;
            let url = url.trim_end_matches('/').to_owned();
            let admin = Admin { client: HttpClient::new(), url, token: token.trim().to_owned() };
            return Ok(Source::Admin(Box::new(admin)));
        }
        let store = match (self.store, self.config) {
            (Some(url), _) => StoreConfig::new(url),
            (None, Some(file)) => config::load(&file)?.store,
            (None, None) => StoreConfig::new(StateDir::open(self.state_dir)?.store_url()),
        };
        require_file(&store.url)?;
        Ok(Source::Store(Store::open(&store).await?))
    }
}

/// Reading must not make a new, empty log where a path was mistyped.
fn require_file(url: &str) -> Result<()> {
    match url.strip_prefix("sqlite:").map(|path| path.strip_prefix("//").unwrap_or(path)) {
        Some(path) if !path.is_empty() && !fs::exists(path).unwrap_or(true) => {
            bail!(
                "there is no audit log at `{path}`; give the store with `--store sqlite:PATH`, or start `parapet serve` first"
            )
        }
        _ => Ok(()),
    }
}

impl Source {
    /// One page of the decisions that `filter` admits.
    pub(crate) async fn page(&self, filter: &DecisionFilter, limit: u32, after: Option<Cursor>) -> Result<Page> {
        match self {
            Self::Store(store) => {
                let page = store.decisions(filter, &PageRequest { limit, after }).await?;
                Ok(Page { records: page.records, next: page.next })
            }
            Self::Admin(admin) => admin.page(filter, limit, after).await,
        }
    }
}

impl Admin {
    /// Sends a request with the token, and JSON where there is a body.
    pub(crate) async fn send(&self, method: &str, path: &str, body: String) -> Result<Reply> {
        let (url, authorization) = (format!("{}{path}", self.url), format!("Bearer {}", self.token));
        let mut headers = vec![("authorization", authorization.as_str()), ("accept", "application/json")];
        if !body.is_empty() {
            headers.push(("content-type", "application/json"));
        }
        self.client.send(method, &url, &headers, body).await
    }

    async fn page(&self, filter: &DecisionFilter, limit: u32, after: Option<Cursor>) -> Result<Page> {
        let path = format!("/admin/decisions?{}", query_string(filter, limit, after));
        let reply = self.send("GET", &path, String::new()).await?;
        if !reply.status.is_success() {
            bail!("the admin listener answered {}: {}", reply.status, output::excerpt(&reply.text(), 400));
        }
        serde_json::from_slice(&reply.body).context("the admin listener's answer is not of this version of parapet")
    }
}

fn query_string(filter: &DecisionFilter, limit: u32, after: Option<Cursor>) -> String {
    let text = |value: &Option<String>| value.clone();
    let pairs = [
        ("from", filter.from.map(|t| t.to_string())),
        ("to", filter.to.map(|t| t.to_string())),
        ("decision", filter.decision.map(|d| d.as_str().to_owned())),
        ("guard", text(&filter.guard)),
        ("agent", text(&filter.agent)),
        ("principal", text(&filter.principal)),
        ("session", text(&filter.session)),
        ("stage", filter.stage.map(|s| s.as_str().to_owned())),
        ("reason_code", text(&filter.reason_code)),
        ("exchange", filter.exchange_id.map(|id| id.to_string())),
        ("limit", Some(limit.to_string())),
        ("after", after.map(|cursor| cursor.to_string())),
        ("format", Some("json".to_owned())),
    ];
    let mut query = form_urlencoded::Serializer::new(String::new());
    query.extend_pairs(pairs.into_iter().filter_map(|(key, value)| Some((key, value?))));
    query.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_cannot_add_a_filter_of_its_own() {
        let filter = DecisionFilter { principal: Some("a&decision=allow".to_owned()), ..DecisionFilter::of("t") };
        assert_eq!(query_string(&filter, 5, None), "principal=a%26decision%3Dallow&limit=5&format=json");
    }

    #[test]
    fn reading_a_log_that_is_not_there_does_not_make_one() {
        let temp = tempfile::tempdir().unwrap();
        let path = temp.path().join("none.db");
        let error = require_file(&format!("sqlite:{}", path.display())).unwrap_err().to_string();
        assert!(error.contains("there is no audit log at"), "{error}");
        assert!(!path.exists());
    }
}
