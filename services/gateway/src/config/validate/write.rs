//! `[write]`.

use std::time::Duration;

use super::{Unfit, number, size};
use crate::config::WriteLimits;
use crate::config::file::WriteFile;

pub(super) fn limits(file: &WriteFile, unfit: &mut Unfit) -> WriteLimits {
    let key = |name: &str| format!("write.{name}");
    let small = |value: u64| u32::try_from(value).unwrap_or(u32::MAX);
    WriteLimits {
        documents: size(file.max_documents, &key("max_documents"), 1..=1_000, unfit),
        documents_per_principal: size(
            file.max_documents_per_principal,
            &key("max_documents_per_principal"),
            1..=1_000,
            unfit,
        ),
        words: small(number(file.max_words, &key("max_words"), 1..=200_000, unfit)),
        calls: number(file.max_calls, &key("max_calls"), 1..=1_000_000, unfit),
        tokens: file.max_tokens.map(|tokens| number(tokens, &key("max_tokens"), 1..=u64::MAX, unfit)),
        run: Duration::from_secs(number(file.max_run_s, &key("max_run_s"), 1..=604_800, unfit)),
        context_tokens: small(number(file.context_tokens, &key("context_tokens"), 512..=10_000_000, unfit)),
    }
}
