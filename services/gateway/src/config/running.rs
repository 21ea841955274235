//! The configuration that the program runs with: typed, complete, checked. Made by [`Config::load`] alone.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::num::NonZeroU32;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use http::{HeaderName, HeaderValue, Uri};
use ipnet::IpNet;
use parapet_domain::fold::FoldPolicy;
use parapet_store::{AuditMode, RecorderConfig, SessionLimits, StoreConfig};
use parapet_surfaces::ext_authz::Inspects;
use parapet_surfaces::generic::GenericMapping;
use parapet_surfaces::mcp::ToolFilter;
use parapet_surfaces::{ModelApi, Style, WindowLimits};

use super::file::{HistoryRule, LimitKey, Need, RefusedTurns, Right, SessionPlace, UnknownMethods};
use super::telemetry::TelemetryConfig;
use crate::identity::KeySet;
use crate::secret::Secret;

/// A configuration that passed every check.
#[derive(Debug, Clone)]
pub struct Config {
    /// Where Parapet listens.
    pub server: ServerConfig,
    /// What no request may exceed.
    pub limits: Limits,
    /// Where decisions are kept.
    pub store: StoreConfig,
    /// How decisions are recorded.
    pub audit: AuditConfig,
    /// Where guards come from.
    pub guards: GuardsConfig,
    /// What is remembered of conversations.
    pub sessions: SessionsConfig,
    /// What is remembered of their histories.
    pub history: HistoryConfig,
    /// How guards are run.
    pub sandbox: SandboxConfig,
    /// The model server, as it is written: the data plane itself never asks one.
    pub model: Option<toml::Table>,
    /// Limits of making code for one event, as they are written.
    pub per_event: Option<toml::Table>,
    /// How much long documents may use.
    pub write: WriteLimits,
    /// Where traces go.
    pub telemetry: Option<TelemetryConfig>,
    /// Who the users are.
    pub identity: IdentityConfig,
    /// Keys of programs that ask for decisions.
    pub credentials: Vec<Credential>,
    /// How often may be asked.
    pub rates: Vec<RateLimit>,
    /// Every route, in the order of the file.
    pub routes: Vec<Route>,
}

/// Where Parapet listens.
#[derive(Debug, Clone)]
pub struct ServerConfig {
    /// Data plane.
    pub listen: SocketAddr,
    /// Console, admin API, metrics.
    pub admin_listen: SocketAddr,
    /// Envoy's external authorization over gRPC, if it is served.
    pub grpc_listen: Option<SocketAddr>,
    /// Token for `admin_listen`; absent only on a loopback address.
    pub admin_token: Option<Secret>,
    /// Tenant of every decision.
    pub tenant: String,
    /// IANA time zone of every event.
    pub zone: String,
}

/// What no request may exceed.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Bytes of a body.
    pub body_bytes: usize,
    /// Bytes of the request line and headers.
    pub header_bytes: usize,
    /// Number of headers.
    pub headers: usize,
    /// Time to receive headers.
    pub header_read: Duration,
    /// Time to receive a body.
    pub body_read: Duration,
    /// Time for a request as a whole.
    pub request: Duration,
    /// Requests at work.
    pub concurrent_requests: usize,
    /// Bytes of request bodies held at the same moment.
    pub held_bytes: usize,
    /// Streams that clients only listen to.
    pub open_streams: usize,
    /// Open connections.
    pub connections: usize,
    /// Time that a write may stand still.
    pub write: Duration,
    /// Time to finish what is at work at the end.
    pub drain: Duration,
}

/// What is remembered of the histories of conversations.
#[derive(Debug, Clone, Copy)]
pub struct HistoryConfig {
    /// Most parts, of all conversations together.
    pub max_parts: usize,
    /// Time after its judgement for which a part is remembered.
    pub ttl: Duration,
}

/// How decisions are recorded.
#[derive(Debug, Clone)]
pub struct AuditConfig {
    /// Bounds of the queue, patience of the writer.
    pub recorder: RecorderConfig,
    /// Key for content digests.
    pub digest_key: DigestKey,
}

/// Where the key for content digests comes from.
#[derive(Clone)]
pub enum DigestKey {
    /// The configuration.
    Given([u8; 32]),
    /// A file, made at the first start.
    File(PathBuf),
}

impl std::fmt::Debug for DigestKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Given(_) => f.write_str("Given(…)"),
            Self::File(path) => f.debug_tuple("File").field(path).finish(),
        }
    }
}

/// Where guards come from.
#[derive(Debug, Clone)]
pub struct GuardsConfig {
    /// Folder; `None` for the guards that come with Parapet.
    pub dir: Option<PathBuf>,
    /// Whether a changed folder is taken up.
    pub watch: bool,
}

