//! A guard set: immutable, named by the hash of its content. One event sees one set.

use std::collections::BTreeSet;
use std::sync::Arc;

use parapet_domain::{Budget, Event, Match, Mode, OnError, Reading, digest};
use parapet_sandbox::{LoadedGuard, Sandbox};
use serde::Serialize;

use crate::{GuardError, GuardSource, Parts, SetError, SetFile, SetFiles, Streaming, Tool, ToolSource};

/// The guards in force together.
#[derive(Debug)]
pub struct GuardSet {
    /// SHA-256 over the set's manifest, as `set:` and hex.
    pub hash: String,
    /// The guards in the order of the fold.
    pub entries: Vec<SetEntry>,
}

/// One guard and how it is used.
#[derive(Debug)]
pub struct SetEntry {
    /// The guard.
    pub guard: Arc<Guard>,
    /// Which events it judges.
    pub matching: Match,
    /// Whether it counts.
    pub mode: Mode,
    /// What a failure counts as.
    pub on_error: OnError,
    /// Its limits.
    pub budget: Budget,
}

/// A guard, ready to run.
#[derive(Debug)]
pub struct Guard {
    /// What it was made from.
    pub source: GuardSource,
    /// What runs.
    pub loaded: LoadedGuard,
}

/// What the hash of a set is taken over, and what an auditor gets for it.
#[derive(Debug, Clone, Serialize)]
pub struct SetManifest<'a> {
    /// One entry a guard.
    pub entries: Vec<SetManifestEntry<'a>>,
}

/// One guard in a [`SetManifest`].
#[derive(Debug, Clone, Serialize)]
pub struct SetManifestEntry<'a> {
    /// Guard id.
    pub guard: &'a str,
    /// Guard hash.
    pub hash: &'a str,
    /// Which events it judges.
    #[serde(rename = "match")]
    pub matching: &'a Match,
    /// Whether it counts.
    pub mode: Mode,
    /// What a failure counts as.
    pub on_error: OnError,
    /// Its limits.
    pub budget: Budget,
}

impl SetEntry {
    /// Whether the guard judges `event`.
    #[must_use]
    pub fn selects(&self, event: &Event) -> bool {
        self.mode != Mode::Off
            && self.guard.source.manifest.stages.contains(&event.stage)
            && self.matching.matches(event)
    }

    /// Why the guard could never do its work as the set uses it, or `None`.
    fn complaint(&self) -> Option<String> {
        let manifest = &self.guard.source.manifest;
        let (id, wanted) = (&manifest.id, &self.matching.stages);
        if !wanted.is_empty() && !wanted.iter().any(|stage| manifest.stages.contains(stage)) {
            let stages: Vec<&str> = manifest.stages.iter().map(|stage| stage.as_str()).collect();
            return Some(format!(
                "guard `{id}` would never run: it judges only {}; correct `match.stages`",
                stages.join(", ")
            ));
        }
        let least = self.guard.loaded.least_memory_bytes() as u64;
        (self.budget.memory_bytes < least).then(|| {
            format!("guard `{id}` would always run out of memory: give it a `memory_bytes` of at least {least}")
        })
    }
}

impl GuardSet {
    /// Whether windows of a streamed answer are enough for every guard that judges `event`.
    #[must_use]
    pub fn judges_windows(&self, event: &Event) -> bool {
        let mut selected = self.entries.iter().filter(|entry| entry.selects(event));
        selected.all(|entry| entry.guard.source.manifest.streaming == Streaming::Window)
    }

    /// Understands and builds all guards of `files`. Those that `previous` has with the same hash are taken over.
    ///
    /// # Errors
    /// Every fault of every guard: a set is in force as a whole or not at all.
    pub fn build(sandbox: &Sandbox, files: &SetFiles, previous: Option<&Self>) -> Result<Self, SetError> {
        let guards = build_guards(sandbox, files, previous).map_err(SetError::Guards)?;
        if guards.is_empty() {
            return Err(SetError::Empty(files.origin.clone()));
        }
        let ids: Vec<&str> = guards.iter().map(|guard| guard.source.manifest.id.as_str()).collect();
        let set_file = SetFile::parse(files.set_file.as_deref(), &ids).map_err(SetError::SetFile)?;
        let entries = set_file.guard.into_iter().filter_map(|entry| {
            // The set file was checked to name only guards that are there.
            let guard = guards.iter().find(|guard| guard.source.manifest.id == entry.id)?;
            Some(SetEntry {
                guard: Arc::clone(guard),
                matching: entry.matching,
                mode: entry.mode,
                on_error: entry.on_error,
                budget: entry.budget.unwrap_or(guard.source.manifest.budget),
            })
        });
        let entries: Vec<SetEntry> = entries.collect();
        entries
            .iter()
            .find_map(SetEntry::complaint)
            .map_or_else(|| Self::new(entries), |why| Err(SetError::SetFile(why)))
    }

