//! The cells of the matrix, made from what each surface says it has.

use anyhow::Result;
use parapet_domain::{Decision, RefusalKind};

use crate::mark::Mark;
use crate::speak::{ALL, Exchange, Speaker};

/// Passed, or why not.
pub(crate) type Outcome = Result<()>;

/// How an answer comes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mode {
    /// In one piece.
    Whole,
    /// As a stream that is held until it is judged.
    Stream,
    /// As a stream in windows.
    Windows,
}

impl Mode {
    pub(crate) const ALL: [Self; 3] = [Self::Whole, Self::Stream, Self::Windows];

    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Whole => "whole",
            Self::Stream => "stream",
            Self::Windows => "windows",
        }
    }
}

/// Which piece of content bears the mark.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Piece {
    System,
    User,
    Assistant,
    Refusal,
    ToolDefinition,
    CallArguments,
    ToolResult,
    Structured,
    Answer,
    AnswerCall,
}

impl Piece {
    pub(crate) const ALL: [Self; 10] = [
        Self::System,
        Self::User,
        Self::Assistant,
        Self::Refusal,
        Self::ToolDefinition,
        Self::CallArguments,
        Self::ToolResult,
        Self::Structured,
        Self::Answer,
        Self::AnswerCall,
    ];

    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::System => "system",
            Self::User => "user",
            Self::Assistant => "assistant history",
            Self::Refusal => "refusal history",
            Self::ToolDefinition => "tool definition",
            Self::CallArguments => "tool-call arguments",
            Self::ToolResult => "tool result",
            Self::Structured => "structured content",
            Self::Answer => "answer",
            Self::AnswerCall => "tool call answered",
        }
    }
}

/// One cell.
pub(crate) struct Cell {
    pub(crate) speaker: &'static dyn Speaker,
    pub(crate) mode: Mode,
    pub(crate) piece: Piece,
    pub(crate) mark: Mark,
    pub(crate) exchange: Exchange,
}

/// The reason where a redaction cannot go back.
const NOT_CARRIED: &str = "redaction_not_carried";

impl Cell {
    /// Whether the guard's redaction is refused, since the protocol cannot carry it back.
    fn loses_edits(&self) -> bool {
        self.mark == Mark::Redact && !self.speaker.carries_edits(self.piece)
    }

    /// How it is refused; `None` when it passes.
    pub(crate) fn refusal(&self) -> Option<RefusalKind> {
        if self.loses_edits() { Some(RefusalKind::Blocked) } else { self.mark.refusal() }
    }

    pub(crate) fn decision(&self) -> Decision {
        if self.loses_edits() { Decision::Deny } else { self.mark.decision() }
    }

    pub(crate) fn reason_code(&self) -> &'static str {
        if self.loses_edits() { NOT_CARRIED } else { self.mark.reason_code() }
    }

    pub(crate) fn name(&self) -> String {
        format!("{} {} {} {}", self.speaker.label(), self.mode.as_str(), self.piece.as_str(), self.mark.as_str())
    }
}

/// Failures that no content of an exchange brings about.
const NO_CONTENT: [(&str, &str); 4] = [
    (
        "tool_not_granted",
        "a tool that was not granted is found when the guard is built; the host's refusal at run time is in the hostile corpus",
    ),
    (
        "no_capacity",
        "it comes of other traffic, not of content; the tests of the sandbox and the gateway fill all places",
    ),
    ("not_generated", "it comes of a `per_event` guard without a model; a test of the running sidecar has one"),
    ("audit_unavailable", "it comes of a store that is away; the loss test and the gateway's tests take it away"),
];

/// Every cell, and those that cannot exist with the protocol's reason.
pub(crate) fn all() -> (Vec<Cell>, Vec<(String, &'static str)>) {
    let (mut cells, mut impossible) = (Vec::new(), Vec::new());
    impossible.extend(NO_CONTENT.map(|(kind, why)| (format!("every surface {kind}"), why)));
    for speaker in ALL {
        for mode in Mode::ALL {
            if let Err(why) = speaker.has(mode) {
                impossible.push((format!("{} {}", speaker.label(), mode.as_str()), why));
                continue;
            }
            for piece in Piece::ALL {
                for mark in Mark::ALL {
                    match speaker.exchange(mode, piece, &format!("some words, {} and more", mark.word())) {
                        Ok(exchange) => cells.push(Cell { speaker: *speaker, mode, piece, mark, exchange }),
                        Err(why) if mark == Mark::Allow => {
                            impossible.push((format!("{} {} {}", speaker.label(), mode.as_str(), piece.as_str()), why));
                        }
                        Err(_) => {}
                    }
                }
            }
        }
    }
    (cells, impossible)
}