/// What is remembered of conversations.
#[derive(Debug, Clone, Copy)]
pub struct SessionsConfig {
    /// Where.
    pub place: SessionPlace,
    /// How much, and for how long.
    pub limits: SessionLimits,
}

/// How guards are run.
#[derive(Debug, Clone)]
pub struct SandboxConfig {
    /// Most guard runs at the same moment; `None` to suit the machine.
    pub slots: Option<u32>,
    /// How long a run waits for a slot.
    pub max_wait: Duration,
    /// Private folder for built guards; `None` for the user's cache folder.
    pub cache_dir: Option<PathBuf>,
}

/// How much long documents may use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WriteLimits {
    /// Documents at the same time.
    pub documents: usize,
    /// Of one user.
    pub documents_per_principal: usize,
    /// Words of one.
    pub words: u32,
    /// Answers of the model for one.
    pub calls: u64,
    /// Tokens for one.
    pub tokens: Option<u64>,
    /// Time of one run.
    pub run: Duration,
    /// What the model reads and writes in one exchange, in tokens.
    pub context_tokens: u32,
}

/// Who the users are.
#[derive(Debug, Clone, Default)]
pub struct IdentityConfig {
    /// The trusted header, if one is used.
    pub header: Option<TrustedHeader>,
    /// Tokens, if they are used.
    pub jwt: Option<JwtConfig>,
}

/// The header in which a proxy names the user.
#[derive(Debug, Clone)]
pub struct TrustedHeader {
    /// Its name.
    pub name: HeaderName,
    /// Who may send it.
    pub trusted_peers: Vec<IpNet>,
}

/// How tokens are checked.
#[derive(Debug, Clone)]
pub struct JwtConfig {
    /// Header with the token.
    pub header: HeaderName,
    /// Where the keys are.
    pub keys: KeySource,
    /// Accepted signatures.
    pub algorithms: Vec<jsonwebtoken::Algorithm>,
    /// Required `iss`.
    pub issuer: String,
    /// Required `aud`, one of these.
    pub audience: Vec<String>,
    /// Tolerance for `exp` and `nbf`, in seconds.
    pub leeway_s: u64,
    /// Claim with the id.
    pub id_claim: String,
    /// Claim with the roles.
    pub roles_claim: String,
    /// Attribute name to claim.
    pub attributes: BTreeMap<String, String>,
}

/// Where the keys for tokens are.
#[derive(Debug, Clone)]
pub enum KeySource {
    /// Read from the configuration or a file, once.
    Fixed(Arc<KeySet>),
    /// On a server.
    Url(KeyServer),
}

/// A server that publishes keys for tokens.
#[derive(Debug, Clone)]
pub struct KeyServer {
    /// Address of the key set.
    pub url: Uri,
    /// Age at which the keys are fetched again.
    pub refresh: Duration,
    /// Least time between two fetches.
    pub min_refresh: Duration,
}

/// A key of a program that asks for decisions.
#[derive(Debug, Clone)]
pub struct Credential {
    /// For logs.
    pub name: String,
    /// SHA-256 of the key: comparing digests takes the same time for every wrong key.
    pub key_digest: String,
    /// What its holder may do.
    pub rights: Vec<Right>,
}

/// An agent or model server.
#[derive(Debug, Clone)]
pub struct Upstream {
    /// For logs and metrics.
    pub name: String,
    /// Scheme, host, port and path prefix.
    pub base_url: Uri,
    /// Replaces the caller's `authorization`.
    pub authorization: Option<HeaderValue>,
    /// Further headers; the values are marked sensitive.
    pub headers: Vec<(HeaderName, HeaderValue)>,
    /// Time to connect.
    pub connect_timeout: Duration,
    /// Time until the answer begins.
    pub response_timeout: Duration,
    /// Time until it is complete.
    pub total_timeout: Duration,
    /// Longest answer in bytes.
    pub max_answer_bytes: usize,
    /// Idle connections kept.
    pub max_idle_connections: usize,
}

/// Which requests go where, under which rules.
#[derive(Debug, Clone)]
pub struct Route {
    /// For guard sets, records and metrics.
    pub name: String,
    /// Exact path; empty where it is not served over HTTP.
    pub path: String,
    /// Agent that guard sets match on.
    pub agent: String,
    /// Protocol, and what only that protocol needs.
    pub kind: RouteKind,
    /// When content may leave.
    pub audit: AuditMode,
    /// What happens to content that was not judged.
    pub policy: FoldPolicy,
    /// Shape of refusals.
    pub style: Style,
    /// Whether callers see the guards' details.
    pub show_details: bool,
    /// Whether content is stored, after redaction.
    pub store_content: bool,
    /// Whether the user must be known.
    pub principal: Need,
    /// What becomes of a request with an earlier turn that is refused.
    pub refused_turns: RefusedTurns,
    /// Whether the history of a conversation is judged again.
    pub history: HistoryRule,
    /// How calls that need a person are kept.
    pub approval: ApprovalRules,
    /// How a streamed answer is cut into windows; `None` when it is held as a whole.
    pub windows: Option<WindowLimits>,
    /// The tools whose arguments get redacted values back; `None` where redactions are final.
    pub tokens: Option<ToolFilter>,
}

