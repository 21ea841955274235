//! The configuration file as it is written: every key, its unit and its default. Unknown keys are refused.
//! What is missing or does not fit together is found by the checks that follow, so that all of it is reported at once.

use std::collections::BTreeMap;
use std::path::PathBuf;

use parapet_domain::fold::Unjudged;
use parapet_surfaces::ModelApi;
use serde::Deserialize;

use super::count::Count;
use super::telemetry::TelemetryFile;
use crate::secret::Secret;

/// The whole file.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default, expecting = "a table")]
pub struct ConfigFile {
    /// `[server]`: where Parapet listens.
    pub server: ServerFile,
    /// `[store]`: where decisions are kept.
    pub store: StoreFile,
    /// `[audit]`: how decisions are recorded.
    pub audit: AuditFile,
    /// `[guards]`: where the guards come from.
    pub guards: GuardsFile,
    /// `[sessions]`: what is remembered of conversations, for guards that read it.
    pub sessions: SessionsFile,
    /// `[history]`: what is remembered of the histories of conversations, for routes that say so.
    pub history: HistoryFile,
    /// `[sandbox]`: how many guards run at once, and where built ones are cached.
    pub sandbox: SandboxFile,
    /// `[model]`: the model server that generates guards; its keys are read by whoever asks it.
    pub model: Option<toml::Table>,
    /// `[per_event]`: limits of making code for one event; its keys are read by whoever makes it.
    pub per_event: Option<toml::Table>,
    /// `[write]`: how much long documents may use.
    pub write: WriteFile,
    /// `[telemetry]`: where traces go; without it none are made.
    pub telemetry: Option<TelemetryFile>,
    /// `[identity]`: who the users are.
    pub identity: IdentityFile,
    /// `[[credential]]`: keys of programs that ask for decisions.
    pub credential: Vec<CredentialFile>,
    /// `[[limit]]`: how often may be asked.
    pub limit: Vec<LimitFile>,
    /// `[upstreams.NAME]`: agents and model servers behind Parapet.
    pub upstreams: BTreeMap<String, UpstreamFile>,
    /// `[[route]]`: which path goes where, under which rules.
    pub route: Vec<RouteFile>,
}

/// `[server]`
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default, expecting = "a table")]
pub struct ServerFile {
    /// Address of the data plane, `IP:PORT`. Default `127.0.0.1:8080`.
    pub listen: String,
    /// Address of the console, the admin API and the metrics, `IP:PORT`. Default `127.0.0.1:9090`.
    pub admin_listen: String,
    /// Address for Envoy's external authorization over gRPC (HTTP/2 without TLS), `IP:PORT`. Default: none.
    pub grpc_listen: Option<String>,
    /// Bearer token for `admin_listen`, at least 24 characters. Must be set unless `admin_listen` is a loopback address.
    pub admin_token: Option<Secret>,
    /// Tenant written in every decision, `[a-z0-9_-]{1,64}`. Default `default`.
    pub tenant: String,
    /// IANA time zone that guards see, for rules such as "three a day". Default `UTC`.
    pub zone: String,
    /// `[server.limits]`
    pub limits: LimitsFile,
}

impl Default for ServerFile {
    fn default() -> Self {
        Self {
            listen: "127.0.0.1:8080".to_owned(),
            admin_listen: "127.0.0.1:9090".to_owned(),
            grpc_listen: None,
            admin_token: None,
            tenant: parapet_domain::event::DEFAULT_TENANT.to_owned(),
            zone: "UTC".to_owned(),
            limits: LimitsFile::default(),
        }
    }
}

