//! What must hold of a configuration before a client is made from it.

use http::Uri;

use super::{ModelConfig, ModelKind, Structured};

/// Servers that answer nobody without a key.
const OWN_HOSTS: [&str; 2] = ["api.openai.com", "api.anthropic.com"];

/// What is wrong with a configuration.
#[derive(Debug, thiserror::Error)]
pub enum ModelConfigError {
    /// It cannot be read.
    #[error("the model's configuration cannot be read: {0}")]
    Unreadable(String),
    /// No model is named.
    #[error("no model is named; set `model`, or the variable `PARAPET_MODEL_NAME`")]
    NoModel,
    /// The kind is unknown.
    #[error("`{0}` is no kind of model server; write `openai` or `anthropic`")]
    UnknownKind(String),
    /// The address cannot be used.
    #[error("`{url}` is no address of a model server: {reason}")]
    BadUrl {
        /// The address, without what may be a password.
        url: String,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// The server wants a key.
    #[error("`{host}` answers nobody without a key; set `api_key`, or the variable `PARAPET_MODEL_KEY`")]
    NoKey {
        /// The server.
        host: String,
    },
    /// The key cannot be sent.
    #[error("the key has a character that no header can carry, such as a line break; set it anew")]
    BadKey,
    /// A variable that the key refers to is not set.
    #[error("`api_key` refers to the variable `{0}`, which is not set; set it")]
    NoVariable(String),
    /// A number is outside of its range.
    #[error("`{key}` is {value}; it must be {wanted}")]
    OutOfRange {
        /// The key of the configuration.
        key: &'static str,
        /// Its value.
        value: String,
        /// What is allowed.
        wanted: &'static str,
    },
    /// The protocol does not have this way of asking for JSON.
    #[error("an `anthropic` server knows no `{0}`; set `structured` to `auto`, `json_schema` or `text`")]
    NoSuchRung(&'static str),
    /// A limit on the cost, and no prices.
    #[error("a limit on the cost cannot be kept without prices; set `input_price` and `output_price`")]
    NoPrices,
    /// The machine trusts no one.
    #[error(
        "no trusted certificates were found for `{url}` ({source}); install `ca-certificates`, or name a file in `SSL_CERT_FILE`"
    )]
    NoCertificates {
        /// The address.
        url: String,
        /// Why not.
        source: std::io::Error,
    },
}

/// A checked address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Endpoint {
    /// Without a slash at the end.
    pub(crate) base: String,
    pub(crate) uri: Uri,
}

impl Endpoint {
    /// Whether this is the provider's own server.
    pub(crate) fn is_own(&self) -> bool {
        self.uri.host().is_some_and(|host| OWN_HOSTS.contains(&host))
    }
}

impl ModelConfig {
    /// Everything but the key.
    pub(crate) fn check(&self) -> Result<Endpoint, ModelConfigError> {
        if self.model.trim().is_empty() {
            return Err(ModelConfigError::NoModel);
        }
        for (key, value, at_least) in [
            ("connect_timeout_ms", self.connect_timeout_ms, 1),
            ("timeout_ms", self.timeout_ms, 1),
            ("concurrency", self.concurrency.try_into().unwrap_or(u64::MAX), 1),
            ("max_tokens", self.max_tokens.into(), 1),
            ("max_answer_bytes", self.max_answer_bytes.try_into().unwrap_or(u64::MAX), 1024),
        ] {
            if value < at_least {
                let wanted = if at_least == 1 { "at least 1" } else { "at least 1024" };
                return Err(ModelConfigError::OutOfRange { key, value: value.to_string(), wanted });
            }
        }
        let reals =
            [("temperature", self.temperature), ("input_price", self.input_price), ("output_price", self.output_price)];
        for (key, value) in reals {
            if let Some(value) = value.filter(|value| !value.is_finite() || *value < 0.0) {
                return Err(ModelConfigError::OutOfRange { key, value: value.to_string(), wanted: "0 or more" });
            }
        }
        match (self.kind, self.structured) {
            (ModelKind::Anthropic, Structured::JsonObject) => Err(ModelConfigError::NoSuchRung("json_object")),
            (ModelKind::Anthropic, Structured::Grammar) => Err(ModelConfigError::NoSuchRung("grammar")),
            _ => self.endpoint(),
        }
    }

    /// The key can be sent, and is there where nothing goes without one.
    pub(crate) fn check_key(&self, endpoint: &Endpoint) -> Result<(), ModelConfigError> {
        match &self.api_key {
            Some(key) if key.expose().is_empty() || !key.expose().bytes().all(|b| b.is_ascii_graphic()) => {
                Err(ModelConfigError::BadKey)
            }
            None if endpoint.is_own() => {
                Err(ModelConfigError::NoKey { host: endpoint.uri.host().unwrap_or_default().to_owned() })
            }
            _ => Ok(()),
        }
    }

    fn endpoint(&self) -> Result<Endpoint, ModelConfigError> {
        let own = match self.kind {
            ModelKind::Openai => "https://api.openai.com/v1",
            ModelKind::Anthropic => "https://api.anthropic.com",
        };
        let written = self.base_url.as_deref().unwrap_or(own).trim().trim_end_matches('/');
        let bad = |url: &str, reason| ModelConfigError::BadUrl { url: url.to_owned(), reason };
        if written.contains('@') {
            let shown = written.rsplit_once('@').map_or(written, |(_, host)| host);
            return Err(bad(shown, "it holds a user or password; put the key in `api_key`"));
        }
        let uri: Uri =
            written.parse().map_err(|_| bad(written, "it cannot be read; write `https://HOST[:PORT]/PATH`"))?;
        if !matches!(uri.scheme_str(), Some("http" | "https")) {
            return Err(bad(written, "it must begin with `http://` or `https://`"));
        }
        if let Some((shown, _)) = written.split_once('?') {
            return Err(bad(shown, "it has a query; leave it out"));
        }
        // Servers that are compatible with OpenAI's serve under `/v1`, and people write the host alone.
        let bare = self.kind == ModelKind::Openai && matches!(uri.path(), "" | "/");
        let base = if bare { format!("{written}/v1") } else { written.to_owned() };
        Ok(Endpoint { base, uri })
    }
}
