//! The hooks of a coding agent, `POST /v1/hooks/claude-code`: what it is about to do or has seen, as JSON of one event.
//! An event of an unknown name is judged like any other, as text, and a refusal of it stops the agent.

mod event;
mod reply;
mod request;

#[cfg(test)]
mod tests;

pub(crate) use reply::Form;
pub use request::parse_question;
