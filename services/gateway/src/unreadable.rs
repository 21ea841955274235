//! An answer that cannot be taken apart leaves a record too: without parts, and refused whatever the route says.

use bytes::Bytes;
use parapet_domain::reason::PART_NOT_INSPECTED;
use parapet_domain::{Refusal, RefusalKind};
use serde_json::Value;

use crate::error::Stop;
use crate::exchange::Exchange;
use crate::unseen::UNREADABLE;
use crate::{fold, judge, parse, record};

/// `stop`, once it is on record.
pub(crate) async fn recorded(exchange: &mut Exchange<'_>, stop: Stop) -> Stop {
    let (held, judged) = judge::judge(exchange, parse::unread(Bytes::new(), Some(UNREADABLE))).await;
    let mut decided = fold::fold(exchange, &held, judged);
    for decided in &mut decided {
        fold::refuse(decided, refusal());
    }
    record::record(exchange, decided).await.err().unwrap_or(stop)
}

fn refusal() -> Refusal {
    Refusal {
        kind: RefusalKind::Blocked,
        reason_code: PART_NOT_INSPECTED.to_owned(),
        message: "the upstream's answer cannot be inspected, so it is not passed on".to_owned(),
        details: Value::Null,
    }
}
