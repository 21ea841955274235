//! An answer of the client crate in our own words.

use rig_core::completion::{CompletionResponse, FinishReason};

use super::Question;
use crate::{Finish, Usage};

/// What one request brought.
#[derive(Debug, Clone)]
pub(crate) struct Reply {
    pub(crate) text: String,
    pub(crate) usage: Usage,
    pub(crate) finish: Finish,
    pub(crate) model: String,
    /// The server's words, when the model or a filter refuses.
    pub(crate) refusal: Option<String>,
}

pub(super) fn of(response: &CompletionResponse, question: &Question<'_>) -> Reply {
    let text = response.text();
    let finish = match response.finish_reason() {
        // The body was whole; some servers give no reason.
        Some(FinishReason::Stop) | None => Finish::Stop,
        Some(FinishReason::Length) => Finish::Length,
        Some(_) => Finish::Other,
    };
    let guess = Usage::guess(question.bytes(), text.len());
    let usage = match (response.usage.input_tokens, response.usage.output_tokens) {
        (Some(input_tokens), Some(output_tokens)) => Usage { input_tokens, output_tokens, estimated: false },
        (input, output) => Usage {
            input_tokens: input.unwrap_or(guess.input_tokens),
            output_tokens: output.unwrap_or(guess.output_tokens),
            estimated: true,
        },
    };
    let model = response.model.as_deref().unwrap_or(&question.config.model).to_owned();
    Reply { text, usage, finish, model, refusal: refusal(response) }
}

/// What the server says of a refusal: the model's own, or its filter's. Some servers tell it as the text of the answer.
fn refusal(response: &CompletionResponse) -> Option<String> {
    let places = ["/choices/0/message/refusal", "/stop_details/explanation"];
    let told = places.iter().find_map(|place| response.raw.pointer(place)?.as_str()).filter(|told| !told.is_empty());
    let filtered = response.finish_reason() == Some(FinishReason::ContentFilter);
    told.map(str::to_owned).or_else(|| filtered.then(|| "it gave no reason".to_owned()))
}