/// `[server.limits]`: no request may cost more than this.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default, expecting = "a table")]
pub struct LimitsFile {
    /// Longest request body, in bytes. Default 4194304 (4 MiB).
    pub max_body_bytes: Count,
    /// Longest request line and headers together, in bytes. Default 65536.
    pub max_header_bytes: Count,
    /// Most request headers. Default 100.
    pub max_headers: Count,
    /// Time to receive the headers of a request; also how long an idle connection stays open. Milliseconds, default 15000.
    pub header_read_timeout_ms: Count,
    /// Time to receive a request body. Milliseconds, default 30000.
    pub body_read_timeout_ms: Count,
    /// Time for one request from its headers to the answer, the upstream's work included. An exchange that has begun is judged and recorded to its end all the same. Milliseconds, default 300000.
    pub request_timeout_ms: Count,
    /// Most requests at work; the next one gets 503 with `Retry-After`. Default 512.
    pub max_concurrent_requests: Count,
    /// Most bytes of request bodies that are held at the same moment, those that are still arriving included; a request beyond it gets 503 with `Retry-After`. Default 268435456 (256 MiB).
    pub max_held_bytes: Count,
    /// Most streams that clients of `mcp` routes hold open to listen; the next one gets 503 with `Retry-After`. Default 256.
    pub max_open_streams: Count,
    /// Most open connections; further ones wait in the kernel's queue. Default 4096.
    pub max_connections: Count,
    /// How long a caller may refuse to read its answer before the connection is closed. Milliseconds, default 30000.
    pub write_timeout_ms: Count,
    /// Time for requests at work to finish when Parapet is told to stop. Milliseconds, default 30000.
    pub drain_timeout_ms: Count,
}

impl Default for LimitsFile {
    fn default() -> Self {
        Self {
            max_body_bytes: Count(4 << 20),
            max_header_bytes: Count(64 << 10),
            max_headers: Count(100),
            header_read_timeout_ms: Count(15_000),
            body_read_timeout_ms: Count(30_000),
            request_timeout_ms: Count(300_000),
            max_concurrent_requests: Count(512),
            max_held_bytes: Count(256 << 20),
            max_open_streams: Count(256),
            max_connections: Count(4096),
            write_timeout_ms: Count(30_000),
            drain_timeout_ms: Count(30_000),
        }
    }
}

/// `[store]`
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default, expecting = "a table")]
pub struct StoreFile {
    /// `sqlite:PATH` or `postgres://USER:PASSWORD@HOST/DATABASE`. Default `sqlite:parapet.db`.
    pub url: Secret,
    /// Connections for reading; writing has one of its own. Default 4.
    pub readers: Count,
    /// Longest wait for a new connection. Milliseconds, default 5000.
    pub connect_timeout_ms: Count,
    /// SQLite: longest wait for another process that is writing. Milliseconds, default 2000.
    pub busy_timeout_ms: Count,
    /// SQLite: size in bytes that the file must not exceed. Once it is reached, routes with `audit = "required"` answer 503.
    /// Default: none.
    pub sqlite_max_bytes: Option<Count>,
}

impl Default for StoreFile {
    fn default() -> Self {
        Self {
            url: Secret::new("sqlite:parapet.db"),
            readers: Count(4),
            connect_timeout_ms: Count(5_000),
            busy_timeout_ms: Count(2_000),
            sqlite_max_bytes: None,
        }
    }
}

/// `[audit]`
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default, expecting = "a table")]
pub struct AuditFile {
    /// Longest wait for the proof that a decision is stored; after that a route with `audit = "required"` answers 503.
    /// Milliseconds, default 2000.
    pub timeout_ms: Count,
    /// Most decisions waiting to be written. Default 10000.
    pub queue: Count,
    /// Most bytes waiting to be written, in KiB. Default 65536 (64 MiB).
    pub queue_kib: Count,
    /// Time for the decisions that still wait when Parapet is told to stop. Milliseconds, default 10000.
    pub drain_timeout_ms: Count,
    /// Key for the digests of contents, 64 hex digits. Keep it: digests made with another key cannot be compared.
    pub digest_key: Option<Secret>,
    /// File with the key, made at the first start when it is missing. Default `parapet-digest.key`.
    pub digest_key_file: PathBuf,
}

impl Default for AuditFile {
    fn default() -> Self {
        Self {
            timeout_ms: Count(2_000),
            queue: Count(10_000),
            queue_kib: Count(65_536),
            drain_timeout_ms: Count(10_000),
            digest_key: None,
            digest_key_file: PathBuf::from("parapet-digest.key"),
        }
    }
}

/// `[guards]`
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default, expecting = "a table")]
pub struct GuardsFile {
    /// Folder with one sub-folder for each guard. Default: the guards that come with Parapet.
    pub dir: Option<PathBuf>,
    /// Whether a changed folder is taken up while running. Default true.
    pub watch: bool,
}

impl Default for GuardsFile {
    fn default() -> Self {
        Self { dir: None, watch: true }
    }
}

