//! Envoy's external authorization over gRPC: the same requests, described in another way.

use anyhow::{Result, ensure};
use parapet_domain::RefusalKind;
use parapet_tests::client::Answer;

use super::ext_authz::ExtAuthz;
use super::{Exchange, Speaker};
use crate::cell::{Mode, Piece};
use crate::transport::Transport;

pub(crate) struct ExtAuthzGrpc;

impl Speaker for ExtAuthzGrpc {
    fn name(&self) -> &'static str {
        ExtAuthz.name()
    }

    fn transport(&self) -> Transport {
        Transport::Grpc
    }

    fn headers(&self) -> &'static [(&'static str, &'static str)] {
        ExtAuthz.headers()
    }

    /// That of the surface over HTTP.
    fn route(&self) -> String {
        String::new()
    }

    fn has(&self, mode: Mode) -> Result<(), &'static str> {
        ExtAuthz.has(mode)
    }

    fn carries_edits(&self, piece: Piece) -> bool {
        ExtAuthz.carries_edits(piece)
    }

    fn exchange(&self, mode: Mode, piece: Piece, text: &str) -> Result<Exchange, &'static str> {
        // The path is the one that Envoy's client asked for.
        Ok(Exchange { path: "/v1/chat/completions".to_owned(), ..ExtAuthz.exchange(mode, piece, text)? })
    }

    fn refused(&self, exchange: &Exchange, kind: RefusalKind, reason_code: &str, answer: &Answer) -> Result<()> {
        if kind == RefusalKind::Unavailable {
            // An error of the call, so that Envoy's own policy for outages applies.
            ensure!(answer.status == 503 && answer.body.is_empty(), "{}: {}", answer.status, answer.text());
            return Ok(());
        }
        ExtAuthz.refused(exchange, kind, reason_code, answer)
    }
}
