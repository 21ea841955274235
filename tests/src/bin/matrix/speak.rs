//! The surfaces as their clients speak them.

mod anthropic;
mod chat;
mod check;
mod claude_code;
mod ext_authz;
mod ext_authz_grpc;
mod generic;
mod litellm;
mod mcp;
mod mcp_stdio;
mod responses;

use anyhow::Result;
use parapet_domain::{RefusalKind, Stage};
use parapet_tests::client::Answer;

use crate::cell::{Mode, Piece};
use crate::mark::Mark;
use crate::transport::Transport;

/// All of them.
pub(crate) const ALL: &[&dyn Speaker] = &[
    &chat::Chat,
    &responses::Responses,
    &anthropic::Anthropic,
    &mcp::Mcp,
    &mcp_stdio::McpStdio,
    &generic::Generic,
    &check::Check,
    &litellm::Litellm,
    &ext_authz::ExtAuthz,
    &ext_authz_grpc::ExtAuthzGrpc,
    &claude_code::ClaudeCode,
];

/// A protocol from its client's and its upstream's side.
pub(crate) trait Speaker {
    /// The surface's name in records and the configuration.
    fn name(&self) -> &'static str;

    /// How its clients reach Parapet.
    fn transport(&self) -> Transport {
        Transport::Http
    }

    /// Its name in the matrix.
    fn label(&self) -> String {
        format!("{}{}", self.name(), self.transport().over())
    }

    /// Headers that its clients send.
    fn headers(&self) -> &'static [(&'static str, &'static str)] {
        &[]
    }

    /// Whether an edit of this piece can go back to whoever asked.
    fn carries_edits(&self, _: Piece) -> bool {
        true
    }

    /// Further settings of its route.
    fn settings(&self) -> &'static str {
        ""
    }

    /// Its routes in the configuration: by default one for each way in which answers come.
    fn route(&self) -> String {
        let route = |path: &str, more: &str| {
            format!(
                "[[route]]\nname = \"{name}-{path}\"\nsurface = \"{name}\"\nupstream = \"model\"\npath = \"/{name}/{path}\"\nprincipal = \"optional\"\n{more}{settings}",
                name = self.name(),
                settings = self.settings(),
            )
        };
        let windows = route("windows", "hold = \"window\"\nwindow_chars = 20\noverlap_chars = 12\n");
        route("full", "") + if self.has(Mode::Windows).is_ok() { &windows } else { "" }
    }

    /// Whether the client sees that the content may pass. What comes of an upstream's answer is compared for all surfaces.
    fn passed(&self, _: Mark, _: &Answer) -> Result<()> {
        Ok(())
    }

    /// Whether answers come in this way, or why they do not.
    fn has(&self, mode: Mode) -> Result<(), &'static str>;

    /// An exchange in which `text` stands at `piece`, or why there is none.
    fn exchange(&self, mode: Mode, piece: Piece, text: &str) -> Result<Exchange, &'static str>;

    /// Whether the client sees a refusal of this kind, in the protocol's own way.
    fn refused(&self, exchange: &Exchange, kind: RefusalKind, reason_code: &str, answer: &Answer) -> Result<()>;
}

/// What the client sends, what the upstream would answer, and where the text stands.
pub(crate) struct Exchange {
    pub(crate) mode: Mode,
    pub(crate) path: String,
    pub(crate) body: String,
    /// Content type and body; `None` where there is no upstream.
    pub(crate) upstream: Option<(&'static str, String)>,
    /// Whether the text stands in what the upstream answers.
    pub(crate) in_answer: bool,
    /// The event that shows it.
    pub(crate) stage: Stage,
    /// What its pointer begins with.
    pub(crate) pointer: &'static str,
}