/// `[sessions]`
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default, expecting = "a table")]
pub struct SessionsFile {
    /// `memory`: in this process, forgotten when it ends. `database`: in the store, shared by all that use it. Default `memory`.
    pub store: SessionPlace,
    /// How long a session is remembered after its last event. Seconds, default 86400.
    pub ttl_s: Count,
    /// Most content of one session, in KiB; the oldest is given up, and what is counted stays. Default 256.
    pub max_session_kib: Count,
    /// `memory`: most sessions; the least recently used give way. Default 10000.
    pub max_sessions: Count,
    /// `memory`: most sessions of one principal, agent and route; the principal's own least recently used give way. Default 1000.
    pub max_sessions_per_principal: Count,
    /// `memory`: most content of all sessions together, in KiB. Default 65536 (64 MiB).
    pub max_kib: Count,
}

impl Default for SessionsFile {
    fn default() -> Self {
        Self {
            store: SessionPlace::Memory,
            ttl_s: Count(86_400),
            max_session_kib: Count(256),
            max_sessions: Count(10_000),
            max_sessions_per_principal: Count(1_000),
            max_kib: Count(65_536),
        }
    }
}

/// `[history]`
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default, expecting = "a table")]
pub struct HistoryFile {
    /// Most parts that are remembered, of all conversations together; the oldest give way. Each takes about 150 bytes. Default 100000.
    pub max_parts: Count,
    /// How long a part is remembered after it was judged. Seconds, default 3600.
    pub ttl_s: Count,
}

impl Default for HistoryFile {
    fn default() -> Self {
        Self { max_parts: Count(100_000), ttl_s: Count(3_600) }
    }
}

/// Where sessions are remembered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SessionPlace {
    /// In this process.
    Memory,
    /// In the store of decisions.
    Database,
}

/// `[sandbox]`
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default, expecting = "a table")]
pub struct SandboxFile {
    /// Most guard runs at the same moment. Default: chosen for the machine.
    pub slots: Option<Count>,
    /// How long a guard run waits for a slot before it counts as failed for want of capacity. Milliseconds, default 100.
    pub max_wait_ms: Count,
    /// Private folder for built guards. Default: `parapet` in the user's cache folder.
    pub cache_dir: Option<PathBuf>,
}

impl Default for SandboxFile {
    fn default() -> Self {
        Self { slots: None, max_wait_ms: Count(100), cache_dir: None }
    }
}

/// `[write]`: how much long documents may use. They are written with the model of `[model]`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default, expecting = "a table")]
pub struct WriteFile {
    /// Most documents that are written at the same time; the next one gets 503 with `Retry-After`. Default 4.
    pub max_documents: Count,
    /// Most of them of one user; all callers without a user count as one. Default 2.
    pub max_documents_per_principal: Count,
    /// Most words that can be asked for. Default 50000.
    pub max_words: Count,
    /// Most answers of the model for one document, those of earlier runs included. Default 2000.
    pub max_calls: Count,
    /// Most tokens for one document, read and written together, those of earlier runs included. Default: none.
    pub max_tokens: Option<Count>,
    /// Longest time of one run; a document that needs more is resumed. Seconds, default 7200.
    pub max_run_s: Count,
    /// What the model reads and writes at most in one exchange, in tokens; of a smaller one less is asked. Default 16384.
    pub context_tokens: Count,
}

impl Default for WriteFile {
    fn default() -> Self {
        Self {
            max_documents: Count(4),
            max_documents_per_principal: Count(2),
            max_words: Count(50_000),
            max_calls: Count(2_000),
            max_tokens: None,
            max_run_s: Count(7_200),
            context_tokens: Count(16_384),
        }
    }
}

/// `[identity]`: without a table in it, no request has a principal.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default, expecting = "a table")]
pub struct IdentityFile {
    /// `[identity.header]`
    pub header: Option<HeaderFile>,
    /// `[identity.jwt]`
    pub jwt: Option<JwtFile>,
}

/// `[identity.header]`: a proxy in front of Parapet has authenticated the user and says so in a header.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default, expecting = "a table")]
pub struct HeaderFile {
    /// Name of the header. Its value is JSON: `{"id": "u1", "roles": ["nurse"], "attributes": {"age": 30}}`.
    /// Default `x-parapet-principal`.
    pub name: String,
    /// Networks whose machines may send it, such as `10.0.0.0/8`. From anyone else the header is refused with 401.
    pub trusted_peers: Vec<String>,
}