/// How calls that need a person's approval are kept.
#[derive(Debug, Clone, Copy)]
pub struct ApprovalRules {
    /// How long a question waits for its answer, and an answer for its use.
    pub ttl: Duration,
    /// Most questions of one user that wait.
    pub max_pending: u32,
    /// Whether the content is kept for the person.
    pub show_content: bool,
    /// Whether the conversation counts.
    pub bind_session: bool,
}

/// Protocol of a route.
#[derive(Debug, Clone)]
pub enum RouteKind {
    /// Callers ask for a decision, and nothing is forwarded.
    Asked {
        /// Whether a key must be presented.
        credential: Need,
        /// In which words they ask.
        asker: Asker,
    },
    /// A protocol of model servers.
    Model(ModelApi, Target),
    /// An agent's own JSON API.
    Generic(Target, Box<Mappings>),
    /// A server of tools.
    Mcp(Box<McpRoute>),
    /// Long documents.
    Write,
}

impl RouteKind {
    /// The protocol's name in events and records.
    #[must_use]
    pub const fn surface(&self) -> parapet_domain::Surface {
        match self {
            Self::Asked { asker, .. } => asker.surface(),
            Self::Model(api, _) => api.surface(),
            Self::Generic(..) => parapet_domain::Surface::Generic,
            Self::Mcp(_) => parapet_domain::Surface::Mcp,
            Self::Write => parapet_domain::Surface::Write,
        }
    }

    /// Where it forwards to, if it does.
    #[must_use]
    pub const fn target(&self) -> Option<&Target> {
        match self {
            Self::Asked { .. } | Self::Write => None,
            Self::Model(_, target) | Self::Generic(target, _) => Some(target),
            Self::Mcp(route) => route.target.as_ref(),
        }
    }

    /// Whether paths below its own belong to it.
    #[must_use]
    pub const fn has_paths_below(&self) -> bool {
        matches!(self, Self::Asked { asker: Asker::ExtAuthz(_), .. } | Self::Write)
    }

    /// The protocol in whose shape an error is told: to Envoy, that of the request that it asks about.
    #[must_use]
    pub const fn shape(&self) -> parapet_domain::Surface {
        match self {
            Self::Asked { asker: Asker::ExtAuthz(inspects), .. } => inspects.surface(),
            kind => kind.surface(),
        }
    }
}

/// What only MCP routes need.
#[derive(Debug, Clone)]
pub struct McpRoute {
    /// The server; absent where `parapet mcp wrap` starts it.
    pub target: Option<Target>,
    /// Its tools that there are.
    pub tools: ToolFilter,
    /// What happens to methods that are not known.
    pub unknown_methods: UnknownMethods,
    /// Web sites whose pages may ask.
    pub origins: Vec<String>,
}

/// Who asks for a decision, which says in which words.
#[derive(Debug, Clone)]
pub enum Asker {
    /// Any program, on `/v1/check`.
    Check,
    /// A LiteLLM proxy.
    Litellm,
    /// A coding agent.
    ClaudeCode,
    /// An Envoy proxy, about bodies of this kind.
    ExtAuthz(Inspects),
}

impl Asker {
    /// The protocol's name in events and records.
    #[must_use]
    pub const fn surface(&self) -> parapet_domain::Surface {
        match self {
            Self::Check => parapet_domain::Surface::Check,
            Self::Litellm => parapet_domain::Surface::Litellm,
            Self::ClaudeCode => parapet_domain::Surface::ClaudeCode,
            Self::ExtAuthz(_) => parapet_domain::Surface::ExtAuthz,
        }
    }
}

/// How often may be asked: a token bucket for each key.
#[derive(Debug, Clone)]
pub struct RateLimit {
    /// For messages and metrics.
    pub name: String,
    /// What has a bucket of its own.
    pub key: LimitKey,
    /// Time after which one more request may come.
    pub every: Duration,
    /// Most requests at once after a pause.
    pub burst: NonZeroU32,
    /// Names of the routes that it holds for; empty for all.
    pub routes: Vec<String>,
    /// Most buckets kept.
    pub max_keys: usize,
}

/// How both bodies of a generic route are taken apart.
#[derive(Debug, Clone)]
pub struct Mappings {
    /// What the caller sends.
    pub request: GenericMapping,
    /// What the agent answers.
    pub answer: GenericMapping,
}

/// Where a route forwards to.
#[derive(Debug, Clone)]
pub struct Target {
    /// The server.
    pub upstream: Arc<Upstream>,
    /// Full address of the requests.
    pub uri: Uri,
}