    /// A set of entries that are already built.
    ///
    /// # Errors
    /// The manifest cannot be written as JSON.
    pub fn new(entries: Vec<SetEntry>) -> Result<Self, SetError> {
        let mut set = Self { hash: String::new(), entries };
        let canonical =
            digest::canonical_json(&set.manifest()).map_err(|error| SetError::SetFile(error.to_string()))?;
        set.hash = digest::of_bytes("set", &canonical);
        Ok(set)
    }

    /// What the hash stands for.
    #[must_use]
    pub fn manifest(&self) -> SetManifest<'_> {
        let entries = self.entries.iter().map(|entry| SetManifestEntry {
            guard: &entry.guard.source.manifest.id,
            hash: &entry.guard.source.hash,
            matching: &entry.matching,
            mode: entry.mode,
            on_error: entry.on_error,
            budget: entry.budget,
        });
        SetManifest { entries: entries.collect() }
    }

    /// What any guard in use reads of the events before. Empty: nothing has to be kept.
    #[must_use]
    pub fn readings(&self) -> BTreeSet<Reading> {
        let used = self.entries.iter().filter(|entry| entry.mode != Mode::Off);
        used.flat_map(|entry| entry.guard.source.manifest.session.iter().copied()).collect()
    }

    /// Whether a guard that judges `event` reads what came before it.
    #[must_use]
    pub fn reads_past(&self, event: &Event) -> bool {
        self.entries.iter().any(|entry| !entry.guard.source.manifest.session.is_empty() && entry.selects(event))
    }

    /// Whether a guard that judges `event` judges each part by itself.
    #[must_use]
    pub fn judges_each_part(&self, event: &Event) -> bool {
        let mut selected = self.entries.iter().filter(|entry| entry.selects(event));
        selected.any(|entry| entry.guard.source.manifest.parts == Parts::Each)
    }

    /// The guard of that id.
    #[must_use]
    pub fn entry(&self, id: &str) -> Option<&SetEntry> {
        self.entries.iter().find(|entry| entry.guard.source.manifest.id == id)
    }
}

impl Guard {
    /// Understands and builds one guard.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn build(sandbox: &Sandbox, source: GuardSource) -> Result<Self, GuardError> {
        let loaded =
            sandbox.build(&source.to_code()).map_err(|cause| GuardError::of_build(&source.manifest.id, cause))?;
        Ok(Self { source, loaded })
    }
}

fn build_guards(
    sandbox: &Sandbox,
    files: &SetFiles,
    previous: Option<&GuardSet>,
) -> Result<Vec<Arc<Guard>>, Vec<GuardError>> {
    let (mut guards, mut errors) = (Vec::new(), Vec::new());
    // Held until the guards are built, so that those that share a tool do not load it anew.
    let (_tools, broken): (Vec<_>, Vec<_>) =
        files.tools.iter().map(|tool| Tool::build(sandbox, ToolSource::parse(tool)?)).partition(Result::is_ok);
    errors.extend(broken.into_iter().filter_map(Result::err));
    for files in &files.guards {
        let built = GuardSource::parse(files).and_then(|source| match known(previous, &source.hash) {
            Some(guard) => Ok(guard),
            None => Guard::build(sandbox, source).map(Arc::new),
        });
        match built {
            Ok(guard) => guards.push(guard),
            // It stands in the list already.
            Err(GuardError::Tool { .. } | GuardError::ToolBuild { .. }) => {}
            Err(error) => errors.push(error),
        }
    }
    if errors.is_empty() { Ok(guards) } else { Err(errors) }
}

fn known(previous: Option<&GuardSet>, hash: &str) -> Option<Arc<Guard>> {
    let entry = previous?.entries.iter().find(|entry| entry.guard.source.hash == hash)?;
    Some(Arc::clone(&entry.guard))
}
