use super::*;

fn table<'a>(pairs: &'a [(&'a str, &'a str)]) -> impl Fn(&str) -> Option<String> + 'a {
    |name| pairs.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned())
}

fn from(pairs: &[(&str, &str)]) -> Result<Option<ModelConfig>, ModelConfigError> {
    ModelConfig::from_environment(&table(pairs))
}

#[test]
fn without_variables_there_is_no_model() {
    assert_eq!(from(&[("OPENAI_API_KEY", "sk-own"), ("PARAPET_MODEL_KEY", "k")]).unwrap(), None);
}

#[test]
fn a_provider_s_own_key_goes_to_its_own_server_alone() {
    let key = |pairs: &[(&str, &str)]| from(pairs).unwrap().unwrap().api_key.map(|key| key.expose().to_owned());
    let own = [("PARAPET_MODEL_NAME", "m"), ("OPENAI_API_KEY", "sk-own"), ("ANTHROPIC_API_KEY", "sk-ant")];
    assert_eq!(key(&own).as_deref(), Some("sk-own"));
    assert_eq!(key(&[&own[..], &[("PARAPET_MODEL_KIND", "anthropic")]].concat()).as_deref(), Some("sk-ant"));
    assert_eq!(key(&[&own[..], &[("PARAPET_MODEL_URL", "http://127.0.0.1:1/v1")]].concat()), None);
    assert_eq!(key(&[&own[..], &[("PARAPET_MODEL_KEY", " mine\n")]].concat()).as_deref(), Some("mine"));
}

#[test]
fn the_key_of_a_file_can_be_a_variable() {
    let text = "model = \"m\"\nkind = \"anthropic\"\napi_key = \"${KEY}\"\nstructured = \"json_schema\"";
    let config = ModelConfig::from_toml(text, &table(&[("KEY", "sk-1")])).unwrap();
    assert_eq!(config.api_key, Some(Secret::new("sk-1")));
    assert_eq!(config.structured, Structured::JsonSchema);
    let error = ModelConfig::from_toml(text, &table(&[])).unwrap_err();
    assert_eq!(error.to_string(), "`api_key` refers to the variable `KEY`, which is not set; set it");
}

#[test]
fn an_unreadable_file_does_not_show_its_key() {
    let error = ModelConfig::from_toml("api_key = sk-live-1234", &table(&[])).unwrap_err();
    assert!(!format!("{error} {error:?}").contains("sk-live"), "{error:?}");
    let error = ModelConfig::from_toml("modell = \"m\"", &table(&[])).unwrap_err().to_string();
    assert!(error.starts_with("the model's configuration cannot be read: unknown field `modell`"), "{error}");
}

#[test]
fn what_cannot_be_used_is_told_with_what_to_do() {
    let base = || ModelConfig::new(ModelKind::Openai, "http://localhost:8080", "m");
    let cases: [(ModelConfig, &str); 8] = [
        (
            ModelConfig { model: " ".into(), ..base() },
            "no model is named; set `model`, or the variable `PARAPET_MODEL_NAME`",
        ),
        (
            ModelConfig { base_url: Some("https://me:pw@host/v1".into()), ..base() },
            "`host/v1` is no address of a model server: it holds a user or password; put the key in `api_key`",
        ),
        (
            ModelConfig { base_url: Some("localhost:8080".into()), ..base() },
            "`localhost:8080` is no address of a model server: it must begin with `http://` or `https://`",
        ),
        (
            ModelConfig { base_url: Some("http://h/v1?key=sk-1".into()), ..base() },
            "`http://h/v1` is no address of a model server: it has a query; leave it out",
        ),
        (ModelConfig { timeout_ms: 0, ..base() }, "`timeout_ms` is 0; it must be at least 1"),
        (ModelConfig { temperature: Some(f64::NAN), ..base() }, "`temperature` is NaN; it must be 0 or more"),
        (ModelConfig { max_answer_bytes: 10, ..base() }, "`max_answer_bytes` is 10; it must be at least 1024"),
        (
            ModelConfig { kind: ModelKind::Anthropic, structured: Structured::Grammar, ..base() },
            "an `anthropic` server knows no `grammar`; set `structured` to `auto`, `json_schema` or `text`",
        ),
    ];
    for (config, message) in cases {
        assert_eq!(config.check().unwrap_err().to_string(), message);
    }
    let error = from(&[("PARAPET_MODEL_KIND", "gemini"), ("PARAPET_MODEL_NAME", "m")]).unwrap_err();
    assert_eq!(error.to_string(), "`gemini` is no kind of model server; write `openai` or `anthropic`");
}

#[test]
fn a_provider_s_own_server_needs_a_key_that_a_header_can_carry() {
    let own = ModelConfig { base_url: None, ..ModelConfig::new(ModelKind::Openai, "", "m") };
    let endpoint = own.check().unwrap();
    assert!(matches!(own.check_key(&endpoint), Err(ModelConfigError::NoKey { host }) if host == "api.openai.com"));
    let broken = ModelConfig { api_key: Some(Secret::new("sk\n1")), ..own };
    let error = broken.check_key(&endpoint).unwrap_err();
    assert!(matches!(error, ModelConfigError::BadKey));
}

#[test]
fn a_bare_host_is_served_under_v1() {
    let base = |url: &str| ModelConfig::new(ModelKind::Openai, url, "m").check().unwrap().base;
    assert_eq!(base("http://localhost:8080/"), "http://localhost:8080/v1");
    assert_eq!(base("http://localhost:8080/openai/"), "http://localhost:8080/openai");
}

#[test]
fn cost_needs_both_prices() {
    let usage = Usage { input_tokens: 2_000_000, output_tokens: 500_000, estimated: false };
    let config = ModelConfig { input_price: Some(3.0), ..ModelConfig::default() };
    assert_eq!(config.cost(&usage), None);
    assert_eq!(ModelConfig { output_price: Some(15.0), ..config }.cost(&usage), Some(13.5));
}

#[test]
fn every_key_is_documented_as_it_is_here() {
    let text = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/configuration.md")).unwrap();
    let section = text.split("## Model servers").nth(1).unwrap();
    let source = include_str!("../config.rs").split("pub struct ModelConfig {").nth(1).unwrap();
    let fields = source.split("\n}").next().unwrap();
    let keys: Vec<_> = fields.lines().filter_map(|line| line.trim().strip_prefix("pub ")?.split(':').next()).collect();
    assert_eq!(keys.len(), 16);
    for key in keys {
        assert!(section.contains(&format!("\n| `{key}` | ")), "`{key}`");
    }
    let defaults = ModelConfig::default();
    for (key, default) in [
        ("connect_timeout_ms", defaults.connect_timeout_ms),
        ("timeout_ms", defaults.timeout_ms),
        ("retries", defaults.retries.into()),
        ("max_wait_ms", defaults.max_wait_ms),
        ("max_tokens", defaults.max_tokens.into()),
    ] {
        let row = section.lines().find(|line| line.starts_with(&format!("| `{key}` | "))).unwrap();
        assert!(row.ends_with(&format!("efault {default}. |")), "{row}");
    }
}