impl Default for HeaderFile {
    fn default() -> Self {
        Self { name: "x-parapet-principal".to_owned(), trusted_peers: Vec::new() }
    }
}

/// `[identity.jwt]`: users bring a signed JSON Web Token. Exactly one of `secret`, `pem_file`, `jwks_file`, `jwks_url`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default, expecting = "a table")]
pub struct JwtFile {
    /// Header with the token, with or without `Bearer`. Default `authorization`.
    pub header: String,
    /// Accepted signatures, of `HS256` (with `secret`), `RS256` and `ES256` (with the others).
    pub algorithms: Vec<String>,
    /// Shared secret for HS256, at least 32 bytes.
    pub secret: Option<Secret>,
    /// Public key in PEM form for RS256 or ES256.
    pub pem_file: Option<PathBuf>,
    /// JSON Web Key Set as a file.
    pub jwks_file: Option<PathBuf>,
    /// JSON Web Key Set on a server; `https`, or `http` on a loopback address.
    pub jwks_url: Option<String>,
    /// How old keys from `jwks_url` may get before they are fetched again. Seconds, default 600.
    pub jwks_refresh_s: Count,
    /// Least time between two fetches, whatever key ids tokens ask for. Seconds, default 30.
    pub jwks_min_refresh_s: Count,
    /// Required `iss` claim.
    pub issuer: Option<String>,
    /// Required `aud` claim: the token must be meant for one of these.
    pub audience: Vec<String>,
    /// Tolerance for `exp` and `nbf`. Seconds, at most 300, default 30.
    pub leeway_s: Count,
    /// Claim with the user's id: a name, or a JSON Pointer when it begins with `/`. Default `sub`.
    pub id_claim: String,
    /// Claim with the roles, a list or words separated by spaces. Default `roles`.
    pub roles_claim: String,
    /// Attribute name = claim, such as `age = "/profile/age"`. A missing claim gives no attribute.
    pub attributes: BTreeMap<String, String>,
}

impl Default for JwtFile {
    fn default() -> Self {
        Self {
            header: "authorization".to_owned(),
            algorithms: Vec::new(),
            secret: None,
            pem_file: None,
            jwks_file: None,
            jwks_url: None,
            jwks_refresh_s: Count(600),
            jwks_min_refresh_s: Count(30),
            issuer: None,
            audience: Vec::new(),
            leeway_s: Count(30),
            id_claim: "sub".to_owned(),
            roles_claim: "roles".to_owned(),
            attributes: BTreeMap::new(),
        }
    }
}

/// `[[credential]]`: a key that a program presents when it asks for decisions, as `x-parapet-key: KEY` or
/// `authorization: Bearer KEY`; `litellm` also takes `x-api-key: KEY`, and `ext_authz` only the first.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default, expecting = "a table")]
pub struct CredentialFile {
    /// Name for logs.
    pub name: String,
    /// The key, at least 16 characters.
    pub key: Option<Secret>,
    /// What its holder may do beyond asking. Default: nothing.
    pub rights: Vec<Right>,
}

/// What the holder of a credential may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Right {
    /// Name the agent and the principal in the body of `/v1/check`, and the principal on `litellm` and `ext_authz`.
    AssertIdentity,
}

/// `[[limit]]`: a token bucket for each user, agent or route.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default, expecting = "a table")]
pub struct LimitFile {
    /// Name for messages and metrics, `[a-z0-9_-]{1,64}`.
    pub name: String,
    /// What has a bucket of its own: `principal` (all requests without a user share one), `agent` or `route`.
    pub key: Option<LimitKey>,
    /// Requests in each period.
    pub requests: Count,
    /// Length of the period. Milliseconds, default 60000.
    pub period_ms: Count,
    /// Most requests at once after a pause. Default: `requests`.
    pub burst: Option<Count>,
    /// Names of the routes that it holds for; a bucket is shared by all of them. Default: every route.
    pub routes: Vec<String>,
    /// Most buckets that are kept; while all of them are in use, requests with another key are refused. Default 10000.
    pub max_keys: Count,
}

