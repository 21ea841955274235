//! Envoy's external authorization over HTTP: chat requests that Envoy holds.

use anyhow::Result;
use parapet_domain::RefusalKind;
use parapet_tests::client::Answer;

use super::chat::Chat;
use super::{Exchange, Speaker};
use crate::cell::{Mode, Piece};
use crate::check::error_code;

pub(crate) struct ExtAuthz;

impl Speaker for ExtAuthz {
    fn name(&self) -> &'static str {
        "ext_authz"
    }

    fn headers(&self) -> &'static [(&'static str, &'static str)] {
        &[("x-envoy-auth-partial-body", "false")]
    }

    fn route(&self) -> String {
        "[[route]]\nname = \"envoy\"\nsurface = \"ext_authz\"\ninspects = \"openai_chat\"\nprincipal = \"optional\"\ncredential = \"optional\"\n".to_owned()
    }

    fn has(&self, mode: Mode) -> Result<(), &'static str> {
        if mode == Mode::Whole {
            Ok(())
        } else {
            Err("Envoy asks about requests; answers do not pass through external authorization")
        }
    }

    fn carries_edits(&self, _: Piece) -> bool {
        false
    }

    fn exchange(&self, mode: Mode, piece: Piece, text: &str) -> Result<Exchange, &'static str> {
        if matches!(piece, Piece::Answer | Piece::AnswerCall) {
            return Err("Envoy asks about requests; answers do not pass through external authorization");
        }
        let path = "/ext_authz/v1/chat/completions".to_owned();
        Ok(Exchange { path, upstream: None, ..Chat.exchange(mode, piece, text)? })
    }

    fn refused(&self, _: &Exchange, kind: RefusalKind, reason_code: &str, answer: &Answer) -> Result<()> {
        let status = if kind == RefusalKind::Unavailable { 503 } else { 400 };
        error_code(answer, status, "/error/code", kind.code())?;
        error_code(answer, status, "/error/reason_code", reason_code)
    }
}
