//! Traced builds: the script calls two functions that note where it came through. They exist in no other build.

use std::cell::RefCell;
use std::rc::Rc;

use rhai::{Dynamic, Engine};
use serde::Serialize;

/// Which probes were reached, by number.
pub type Hits = Rc<RefCell<Vec<bool>>>;

/// Names of the two functions in one script.
pub struct Names {
    /// Takes the number of a probe.
    pub reached: String,
    /// Takes the number of a probe and a condition, which it gives back: notes that probe when it is true, and the
    /// next when it is false.
    pub branch: String,
}

impl Names {
    /// Names that `script` does not contain.
    #[must_use]
    pub fn unused_in(script: &str) -> Self {
        let unused = |name: &str| {
            let mut name = name.to_owned();
            while script.contains(&name) {
                name.push('_');
            }
            name
        };
        Self { reached: unused("trace_reached"), branch: unused("trace_branch") }
    }
}

/// Adds the two functions to `engine`.
pub fn register(engine: &mut Engine, names: &Names, probes: usize) -> Hits {
    let hits: Hits = Rc::new(RefCell::new(vec![false; probes]));
    let seen = Rc::clone(&hits);
    engine.register_fn(&names.reached, move |probe: i64| note(&seen, probe));
    let seen = Rc::clone(&hits);
    engine.register_fn(&names.branch, move |probe: i64, condition: Dynamic| -> Dynamic {
        if let Ok(condition) = condition.as_bool() {
            note(&seen, if condition { probe } else { probe + 1 });
        }
        condition
    });
    hits
}

fn note(hits: &Hits, probe: i64) {
    let mut hits = hits.borrow_mut();
    if let Some(hit) = usize::try_from(probe).ok().and_then(|probe| hits.get_mut(probe)) {
        *hit = true;
    }
}

/// What a traced run answers with.
#[derive(Serialize)]
pub struct Answer<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    verdict: Option<&'a Dynamic>,
    #[serde(skip_serializing_if = "Option::is_none")]
    failure: Option<&'a str>,
    probes: Vec<usize>,
}

/// The answer of a run that ended with `verdict`, or failed.
#[must_use]
pub fn answer<'a>(verdict: Result<&'a Dynamic, &'a str>, hits: &Hits) -> Answer<'a> {
    let probes = hits.borrow().iter().enumerate().filter(|(_, hit)| **hit).map(|(probe, _)| probe).collect();
    Answer { verdict: verdict.ok(), failure: verdict.err(), probes }
}