impl Default for LimitFile {
    fn default() -> Self {
        Self {
            name: String::new(),
            key: None,
            requests: Count(0),
            period_ms: Count(60_000),
            burst: None,
            routes: Vec::new(),
            max_keys: Count(10_000),
        }
    }
}

/// What has a bucket of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LimitKey {
    /// The user.
    Principal,
    /// The agent.
    Agent,
    /// The route.
    Route,
}

/// `[upstreams.NAME]`
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default, expecting = "a table")]
pub struct UpstreamFile {
    /// `http` or `https` address without a query. The route's path is added to it.
    pub base_url: String,
    /// Value of the `authorization` header that the upstream gets, such as `Bearer ${OPENAI_API_KEY}`.
    /// Default: the caller's own is passed on, unless `[identity.jwt]` reads it.
    pub authorization: Option<Secret>,
    /// Further headers for the upstream. They replace the caller's.
    pub headers: BTreeMap<String, Secret>,
    /// Time to open a TCP connection; a TLS handshake counts towards `response_timeout_ms`. Milliseconds, default 5000.
    pub connect_timeout_ms: Count,
    /// Time until the answer begins, and the longest pause of one that leaves in windows. Milliseconds, default 120000.
    pub response_timeout_ms: Count,
    /// Time until the answer is complete. Milliseconds, default 240000.
    pub total_timeout_ms: Count,
    /// Longest answer, in bytes: it is held until it is judged. Default 8388608 (8 MiB).
    pub max_answer_bytes: Count,
    /// Most idle connections kept open. Default 64.
    pub max_idle_connections: Count,
}

impl Default for UpstreamFile {
    fn default() -> Self {
        Self {
            base_url: String::new(),
            authorization: None,
            headers: BTreeMap::new(),
            connect_timeout_ms: Count(5_000),
            response_timeout_ms: Count(120_000),
            total_timeout_ms: Count(240_000),
            max_answer_bytes: Count(8 << 20),
            max_idle_connections: Count(64),
        }
    }
}

