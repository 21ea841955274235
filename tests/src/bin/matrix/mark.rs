//! What a guard is made to do by a word in the text, and what has to come of it.

use parapet_domain::{Decision, FailureKind, RefusalKind};

/// What the guard does about a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mark {
    Allow,
    Redact,
    Ask,
    Deny,
    Fails(FailureKind),
}

/// What the text says once it is redacted.
pub(crate) const GONE: &str = "[gone]";

impl Mark {
    pub(crate) const ALL: [Self; 10] = [
        Self::Allow,
        Self::Redact,
        Self::Ask,
        Self::Deny,
        Self::Fails(FailureKind::OutOfFuel),
        Self::Fails(FailureKind::OutOfMemory),
        Self::Fails(FailureKind::TimedOut),
        Self::Fails(FailureKind::Trapped),
        Self::Fails(FailureKind::BadOutput),
        Self::Fails(FailureKind::ToolFailed),
    ];

    /// For names and tables.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Allow => "allow",
            Self::Redact => "redact",
            Self::Ask => "ask",
            Self::Deny => "deny",
            Self::Fails(kind) => kind.as_str(),
        }
    }

    /// The word that makes the guard do it.
    pub(crate) fn word(self) -> String {
        format!("mark-{}", self.as_str().replace('_', "-"))
    }

    pub(crate) const fn decision(self) -> Decision {
        match self {
            Self::Allow => Decision::Allow,
            Self::Redact => Decision::Redact,
            Self::Ask => Decision::Ask,
            Self::Deny | Self::Fails(_) => Decision::Deny,
        }
    }

    pub(crate) const fn reason_code(self) -> &'static str {
        match self {
            Self::Allow => "",
            Self::Redact => "marked_redact",
            Self::Ask => "marked_ask",
            Self::Deny => "marked_deny",
            Self::Fails(kind) => kind.reason_code(),
        }
    }

    /// How it is refused; `None` when it passes.
    pub(crate) const fn refusal(self) -> Option<RefusalKind> {
        match self {
            Self::Allow | Self::Redact => None,
            Self::Ask => Some(RefusalKind::ApprovalRequired),
            Self::Deny => Some(RefusalKind::Blocked),
            Self::Fails(kind) if kind.is_transient() => Some(RefusalKind::Unavailable),
            Self::Fails(_) => Some(RefusalKind::GuardFailed),
        }
    }
}
