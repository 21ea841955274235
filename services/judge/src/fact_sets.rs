//! The facts that a guard's tests are run with: the manifest's own, and those into which tests put something of theirs.
//! A guard is built once for each.

use parapet_sandbox::{GuardCode, LoadedGuard, Sandbox};
use serde_json::{Map, Value};

use crate::{Guard, GuardSource, GuardTest};

/// The different facts of some tests: number 0 is the manifest's own, the others follow.
#[derive(Debug, Clone)]
pub struct FactSets<'a>(Vec<&'a Map<String, Value>>);

impl<'a> FactSets<'a> {
    /// Most that one guard's tests may need, the manifest's own counted.
    pub const MAX: usize = 16;

    /// Those of `tests`.
    #[must_use]
    pub fn of(tests: &'a [GuardTest]) -> Self {
        let mut sets = Vec::new();
        for test in tests.iter().filter(|test| !test.facts.is_empty()) {
            if !sets.contains(&&test.facts) {
                sets.push(&test.facts);
            }
        }
        Self(sets)
    }

    /// How many there are; at least one.
    #[must_use]
    pub const fn count(&self) -> usize {
        self.0.len() + 1
    }

    /// Which of them `test` is run with.
    #[must_use]
    pub fn place(&self, test: &GuardTest) -> Option<usize> {
        if test.facts.is_empty() {
            return Some(0);
        }
        self.0.iter().position(|set| **set == test.facts).map(|index| index + 1)
    }

    /// `own`, the facts of a manifest, with what set `place` puts into them.
    #[must_use]
    pub fn facts(&self, place: usize, own: &Value) -> Value {
        let mut facts = own.clone();
        if let Some(set) = place.checked_sub(1).and_then(|index| self.0.get(index)) {
            put(&mut facts, set);
        }
        facts
    }

    /// Code with the facts of each but the manifest's own.
    pub fn others(&self, source: &GuardSource) -> impl Iterator<Item = GuardCode> {
        let code = source.to_code();
        (1..self.count()).map(move |place| GuardCode { facts: self.facts(place, &code.facts), ..code.clone() })
    }
}

/// Puts the entries of `own` into `facts`: tables into tables, everything else in place of what is there.
fn put(facts: &mut Value, own: &Map<String, Value>) {
    let Value::Object(facts) = facts else { return };
    for (key, value) in own {
        match (facts.get_mut(key), value) {
            (Some(table @ Value::Object(_)), Value::Object(own)) => put(table, own),
            (Some(other), _) => *other = value.clone(),
            (None, _) => {
                facts.insert(key.clone(), value.clone());
            }
        }
    }
}

/// What is wrong with the facts of one of `tests`, with its index.
pub(crate) fn complaint(tests: &[GuardTest], own: &Value) -> Option<(usize, String)> {
    let unknown = tests.iter().enumerate().find_map(|(index, test)| {
        let key = test.facts.keys().find(|key| own.get(key.as_str()).is_none())?;
        Some((index, format!("`facts` has `{key}`, which is not in [facts] of guard.toml; give it a default there")))
    });
    unknown.or_else(|| {
        let sets = FactSets::of(tests);
        let index = tests.iter().position(|test| sets.place(test).is_some_and(|place| place >= FactSets::MAX))?;
        let most = FactSets::MAX - 1;
        Some((index, format!("the tests have more than {most} different `facts`; let some of them have the same")))
    })
}

/// A guard with each set of facts that its tests need.
pub(crate) struct Built<'g> {
    sets: FactSets<'g>,
    own: &'g LoadedGuard,
    others: Vec<Result<LoadedGuard, String>>,
}

impl<'g> Built<'g> {
    pub(crate) fn new(sandbox: &Sandbox, guard: &'g Guard) -> Self {
        let sets = FactSets::of(&guard.source.tests);
        let build = |code| sandbox.build(&code).map_err(|error| error.to_string());
        let others = sets.others(&guard.source).map(build).collect();
        Self { sets, own: &guard.loaded, others }
    }

    /// The guard that `test` is run on.
    pub(crate) fn guard(&self, test: &GuardTest) -> Result<&LoadedGuard, String> {
        match self.sets.place(test) {
            Some(0) => Ok(self.own),
            place => match place.and_then(|place| self.others.get(place - 1)) {
                Some(Ok(guard)) => Ok(guard),
                Some(Err(error)) => Err(format!("with its facts the guard does not build: {error}")),
                None => Err("its facts are not known".to_owned()),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn tests_with(facts: &[Value]) -> Vec<GuardTest> {
        let line =
            |facts: &Value| json!({"description": "d", "event": {}, "facts": facts, "expect": {"verdict": "allow"}});
        let lines: Vec<String> = facts.iter().map(|facts| line(facts).to_string()).collect();
        GuardTest::parse_lines(&lines.join("\n")).unwrap()
    }

    #[test]
    fn tables_are_put_into_tables_and_everything_else_is_replaced() {
        let own = json!({"limits": {"day": 3, "hour": 1}, "names": ["a", "b"], "strict": true});
        let tests =
            tests_with(&[json!({}), json!({"limits": {"hour": 2}, "names": ["c"]}), json!({"limits": 7}), json!({})]);
        let sets = FactSets::of(&tests);
        let places: Vec<_> = tests.iter().map(|test| sets.place(test).unwrap()).collect();
        assert_eq!((sets.count(), places), (3, vec![0, 1, 2, 0]));
        assert_eq!(sets.facts(0, &own), own);
        assert_eq!(sets.facts(1, &own), json!({"limits": {"day": 3, "hour": 2}, "names": ["c"], "strict": true}));
        assert_eq!(sets.facts(2, &own), json!({"limits": 7, "names": ["a", "b"], "strict": true}));
    }

    #[test]
    fn unknown_facts_and_too_many_are_complained_of() {
        let own = json!({"most": 3});
        assert_eq!(complaint(&tests_with(&[json!({}), json!({"most": 2})]), &own), None);
        let (index, message) = complaint(&tests_with(&[json!({}), json!({"mots": 2})]), &own).unwrap();
        assert_eq!(
            (index, message.as_str()),
            (1, "`facts` has `mots`, which is not in [facts] of guard.toml; give it a default there")
        );
        let many: Vec<Value> = (0..20).map(|n| json!({"most": n})).collect();
        let (index, message) = complaint(&tests_with(&many), &own).unwrap();
        assert_eq!(
            (index, message.as_str()),
            (15, "the tests have more than 15 different `facts`; let some of them have the same")
        );
    }
}
