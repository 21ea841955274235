//! The configuration from TOML text or from variables of the environment.

use super::{ModelConfig, ModelConfigError, ModelKind};
use crate::Secret;

/// Where variables are looked up: the process environment, or a table in tests.
pub type Environment<'a> = &'a dyn Fn(&str) -> Option<String>;

impl ModelConfig {
    /// The model that the process environment names, `None` when it names none: `PARAPET_MODEL_NAME`,
    /// `PARAPET_MODEL_KIND`, `PARAPET_MODEL_URL` and `PARAPET_MODEL_KEY`.
    ///
    /// # Errors
    /// A variable has a value that cannot be used.
    pub fn from_env() -> Result<Option<Self>, ModelConfigError> {
        Self::from_environment(&|name| std::env::var(name).ok())
    }

    /// [`Self::from_env`] with another environment. Without `PARAPET_MODEL_KEY` the key is `OPENAI_API_KEY` or
    /// `ANTHROPIC_API_KEY`, but only for the provider's own server: nobody else is shown that key.
    ///
    /// # Errors
    /// As [`Self::from_env`].
    pub fn from_environment(environment: Environment<'_>) -> Result<Option<Self>, ModelConfigError> {
        let variable = |name: &str| environment(name).filter(|value| !value.trim().is_empty());
        let parts = ["KIND", "URL", "NAME", "KEY"].map(|part| variable(&format!("PARAPET_MODEL_{part}")));
        let [kind, base_url, name, key] = parts;
        if kind.is_none() && base_url.is_none() && name.is_none() {
            return Ok(None);
        }
        let kind = match kind.as_deref() {
            None | Some("openai") => ModelKind::Openai,
            Some("anthropic") => ModelKind::Anthropic,
            Some(other) => return Err(ModelConfigError::UnknownKind(other.to_owned())),
        };
        let mut config = Self { kind, base_url, model: name.unwrap_or_default(), ..Self::default() };
        let own_key = match kind {
            ModelKind::Openai => "OPENAI_API_KEY",
            ModelKind::Anthropic => "ANTHROPIC_API_KEY",
        };
        let endpoint = config.check()?;
        let key = key.or_else(|| endpoint.is_own().then(|| variable(own_key)).flatten());
        config.api_key = key.map(|key| Secret::new(key.trim()));
        Ok(Some(config))
    }

    /// The configuration from TOML; `${NAME}` as the value of `api_key` stands for a variable.
    ///
    /// # Errors
    /// The text is not such a configuration, or the variable is not set.
    pub fn from_toml(text: &str, environment: Environment<'_>) -> Result<Self, ModelConfigError> {
        // The message alone: the whole error repeats the line, which may be the one with the key.
        let read = toml::from_str::<Self>(text);
        let mut config = read.map_err(|error| ModelConfigError::Unreadable(error.message().to_owned()))?;
        let reference = config.api_key.as_ref().and_then(|key| key.expose().strip_prefix("${")?.strip_suffix('}'));
        if let Some(name) = reference {
            let value = environment(name).filter(|value| !value.is_empty());
            config.api_key = Some(Secret::new(value.ok_or_else(|| ModelConfigError::NoVariable(name.to_owned()))?));
        }
        Ok(config)
    }
}
