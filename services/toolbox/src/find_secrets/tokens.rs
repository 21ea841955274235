//! Tokens whose issuer gave them a form of their own. The forms are those that the issuers document for secret scanners.

use regex::bytes::Regex;

use super::CERTAIN;
use super::plausible::is_mixed;
use crate::borders::{after, ahead, before, is_word};
use crate::constant_patterns::ascii;
use crate::finding::Finding;

/// Longest token that is read, in bytes.
const MAX_TOKEN: usize = 8 << 10;

/// A form: the type, how it begins (compared without case; the pattern decides), and the whole token.
pub(super) type Form = (&'static str, &'static [&'static str], &'static str);

pub(super) const FORMS: &[Form] = &[
    ("aws_access_key", &["AKIA", "ASIA", "ABIA", "ACCA"], r"A(?:KIA|SIA|BIA|CCA)[A-Z0-9]{16}"),
    ("github_token", &["ghp_", "gho_", "ghu_", "ghs_", "ghr_"], r"gh[pousr]_[A-Za-z0-9]{36,}"),
    ("github_token", &["github_pat_"], r"github_pat_[A-Za-z0-9_]{22,}"),
    (
        "gitlab_token",
        &["glpat-", "gldt-", "glrt-", "glptt-", "glcbt-", "glsoat-"],
        r"gl(?:pat|dt|rt|ptt|cbt|soat)-[A-Za-z0-9_-]{20,}(?:\.[A-Za-z0-9_-]+)*",
    ),
    (
        "slack_token",
        &["xoxa-", "xoxb-", "xoxe-", "xoxo-", "xoxp-", "xoxr-", "xoxs-", "xapp-"],
        r"(?:xox[abeoprs]|xapp)-[A-Za-z0-9-]{10,}",
    ),
    ("slack_webhook", &["hooks.slack.com/"], r"hooks\.slack\.com/(?:services|workflows)/[A-Za-z0-9/]{20,120}"),
    (
        "discord_webhook",
        &["discord.com/api/webhooks/", "discordapp.com/api/webhooks/"],
        r"discord(?:app)?\.com/api/webhooks/[0-9]{15,25}/[A-Za-z0-9_-]{50,100}",
    ),
    ("anthropic_key", &["sk-ant-"], r"sk-ant-[A-Za-z0-9_-]{16,}"),
    ("openai_key", &["sk-"], r"sk-[A-Za-z0-9_-]{20,}"),
    ("stripe_key", &["sk_live_", "sk_test_", "rk_live_", "rk_test_"], r"[rs]k_(?:live|test)_[A-Za-z0-9]{10,}"),
    ("stripe_key", &["whsec_"], r"whsec_[A-Za-z0-9+/=]{24,}"),
    ("google_api_key", &["AIza"], r"AIza[A-Za-z0-9_-]{35}"),
    ("google_oauth_token", &["ya29."], r"ya29\.[A-Za-z0-9_-]{20,}"),
    ("google_client_secret", &["GOCSPX-"], r"GOCSPX-[A-Za-z0-9_-]{28}"),
    ("jwt", &["eyJ"], r"eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{0,}"),
    ("npm_token", &["npm_"], r"npm_[A-Za-z0-9]{36}"),
    ("pypi_token", &["pypi-"], r"pypi-[A-Za-z0-9_-]{50,}"),
    ("huggingface_token", &["hf_"], r"hf_[A-Za-z0-9]{30,60}"),
    ("groq_key", &["gsk_"], r"gsk_[A-Za-z0-9]{40,80}"),
    ("sendgrid_key", &["SG."], r"SG\.[A-Za-z0-9_-]{16,32}\.[A-Za-z0-9_-]{16,64}"),
    ("mailgun_key", &["key-"], r"key-[0-9a-f]{32}"),
    ("digitalocean_token", &["dop_v1_", "doo_v1_", "dor_v1_"], r"do[opr]_v1_[a-f0-9]{64}"),
    ("shopify_token", &["shpat_", "shpca_", "shppa_", "shpss_"], r"shp(?:at|ca|pa|ss)_[A-Fa-f0-9]{32}"),
    ("databricks_token", &["dapi"], r"dapi[a-f0-9]{32}(?:-[0-9])?"),
    ("vault_token", &["hvs.", "hvb."], r"hv[bs]\.[A-Za-z0-9_-]{24,}"),
    ("atlassian_token", &["ATATT3"], r"ATATT3[A-Za-z0-9_=-]{50,}"),
    ("linear_key", &["lin_api_"], r"lin_api_[A-Za-z0-9]{32,60}"),
    ("age_key", &["AGE-SECRET-KEY-1"], r"AGE-SECRET-KEY-1[A-Z0-9]{58}"),
];

/// A form ready for use.
#[derive(Debug)]
pub(super) struct Token {
    kind: &'static str,
    pattern: Regex,
}

impl Token {
    pub(super) fn new(kind: &'static str, pattern: &str) -> Self {
        Self { kind, pattern: ascii(&format!("^(?:{pattern})")) }
    }
}

/// How far the token at `start` was read, and what it is if it looks like one. Nothing when none begins there.
pub(super) fn read(text: &str, start: usize, token: &Token) -> Option<(usize, Option<Finding<'static>>)> {
    // A web token is read only from where its run begins, or a text full of `eyJ-` would be read again from each.
    let glued = |b: u8| is_word(b) || (b == b'-' && token.kind == "jwt");
    if before(text, start).is_some_and(glued) {
        return None;
    }
    let end = start + token.pattern.find(ahead(text, start, MAX_TOKEN).as_bytes())?.end();
    let whole = !after(text, end).is_some_and(is_word) && text.get(start..end).is_some_and(is_mixed);
    Some((end, whole.then(|| Finding::scored(token.kind, start..end, CERTAIN))))
}
