//! The policy: who may do what with which fields. Tests take what is right from here, never from the guard.

use std::collections::BTreeMap;

use super::statement::{Key, Verb};

/// Fields of one resource that a role has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Right {
    /// These.
    Listed(Vec<String>),
    /// All but these of a resource whose fields are not all known.
    AllBut(Vec<String>),
}

/// Rights by role and key.
pub(super) type Rights = BTreeMap<(String, Key), Right>;

/// A resource that the policy speaks of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Resource {
    /// Its name.
    pub(super) name: String,
    /// All its fields, when the request names them all.
    pub(super) columns: Option<Vec<String>>,
    /// All its fields that the request names anywhere.
    pub(super) mentioned: Vec<String>,
}

/// The policy.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Policy {
    /// The roles, in order.
    pub(super) roles: Vec<String>,
    /// The resources, in order.
    pub(super) resources: Vec<Resource>,
    /// What is open.
    pub(super) open: Rights,
    /// What is open with an approval.
    pub(super) approval: Rights,
    /// Whether all else needs approval instead of being refused.
    pub(super) ask: bool,
    /// Fields that the request says are in no list.
    pub(super) unlisted: Vec<String>,
}

/// Fields of a resource, and what is done with them.
pub(super) type Want = (Key, Vec<String>);

/// What a user's program or call needs, in the order in which it does.
pub(super) type Needs = Vec<Want>;

/// What of it is not open, by key.
pub(super) type Missing = BTreeMap<String, Vec<String>>;

/// What is right.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Ruling {
    /// It passes.
    Allow,
    /// None of the roles has anything.
    Unknown,
    /// It is refused.
    Deny(Missing),
    /// A person has to approve it.
    Ask(Missing),
}

impl Policy {
    /// All verbs that are spoken of.
    pub(super) fn verbs(&self) -> Vec<Verb> {
        let keys = self.open.keys().chain(self.approval.keys()).map(|(_, key)| key.verb);
        let mut verbs: Vec<Verb> = keys.collect();
        verbs.sort_unstable();
        verbs.dedup();
        verbs
    }

    /// The resource of this name.
    pub(super) fn resource(&self, name: &str) -> Option<&Resource> {
        self.resources.iter().find(|resource| resource.name == name)
    }

    /// What stands for all fields of a resource.
    pub(super) fn whole(&self, resource: &str) -> Vec<String> {
        self.resource(resource).and_then(|found| found.columns.clone()).unwrap_or_else(|| vec!["*".to_owned()])
    }

    /// What is right for a user with these roles.
    pub(super) fn rule(&self, roles: &[&str], needs: &Needs) -> Ruling {
        let has_any = |role: &&str| self.open.keys().chain(self.approval.keys()).any(|(known, _)| known == role);
        if !roles.iter().any(has_any) {
            return Ruling::Unknown;
        }
        let missing = missing(needs, |key, field| holds(&self.open, roles, key, field));
        if missing.is_empty() {
            return Ruling::Allow;
        }
        let approved = |key: &Key, field: Option<&str>| {
            holds(&self.open, roles, key, field) || holds(&self.approval, roles, key, field)
        };
        if self.ask || self.has_approvals() && self::missing(needs, approved).is_empty() {
            return Ruling::Ask(missing);
        }
        Ruling::Deny(missing)
    }

    /// Whether something is open with an approval alone.
    pub(super) fn has_approvals(&self) -> bool {
        !self.approval.is_empty()
    }
}

fn missing(needs: &Needs, holds: impl Fn(&Key, Option<&str>) -> bool) -> Missing {
    let mut missing = Missing::new();
    for (key, fields) in needs {
        if !holds(key, None) {
            missing.entry(key.to_string()).or_default();
        }
        for field in fields.iter().filter(|field| !holds(key, Some(field))) {
            let lacking = missing.entry(key.to_string()).or_default();
            if !lacking.contains(field) {
                lacking.push(field.clone());
            }
        }
    }
    missing
}

/// Whether any of the roles has the field; without one, whether any has something of the resource.
fn holds(rights: &Rights, roles: &[&str], key: &Key, field: Option<&str>) -> bool {
    roles.iter().any(|role| {
        let right = rights.get(&((*role).to_owned(), key.clone()));
        match (right, field) {
            (None, _) => false,
            (Some(_), None) => true,
            (Some(Right::Listed(fields)), Some(field)) => fields.iter().any(|known| known == field),
            (Some(Right::AllBut(but)), Some("*")) => but.is_empty(),
            (Some(Right::AllBut(but)), Some(field)) => !but.iter().any(|known| known == field),
        }
    })
}
