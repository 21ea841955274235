//! Where approvals are: in the store itself, or behind the admin listener of a running sidecar.

use anyhow::{Context as _, Result, bail};
use parapet_domain::{ApprovalState, Timestamp};
use parapet_store::{Answer, Answered, ApprovalFilter, ApprovalRecord, ApprovalStep};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::json;
use uuid::Uuid;

use crate::audit;
use crate::http_client::Reply;
use crate::output;

/// Which of the two, and whose.
#[derive(Debug, Clone, clap::Args)]
#[group(skip)]
pub(crate) struct Args {
    #[command(flatten)]
    source: audit::SourceArgs,
    /// Tenant; the admin listener knows only its own
    #[arg(long, value_name = "NAME", default_value = parapet_domain::event::DEFAULT_TENANT)]
    tenant: String,
}

/// An open source.
pub(super) struct Source {
    source: audit::Source,
    tenant: String,
}

/// A page, newest first, as `GET /admin/approvals` gives it.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Page {
    pub(super) approvals: Vec<ApprovalRecord>,
    pub(super) next: Option<Uuid>,
}

/// An approval with its steps, as `GET /admin/approvals/{id}` gives it.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct View {
    #[serde(flatten)]
    pub(super) record: ApprovalRecord,
    pub(super) steps: Vec<ApprovalStep>,
}

impl Args {
    /// Opens it.
    pub(super) async fn open(self) -> Result<Source> {
        Ok(Source { source: self.source.open().await?, tenant: self.tenant })
    }
}

impl Source {
    pub(super) async fn page(&self, state: Option<ApprovalState>, limit: u32, after: Option<Uuid>) -> Result<Page> {
        match &self.source {
            audit::Source::Store(store) => {
                let filter = ApprovalFilter { tenant: self.tenant.clone(), state };
                let page = store.approvals(&filter, Timestamp::now(), limit, after).await?;
                Ok(Page { approvals: page.approvals, next: page.next })
            }
            audit::Source::Admin(admin) => {
                let mut path = format!("/admin/approvals?limit={limit}");
                for (key, value) in
                    [("state", state.map(|s| s.as_str().to_owned())), ("after", after.map(|id| id.to_string()))]
                {
                    path.extend(value.map(|value| format!("&{key}={value}")));
                }
                read(&admin.send("GET", &path, String::new()).await?)
            }
        }
    }

    pub(super) async fn show(&self, id: Uuid) -> Result<View> {
        match &self.source {
            audit::Source::Store(store) => {
                let record = store.approval(&self.tenant, id, Timestamp::now()).await?;
                let record = record.with_context(|| format!("there is no approval `{id}`"))?;
                Ok(View { record, steps: store.approval_steps(&self.tenant, id).await? })
            }
            audit::Source::Admin(admin) => {
                read(&admin.send("GET", &format!("/admin/approvals/{id}"), String::new()).await?)
            }
        }
    }

    pub(super) async fn answer(&self, id: Uuid, approve: bool, by: &str, note: &str) -> Result<View> {
        match &self.source {
            audit::Source::Store(store) => {
                let answer = Answer { approve, by: by.to_owned(), note: note.to_owned(), at: Timestamp::now() };
                match store.answer_approval(&self.tenant, id, &answer).await? {
                    Answered::Taken(_) => self.show(id).await,
                    Answered::TooLate(record) => {
                        bail!("this is `{}` already and cannot be answered any more", record.state.as_str())
                    }
                    Answered::Unknown => bail!("there is no approval `{id}`"),
                }
            }
            audit::Source::Admin(admin) => {
                let decision = if approve { "approve" } else { "deny" };
                let body = json!({ "decision": decision, "by": by, "note": note }).to_string();
                read(&admin.send("POST", &format!("/admin/approvals/{id}"), body).await?)
            }
        }
    }
}

fn read<T: DeserializeOwned>(reply: &Reply) -> Result<T> {
    if !reply.status.is_success() {
        bail!("the admin listener answered {}: {}", reply.status, output::excerpt(&reply.text(), 400));
    }
    serde_json::from_slice(&reply.body).context("the admin listener's answer is not of this version of parapet")
}
