//! What a request states, piece by piece, before the pieces are checked against each other.

use std::fmt;

/// What is done with a resource.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Verb {
    /// Read, see, view.
    Read,
    /// Write, create, change.
    Write,
    /// Delete, remove.
    Delete,
}

impl Verb {
    /// The verb that a word means.
    pub(crate) fn of(word: &str) -> Option<Self> {
        match word {
            "read" | "reads" | "see" | "sees" | "view" | "views" | "access" | "accesses" | "query" | "queries"
            | "get" | "gets" | "fetches" | "opens" => Some(Self::Read),
            "write" | "writes" | "change" | "changes" | "update" | "updates" | "edit" | "edits" | "modify"
            | "modifies" | "create" | "creates" | "insert" | "inserts" | "add" | "adds" => Some(Self::Write),
            "delete" | "deletes" | "remove" | "removes" | "erase" | "erases" => Some(Self::Delete),
            _ => None,
        }
    }

    /// What stands before a resource's name in the facts: nothing for reading.
    pub(super) const fn prefix(self) -> &'static str {
        match self {
            Self::Read => "",
            Self::Write => "write ",
            Self::Delete => "delete ",
        }
    }

    /// The word.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Write => "write",
            Self::Delete => "delete",
        }
    }
}

/// A resource and what is done with it. Shown as the facts write it: `accounts`, `write accounts`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Key {
    /// What is done.
    pub(super) verb: Verb,
    /// The resource's name.
    pub(super) resource: String,
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.verb.prefix(), self.resource)
    }
}

/// Which fields of a resource.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Fields {
    /// All of them.
    All,
    /// All but these.
    AllBut(Vec<String>),
    /// Only these.
    Only(Vec<String>),
}

/// Whom a statement is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Who {
    /// All roles.
    Everyone,
    /// Roles, as written.
    Roles(Vec<String>),
}

/// What a statement is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum What {
    /// One resource.
    Resource(String),
    /// All resources but these.
    Everything(Vec<String>),
}

/// What a statement does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Effect {
    /// It opens.
    Open,
    /// It closes.
    Closed,
    /// It opens for those who have an approval.
    Approval,
}

/// One grant, or its opposite.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Grant {
    /// The sentence, row or item that it stands in.
    pub(super) sentence: String,
    /// Whom it is about.
    pub(super) who: Who,
    /// Whether nobody else may have it.
    pub(super) only: bool,
    /// Whether it opens or closes.
    pub(super) effect: Effect,
    /// What is done.
    pub(super) verbs: Vec<Verb>,
    /// With what.
    pub(super) what: What,
    /// With which of its fields.
    pub(super) fields: Fields,
    /// Names that were taken for fields and must not turn out to be resources.
    pub(super) unsure: Vec<String>,
}

/// One thing that a request states.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Statement {
    /// A grant.
    Grant(Grant),
    /// Roles. When `complete`, there are no others, and each of them has to be spoken of.
    Roles {
        /// Where it stands.
        sentence: String,
        /// Their names.
        names: Vec<String>,
        /// Whether these are all.
        complete: bool,
    },
    /// How many roles there are.
    RoleCount {
        /// Where it stands.
        sentence: String,
        /// How many.
        count: usize,
    },
    /// Resources; same as for roles.
    Resources {
        /// Where it stands.
        sentence: String,
        /// Their names.
        names: Vec<String>,
        /// Whether these are all.
        complete: bool,
    },
    /// All fields of a resource.
    Columns {
        /// Where it stands.
        sentence: String,
        /// The resource.
        resource: String,
        /// Its fields.
        columns: Vec<String>,
    },
    /// Fields that are in no list are refused; some of them.
    Unlisted {
        /// Where it stands.
        sentence: String,
        /// Fields that must be in no list.
        examples: Vec<String>,
    },
    /// The table stands in the facts under this key.
    Listed {
        /// Where it stands.
        sentence: String,
        /// The key.
        key: String,
    },
    /// What is not opened is refused.
    Refuse(String),
    /// What is not opened needs approval.
    Ask(String),
}
