//! The library of tools: how the built-in ones and the operator's are described to a model, and how a function that a
//! guard's tests have proved becomes one of them.

mod derive;
mod describe;
mod draft;
mod functions;
mod manifest_edit;
mod observe;
mod promote;
mod surgery;

pub use describe::{ToolDescription, describe, render};
pub use draft::ToolDraft;
pub use promote::{PromoteError, PromoteOptions, Promotion, promote};
