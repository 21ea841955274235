//! OpenAI Responses, `POST /v1/responses`: requests, answers and streamed answers.

mod answer;
mod call;
mod content;
mod item;
mod request;
mod settings;
mod stream;

#[cfg(test)]
mod tests;

pub(crate) use answer::parse_answer;
pub(crate) use request::parse_request;
pub(crate) use stream::{Assembly, Resumed, Teller, agrees, fingerprint, leave_out_of_stream, replay};
