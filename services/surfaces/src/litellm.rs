//! LiteLLM's generic guardrail, `POST /beta/litellm_basic_guardrail_api`: what passes through that proxy, in its own words.
//! The plain `texts` repeat what `structured_messages` hold, which say whose words they are; each is judged once.

mod reply;
mod request;

#[cfg(test)]
mod tests;

pub(crate) use reply::refused;
pub use request::parse_question;

/// What the reply needs to know of the body.
#[derive(Debug, Clone, Default)]
pub(crate) struct Form {
    /// Index of each plain text that repeats a value of the messages, with that value's pointer.
    copies: Vec<(usize, String)>,
    /// Values of the messages that no plain text repeats: their edits go back as messages.
    lone: Vec<String>,
}