/// `[[route]]`
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default, expecting = "a table")]
pub struct RouteFile {
    /// Name for guard sets, records and metrics, `[a-z0-9_-]{1,64}`.
    pub name: String,
    /// Exact path of the requests; for `ext_authz` the prefix before the original path. Default for `check` `/v1/check`, for
    /// `openai_chat` `/v1/chat/completions`, for `openai_responses` `/v1/responses`, for `anthropic_messages` `/v1/messages`, for
    /// `mcp` `/mcp/NAME`, for `litellm` `/beta/litellm_basic_guardrail_api`, for `claude_code` `/v1/hooks/claude-code`, for `ext_authz` `/ext_authz`,
    /// for `write` `/v1/write`.
    pub path: Option<String>,
    /// Protocol.
    pub surface: Option<SurfaceName>,
    /// Name of the upstream; not for `write` and surfaces that only ask for decisions. An `mcp` route without one is for `parapet mcp wrap`.
    pub upstream: Option<String>,
    /// Path at the upstream. Default: the route's own path.
    pub upstream_path: Option<String>,
    /// Name of the agent, which guard sets match on. Default: the route's name.
    pub agent: Option<String>,
    /// `required` (default): nothing is released before its decision is stored. `best_effort`: a bounded queue, losses counted.
    pub audit: parapet_store::AuditMode,
    /// What happens to content that no guard judges: `refuse` (default) or `allow`.
    pub no_guard: Unjudged,
    /// What happens to bodies with parts that cannot be inspected: `refuse` (default) or `allow`.
    pub not_inspected: Unjudged,
    /// `error` (default): a refusal is an error. `refusal`: an answer that says no, for clients that cannot handle errors; on
    /// `anthropic_messages` it always is one.
    pub style: parapet_surfaces::Style,
    /// Whether callers are kept from seeing the details that guards give with a refusal. Default false.
    pub hide_details: bool,
    /// Whether the content is stored with the decision, after redaction; of refused content a keyed digest and the length. Default false.
    pub store_content: bool,
    /// Whether a request must come from a known user: `required` (default) or `optional`.
    pub principal: Need,
    /// Whether a request must present a `[[credential]]`, `required` (default) or `optional`; for surfaces that only ask for decisions.
    pub credential: Option<Need>,
    /// What becomes of a request in which an earlier turn is refused: `refuse` (default), `cut`, to go on without that turn, or
    /// `replace`, to go on with a notice in its place; only for model servers.
    pub refused_turns: Option<RefusedTurns>,
    /// What stands in place of what guards redact in a request: `mask` (default), what they put there, or `tokens`, for which the values are
    /// put back in the answer; only for model servers and `generic`. See [tokens](tokens.md).
    pub redact: Option<Redact>,
    /// Tools whose arguments get values back, by name or `PREFIX*`; calls of others keep the tokens. Default: all. Only with
    /// `redact = "tokens"`.
    pub restore_tools: Option<Vec<String>>,
    /// Whether the history that a client sends again is judged again: `judge` (default), all of it, or `remember`, without what
    /// guards that judge each part by itself have allowed in the same session; only for model servers.
    pub history: Option<HistoryRule>,
    /// How a streamed answer is judged, `full` (default) or `window`; only for model servers.
    pub hold: Option<Hold>,
    /// New text that makes a window, in characters. Default 2000; only with windows.
    pub window_chars: Option<Count>,
    /// Text at the end of a window that waits for the next one, in characters. Longer things that guards look for can be missed.
    /// Default 200; only with windows.
    pub overlap_chars: Option<Count>,
    /// Most bytes of a streamed answer that wait at once. Default 1048576; only with windows.
    pub max_buffer_bytes: Option<Count>,
    /// What happens to a streamed answer that is held and longer than `max_buffer_bytes`: `refuse` (default) or `window`, to go on
    /// in windows; only with `hold = "full"`, and not for `openai_responses`. It is refused when a guard needs all of it.
    pub on_overflow: Option<OnOverflow>,
    /// How calls that need a person's approval are kept.
    pub approval: ApprovalFile,
    /// Tools of the server that there are, by name or `PREFIX*`: others are neither listed nor called. Default: all. Only for `mcp`.
    pub tools_allowed: Option<Vec<String>>,
    /// Tools of the server that there are not, whatever `tools_allowed` says; only for `mcp`.
    pub tools_denied: Vec<String>,
    /// What happens to messages with a method that is not known: `refuse` (default), or `judge`, all of it as one piece of JSON;
    /// only for `mcp`.
    pub unknown_methods: Option<UnknownMethods>,
    /// Web sites whose pages may ask, such as `https://app.example.com`. Default: none; programs need no entry. Only for `mcp`.
    pub origins_allowed: Vec<String>,
    /// What the bodies are that Envoy asks about: the protocol of a model server, or `generic` with `request_parts`; only for
    /// `ext_authz`.
    pub inspects: Option<SurfaceName>,
    /// Parts of a request; only for `generic`, and for `ext_authz` that inspects it. What they do not name is listed as not inspected.
    pub request_parts: Vec<PartFile>,
    /// JSON Pointers in a request that are no content, such as `/session_id`; only for `generic`.
    pub request_ignore: Vec<String>,
    /// Where a request stands in the agent's work: `input` (default), `output`, `tool_call` or `tool_result`; only for `generic`.
    pub request_stage: Option<parapet_domain::Stage>,
    /// Parts of an answer; only for `generic`.
    pub answer_parts: Vec<PartFile>,
    /// JSON Pointers in an answer that are no content; only for `generic`.
    pub answer_ignore: Vec<String>,
    /// Where an answer stands in the agent's work. Default `output`; only for `generic`.
    pub answer_stage: Option<parapet_domain::Stage>,
}

/// `approval` of a route
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default, expecting = "a table")]
pub struct ApprovalFile {
    /// How long a question waits for its answer, and an answer for its use. Seconds, 1 to 86400, default 900.
    pub ttl_s: Count,
    /// Most questions of one user that wait at the same time; all callers without a user count as one. Default 20.
    pub max_pending: Count,
    /// Whether the content is kept for the person who approves, after redaction. Without it only the tool and a digest are shown. Default true.
    pub show_content: bool,
    /// Whether an approval counts in the conversation alone in which it was asked for. Default false.
    pub bind_session: bool,
}

impl Default for ApprovalFile {
    fn default() -> Self {
        Self { ttl_s: Count(900), max_pending: Count(20), show_content: true, bind_session: false }
    }
}

