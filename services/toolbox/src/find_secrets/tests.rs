//! What counts as a secret and what does not.

use serde_json::json;

use super::run;
use crate::Prepared;

/// Type and text of each finding.
fn find(text: &str) -> Vec<(String, String)> {
    let list = run(&Prepared::default(), &[json!(text)]).unwrap();
    let field = |f: &serde_json::Value, key: &str| f[key].as_str().unwrap().to_owned();
    list.as_array().unwrap().iter().map(|f| (field(f, "type"), field(f, "text"))).collect()
}

fn one(kind: &str, text: &str) -> Vec<(String, String)> {
    vec![(kind.to_owned(), text.to_owned())]
}

#[test]
fn tokens_of_a_fixed_form_are_found_wherever_they_stand() {
    // Joined here, so that no scanner takes this file for a leak.
    let tail = "0123456789abcdefABCDEF";
    for (kind, token) in [
        ("aws_access_key", ["AKIA", "IOSFODNN7EXAMPLE"].concat()),
        ("github_token", ["ghp_", tail, "ghijklmnopqrst"].concat()),
        ("github_token", ["github_pat_", tail, "_", tail].concat()),
        ("gitlab_token", ["glpat-", tail].concat()),
        ("slack_token", ["xoxb-", "123456789012-", tail].concat()),
        ("slack_webhook", ["hooks.slack.com/services/", "T00000000/B00000000/", tail].concat()),
        ("anthropic_key", ["sk-ant-", "api03-", tail].concat()),
        ("openai_key", ["sk-", "proj-", tail].concat()),
        ("stripe_key", ["sk_live_", tail].concat()),
        ("google_api_key", ["AIza", tail, "GHIJKLMNOPQRS"].concat()),
        ("npm_token", ["npm_", tail, "ghijklmnopqrst"].concat()),
        ("huggingface_token", ["hf_", tail, "ghijklmnopqrst"].concat()),
        ("sendgrid_key", ["SG.", tail, ".", tail, tail].concat()),
        ("jwt", ["eyJhbGciOiJIUzI1NiJ9", ".eyJzdWIiOiIxMjM0In0.", tail].concat()),
    ] {
        for text in [
            token.clone(),
            format!("use {token}."),
            format!("(\"{token}\")"),
            format!("api_key = '{token}'\n"),
            format!("é:{token}"),
        ] {
            assert_eq!(find(&text), one(kind, &token), "{text}");
        }
    }
}

#[test]
fn parts_of_other_words_are_no_tokens() {
    for text in [
        "the task-runner-configuration-2",
        "desk-0123456789abcdef01234567",
        "sk-learn is a library of models",
        "XAKIAIOSFODNN7EXAMPLE",
        "ghp_short",
    ] {
        assert!(find(text).is_empty(), "{text}");
    }
}

#[test]
fn private_keys_are_found_with_and_without_their_end() {
    let key = "-----BEGIN RSA PRIVATE KEY-----\nMIIEowIBAAKCAQEA\nabc=\n-----END RSA PRIVATE KEY-----";
    assert_eq!(find(&format!("key:\n{key}\nbye")), one("private_key", key));
    let cut = "-----BEGIN PRIVATE KEY-----\nMIIEowIBAAKCAQEA";
    assert_eq!(find(&format!("{cut}…")), one("private_key", cut));
    assert!(find("-----BEGIN PUBLIC KEY-----\nMIIEowIBAAKCAQEA\n-----END PUBLIC KEY-----").is_empty());
}

#[test]
fn passwords_in_urls_are_found_without_the_rest_of_the_url() {
    assert_eq!(find("postgres://app:hunter2@db.internal:5432/app"), one("url_password", "hunter2"));
    assert_eq!(find("https://u:p%40ss@h.example/"), one("url_password", "p%40ss"));
    for text in [
        "postgres://app:${PW}@db/app",
        "https://h.example/a:b@c",
        "https://user@h.example",
        "redis://:password@localhost",
        "postgres://[user[:password]@][host]",
        "http://h:80/",
    ] {
        assert!(find(text).is_empty(), "{text}");
    }
}

#[test]
fn assigned_values_are_found_by_their_name() {
    for (text, kind, value) in [
        ("password: hunter2", "password", "hunter2"),
        ("DB_PASSWORD='s3cr3t!x'", "password", "s3cr3t!x"),
        ("{\"password\": \"letmein\"}", "password", "letmein"),
        ("{\\\"password\\\": \\\"letmein\\\"}", "password", "letmein"),
        ("Server=db;User Id=sa;Password=Passw0rd;Encrypt=yes", "password", "Passw0rd"),
        ("my password is Tr0ub4dor&3", "password", "Tr0ub4dor"),
        ("password: str = \"swordfish9\"", "password", "swordfish9"),
        (
            "aws_secret_access_key = wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
            "secret",
            "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
        ),
        ("client_secret=8f14e45fceea167a5a36dedd4bea2543", "secret", "8f14e45fceea167a5a36dedd4bea2543"),
        ("\"apiKey\": \"8f14e45fceea167a5a36\"", "secret", "8f14e45fceea167a5a36"),
        ("Authorization: Bearer 8f14e45fceea167a5a36", "bearer_token", "8f14e45fceea167a5a36"),
        ("Authorization: Basic dXNlcjpodW50ZXIy", "basic_auth", "dXNlcjpodW50ZXIy"),
    ] {
        assert_eq!(find(text), one(kind, value), "{text}");
    }
}

#[test]
fn prose_references_and_placeholders_are_no_secrets() {
    for text in [
        "Your password is required.",
        "the password is incorrect",
        "password: <your password>",
        "password=${DB_PASSWORD}",
        "password = os.environ['DB_PASSWORD']",
        "password = getpass()",
        "\"password\": \"string\"",
        "token: 12345",
        "The token is a short-lived one",
        "api_key=YOUR_API_KEY_GOES_HERE_123",
        "the bearer of this letter",
        "follow this link to reset your password: https://example.com/reset-1",
        "let signing_key = P256SigningKey::from_pkcs8_der(key_content)",
        "secret = derive_key_v2_from_passphrase(p)",
        "secret: aaaaaaaaaaaaaaaaaaaaaaaa",
    ] {
        assert!(find(text).is_empty(), "{text}: {:?}", find(text));
    }
}

#[test]
fn a_wide_character_at_the_limit_of_a_value_does_not_break_the_span() {
    let value = format!("aB3{}", "é".repeat(150));
    let found = find(&format!("password='{value}'"));
    assert!(value.starts_with(&found[0].1), "{found:?}");
}
