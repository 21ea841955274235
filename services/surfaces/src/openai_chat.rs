//! OpenAI chat completions, `POST /v1/chat/completions`: requests, answers and streamed answers.

mod answer;
mod content;
mod request;
pub(crate) mod settings;
mod stream;
mod tool_call;

#[cfg(test)]
mod tests;

pub use answer::parse_answer;
pub use request::parse_request;
pub(crate) use request::read_messages;
pub(crate) use stream::{Assembly, replay};
pub(crate) use tool_call::read as read_tool_call;
