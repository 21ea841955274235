//! Parapet's own API, `POST /v1/check`: an event in the caller's words in, the decision out.

mod content;
mod request;
mod response;

pub use request::{CheckRequest, parse_request};
pub use response::render_decision;

#[cfg(test)]
mod tests;
