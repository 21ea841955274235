//! Anthropic Messages, `POST /v1/messages`: requests, answers and streamed answers.

mod answer;
mod block;
mod content;
mod request;
mod settings;
mod stream;
mod tool;

#[cfg(test)]
mod tests;

pub(crate) use answer::parse_answer;
pub(crate) use request::parse_request;
pub(crate) use stream::{Assembly, Told, replay, tell};
