//! Watches the folder of guards and reloads the set when it settles after a change.

use std::sync::{Arc, mpsc};
use std::time::Duration;

use notify::{RecursiveMode, Watcher as _};

use crate::GuardSets;

/// How long the folder must be quiet before it is read: an editor or a copy writes several files.
const SETTLE: Duration = Duration::from_millis(200);

/// Reloads until dropped.
pub struct Watcher {
    _watcher: notify::RecommendedWatcher,
}

impl Watcher {
    /// Starts watching the folder of `sets`; `after` is called after every reload, refused or not.
    /// `None` when the set is the bundled one, which cannot change.
    ///
    /// # Errors
    /// The system cannot watch the folder.
    pub fn start(sets: Arc<GuardSets>, after: impl Fn(&GuardSets) + Send + 'static) -> Result<Option<Self>, notify::Error> {
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
            while changes.recv().is_ok() {
                while changes.recv_timeout(SETTLE).is_ok() {}
                // The outcome stands in the status and in the log.
                let _ = sets.reload();
                after(&sets);
            }
        })?;
        Ok(Some(Self { _watcher: watcher }))
    }
}
