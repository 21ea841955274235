//! One TOML file becomes a [`Config`]: read, filled in, checked as a whole, before anything is opened.
//! [`file::ConfigFile`] documents every key; [`Config`] holds only what passed the checks.

mod complaint;
mod count;
mod document;
mod environment;
pub mod file;
mod running;
mod telemetry;
mod validate;

use std::path::Path;

pub use complaint::{Complaint, ConfigErrors};
pub use count::Count;
pub use environment::Environment;
pub use file::{HistoryRule, LimitKey, Need, RefusedTurns, Right, SessionPlace, UnknownMethods};
pub use running::{
    ApprovalRules, Asker, AuditConfig, Config, Credential, DigestKey, GuardsConfig, HistoryConfig, IdentityConfig,
    JwtConfig, KeyServer, KeySource, Limits, Mappings, McpRoute, RateLimit, Route, RouteKind, SandboxConfig,
    ServerConfig, SessionsConfig, Target, TrustedHeader, Upstream, WriteLimits,
};
pub use telemetry::{TelemetryConfig, TelemetryFile};

/// A commented example with every section, which a test keeps loadable.
pub const EXAMPLE: &str = include_str!("config/example.toml");

impl Config {
    /// Reads and checks the file at `path`; variables come from `environment`.
    ///
    /// # Errors
    /// Everything that is wrong, at once.
    pub fn load(path: &Path, environment: Environment<'_>) -> Result<Self, ConfigErrors> {
        let source = path.display().to_string();
        let text = std::fs::read_to_string(path).map_err(|error| {
            let message = format!("cannot be read: {error}; give the path of a TOML file");
            ConfigErrors {
                source: source.clone(),
                complaints: vec![Complaint { line: None, key: String::new(), message }],
            }
        })?;
        Self::parse(&source, &text, environment)
    }

    /// Checks `text`; `source` is its name in messages.
    ///
    /// # Errors
    /// Everything that is wrong, at once.
    pub fn parse(source: &str, text: &str, environment: Environment<'_>) -> Result<Self, ConfigErrors> {
        let (document, mut complaints) = document::Document::parse(text, environment);
        let (file, unread) = document.read();
        complaints.extend(unread);
        let (config, unfit) = validate::validate(&file);
        for (key, message) in unfit {
            // A key that could not be read is reported once, not again as missing.
            if !complaints.iter().any(|c| c.key == key) {
                complaints.push(Complaint { line: document.line_of(&key), key, message });
            }
        }
        match config {
            Some(config) if complaints.is_empty() => Ok(config),
            _ => Err(ConfigErrors::new(source, complaints)),
        }
    }
}

#[cfg(test)]
mod tests;
