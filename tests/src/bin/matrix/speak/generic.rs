//! An agent's own JSON API, mapped by pointers.

use anyhow::Result;
use parapet_domain::{RefusalKind, Stage};
use parapet_tests::client::Answer;
use serde_json::json;

use super::{Exchange, Speaker};
use crate::cell::{Mode, Piece};
use crate::check::error_code;
use crate::model::path;

pub(crate) struct Generic;

const ONE_STAGE: &str = "a generic route has one question and one answer: the mapping names their parts, and has no turns, tools or history of its own";

impl Speaker for Generic {
    fn name(&self) -> &'static str {
        "generic"
    }

    fn settings(&self) -> &'static str {
        r#"request_parts = [{ name = "question", pointer = "/question", required = false }, { name = "context", pointer = "/context", kind = "json", required = false }]
answer_parts = [{ name = "answer", pointer = "/answer" }]
"#
    }

    fn has(&self, mode: Mode) -> Result<(), &'static str> {
        if mode == Mode::Whole {
            Ok(())
        } else {
            Err("an agent's own API is mapped by JSON Pointers into one JSON body; it has no streams")
        }
    }

    fn exchange(&self, mode: Mode, piece: Piece, text: &str) -> Result<Exchange, &'static str> {
        let (mut body, mut answer) = (json!({"question": "hello"}), json!({"answer": "fine"}));
        let (stage, pointer) = match piece {
            Piece::User => {
                body["question"] = text.into();
                (Stage::Input, "/question")
            }
            Piece::Structured => {
                body["context"] = json!({"page": {"title": text}});
                (Stage::Input, "/context")
            }
            Piece::Answer => {
                answer["answer"] = text.into();
                (Stage::Output, "/answer")
            }
            _ => return Err(ONE_STAGE),
        };
        let upstream = Some(("application/json", answer.to_string()));
        let in_answer = piece == Piece::Answer;
        Ok(Exchange {
            mode,
            path: path(self.name(), mode),
            body: body.to_string(),
            upstream,
            in_answer,
            stage,
            pointer,
        })
    }

    fn refused(&self, _: &Exchange, kind: RefusalKind, reason_code: &str, answer: &Answer) -> Result<()> {
        let status = match kind {
            RefusalKind::ApprovalRequired => 202,
            RefusalKind::Unavailable => 503,
            RefusalKind::Blocked | RefusalKind::GuardFailed => 400,
        };
        error_code(answer, status, "/error/code", kind.code())?;
        error_code(answer, status, "/error/reason_code", reason_code)
    }
}
