//! Guards without code of their own: somebody makes it for the form of each event. Who that is, is no business of the judge.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use parapet_domain::{Event, Failure};
use parapet_sandbox::LoadedGuard;

use crate::Guard;

/// Code on its way.
pub type Coding<'a> = Pin<Box<dyn Future<Output = Result<Arc<LoadedGuard>, Failure>> + Send + 'a>>;

/// Makes the code of a `per_event` guard. What it makes is run like all guard code, anew on each event; a failure is the
/// guard's failure, so that its `on_error` holds.
pub trait Coder: Send + Sync {
    /// Code of `guard` that fits `event`.
    fn code_for<'a>(&'a self, guard: &'a Guard, event: &'a Event) -> Coding<'a>;
}