/// Protocol of a route.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SurfaceName {
    /// `POST /v1/check`: asks for a decision, forwards nothing.
    Check,
    /// OpenAI chat completions.
    OpenaiChat,
    /// OpenAI Responses.
    OpenaiResponses,
    /// Anthropic Messages.
    AnthropicMessages,
    /// An agent's own JSON API, mapped by `request_parts` and `answer_parts`.
    Generic,
    /// A server of tools, as MCP.
    Mcp,
    /// LiteLLM's generic guardrail: asks for a decision, forwards nothing.
    Litellm,
    /// Envoy's external authorization, over HTTP and gRPC: asks for a decision, forwards nothing.
    ExtAuthz,
    /// The hooks of a coding agent: ask for a decision, forward nothing.
    ClaudeCode,
    /// `POST /v1/write`: long documents, each section judged; forwards nothing.
    Write,
}

impl SurfaceName {
    /// The protocol, when it is one of model servers.
    pub(crate) const fn model_api(self) -> Option<ModelApi> {
        match self {
            Self::OpenaiChat => Some(ModelApi::OpenaiChat),
            Self::OpenaiResponses => Some(ModelApi::OpenaiResponses),
            Self::AnthropicMessages => Some(ModelApi::AnthropicMessages),
            Self::Check
            | Self::Generic
            | Self::Mcp
            | Self::Litellm
            | Self::ExtAuthz
            | Self::ClaudeCode
            | Self::Write => None,
        }
    }

    /// Whether callers ask for a decision and act on it themselves.
    pub(crate) const fn asks(self) -> bool {
        matches!(self, Self::Check | Self::Litellm | Self::ExtAuthz | Self::ClaudeCode)
    }
}

/// What becomes of a request in which an earlier turn is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RefusedTurns {
    /// It is refused.
    #[default]
    Refuse,
    /// It goes on without that turn.
    Cut,
    /// It goes on with a notice in place of what the turn said.
    Replace,
}

/// Whether the history that a client sends again is judged again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HistoryRule {
    /// All of it, every time.
    #[default]
    Judge,
    /// Without what guards that judge each part by itself have allowed in the same session.
    Remember,
}

/// What happens to messages with a method that is not known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UnknownMethods {
    /// They are refused.
    #[default]
    Refuse,
    /// They are judged as a whole.
    Judge,
}

/// What stands in place of what is redacted in a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Redact {
    /// What the guards put there.
    #[default]
    Mask,
    /// Tokens, for which the values are put back in the answer.
    Tokens,
}

/// How a streamed answer is judged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Hold {
    /// As a whole, before any of it leaves.
    #[default]
    Full,
    /// In overlapping windows, each before its text leaves.
    Window,
}

/// What happens to an answer that is too long to be held.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OnOverflow {
    /// It is refused.
    #[default]
    Refuse,
    /// It goes on in windows.
    Window,
}

/// Whether something must be there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Need {
    /// It must.
    #[default]
    Required,
    /// It may.
    Optional,
}

/// One part of a generic body.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default, expecting = "a table")]
pub struct PartFile {
    /// Name that guards know the part by, such as `question`.
    pub name: String,
    /// JSON Pointer of the value, such as `/messages/*/content`; `*` stands for every key or index, the empty pointer for the
    /// whole body.
    pub pointer: Option<String>,
    /// `system`, `developer`, `user`, `assistant` or `tool`. Default by the stage: `user` for `input`, `tool` for `tool_result`,
    /// else `assistant`.
    pub role: Option<parapet_domain::Role>,
    /// `operator`, `user`, `model`, `tool` or `retrieved`. Default as for `role`.
    pub origin: Option<parapet_domain::Origin>,
    /// `text`, `json`, `tool_definition`, `tool_call` or `tool_result`. Default by the stage.
    pub kind: Option<parapet_domain::PartKind>,
    /// Whether a body without the part is refused. Default true.
    pub required: bool,
    /// Name of the tool, for calls and results.
    pub tool: Option<String>,
    /// JSON Pointer of the string that names the tool.
    pub tool_pointer: Option<String>,
}

impl Default for PartFile {
    fn default() -> Self {
        Self {
            name: String::new(),
            pointer: None,
            role: None,
            origin: None,
            kind: None,
            required: true,
            tool: None,
            tool_pointer: None,
        }
    }
}
