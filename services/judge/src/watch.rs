//! Watches the folder of guards and reloads the set when it settles after a change.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::time::{Duration, Instant};

use notify::{RecursiveMode, Watcher as _};

use crate::GuardSets;

/// How long the folder must be quiet before it is read: an editor or a copy writes several files.
const SETTLE: Duration = Duration::from_millis(200);
/// Longest wait for that.
const LONGEST_SETTLE: Duration = Duration::from_secs(3);
/// How often the folder is read anyway: a folder that was replaced as a whole sends no events.
const POLL: Duration = Duration::from_secs(5);

/// Reloads until dropped.
pub struct Watcher {
    _watcher: notify::RecommendedWatcher,
}

impl Watcher {
    /// Starts watching the folder of `sets`; `after` is called after every reload, refused or not,
    /// and also when a refused state is found again.
    /// `None` when the set is the bundled one, which cannot change.
    ///
    /// # Errors
    /// The system cannot watch the folder.
    pub fn start(
        sets: Arc<GuardSets>,
        after: impl Fn(&GuardSets) + Send + 'static,
    ) -> Result<Option<Self>, notify::Error> {
        let Some(dir) = sets.dir().map(ToOwned::to_owned) else { return Ok(None) };
        let (changed, changes) = mpsc::channel();
        let mut watcher = notify::recommended_watcher(move |event: notify::Result<notify::Event>| {
            // Reading the files must not count as a change of them. When the receiver is gone, so is the reason to send.
            if !matches!(&event, Ok(event) if event.kind.is_access()) {
                let _ = changed.send(());
            }
        })?;
        watcher.watch(&dir, RecursiveMode::Recursive)?;
        std::thread::Builder::new().name("parapet-guards".to_owned()).spawn(move || {
            // What changed while the first set was built was not watched yet: look once before waiting.
            loop {
                reload(&sets, &after);
                match changes.recv_timeout(POLL) {
                    Ok(()) => settle(&changes),
                    Err(RecvTimeoutError::Timeout) => {}
                    Err(RecvTimeoutError::Disconnected) => return,
                }
            }
        })?;
        Ok(Some(Self { _watcher: watcher }))
    }
}

/// Waits until the folder is quiet, but not for ever: something may write to it all the time.
fn settle(changes: &Receiver<()>) {
    let until = Instant::now() + LONGEST_SETTLE;
    while Instant::now() < until && changes.recv_timeout(SETTLE).is_ok() {}
}

/// A panic in here must not end the watching: the thread would be gone, and nobody would know.
fn reload(sets: &GuardSets, after: &impl Fn(&GuardSets)) {
    let work = AssertUnwindSafe(|| match sets.reload_if_changed() {
        // Nothing is new.
        Ok(false) if sets.status().last_error.is_none() => {}
        // The outcome stands in the status and in the log.
        _ => after(sets),
    });
    if catch_unwind(work).is_err() {
        tracing::error!("reloading the guard set panicked; the last good one stays in force");
    }
}
