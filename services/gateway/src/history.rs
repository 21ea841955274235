//! A conversation in which an earlier turn is refused. A client goes on sending what was refused as part of its history; unless the
//! route says otherwise, every later request would be refused for it too. Here the turns are judged one by one, and those that are
//! refused are taken out of the body before it takes its ordinary way.

use bytes::Bytes;
use parapet_domain::{Folded, RefusalKind};
use parapet_surfaces::{Draft, ParsedBody, Turns};

use crate::config::{RefusedTurns, RouteKind};
use crate::error::Stop;
use crate::exchange::Exchange;
use crate::fold::Decided;
use crate::held::{Body, Held};
use crate::intercept::pass;
use crate::release::Released;
use crate::{fold, judge, parse, recognise, record};

/// Most turns that are judged one by one. A longer conversation stays refused.
const MOST: usize = 200;

/// What becomes of a request that was refused: released without its refused turns, or stopped as it was.
pub(crate) async fn mended(exchange: &mut Exchange<'_>, body: Bytes, stop: Stop) -> Result<Released, Stop> {
    let (RouteKind::Model(api, _), Stop::Refused { refusal, .. }) = (&exchange.route().kind, &stop) else {
        return Err(stop);
    };
    let (api, how) = (*api, exchange.route().refused_turns);
    if how == RefusedTurns::Refuse || refusal.kind != RefusalKind::Blocked {
        return Err(stop);
    }
    let Ok(parsed) = api.parse_request(&body) else { return Err(stop) };
    let turns = Turns::of(api.conversation(), &parsed.events);
    let Some(refused) = refused(exchange, &body, &turns).await? else { return Err(stop) };
    let reason = refused.first().map(|(_, reason)| reason.clone()).unwrap_or_default();
    let indices: Vec<usize> = refused.into_iter().map(|(index, _)| index).collect();
    let notice = format!("[Removed: refused by a guard ({reason}).]");
    let mended = match how {
        RefusedTurns::Cut => turns.cut(&body, &indices, &notice),
        RefusedTurns::Replace | RefusedTurns::Refuse => turns.replaced(&body, &indices, &notice),
    };
    let Ok(mended) = mended else { return Err(stop) };
    tracing::info!(exchange.id = %exchange.id, turns = indices.len(), "refused turns taken out of the history");
    // The rest is a body like any other: all of it is judged together, and recorded.
    exchange.worst = None;
    let held = parse::request(exchange, mended.into())?;
    pass(exchange, held).await
}

/// The earlier turns that are refused by themselves, with the reasons; `None` when that does not help: what is new is refused too, or there
/// is more to it than guards that say no. Each of these decisions is recorded.
async fn refused(
    exchange: &mut Exchange<'_>,
    body: &Bytes,
    turns: &Turns,
) -> Result<Option<Vec<(usize, String)>>, Stop> {
    let earlier = turns.earlier();
    if earlier.is_empty() || earlier.len() > MOST {
        return Ok(None);
    }
    let (mut drafts, mut places): (Vec<Draft>, Vec<Option<usize>>) = (Vec::new(), Vec::new());
    let new = turns.rest().into_iter().map(|draft| (None, draft));
    let all = earlier.iter().flat_map(|(index, drafts)| drafts.iter().map(|draft| (Some(*index), draft)));
    for (place, draft) in all.chain(new) {
        drafts.push(draft.clone());
        places.push(place);
    }
    let parsed = ParsedBody { events: drafts, ..ParsedBody::default() };
    let earlier = recognise::earlier(exchange, &parsed.events);
    let held = Held { earlier, ..Held::new(Body::Whole(body.clone()), parsed) };
    let (held, judged) = judge::judge(exchange, held).await;
    let decided = fold::fold(exchange, &held, judged);
    let found = of_earlier_turns(&decided, &places);
    record::record(exchange, decided).await?;
    Ok(found)
}

fn of_earlier_turns(decided: &[Decided], places: &[Option<usize>]) -> Option<Vec<(usize, String)>> {
    let mut found: Vec<(usize, String)> = Vec::new();
    for (decided, place) in decided.iter().zip(places) {
        let Folded::Refused(refusal) = &decided.folded else { continue };
        let index = place.filter(|_| refusal.kind == RefusalKind::Blocked)?;
        if found.last().is_none_or(|(last, _)| *last != index) {
            found.push((index, refusal.reason_code.clone()));
        }
    }
    (!found.is_empty()).then_some(found)
}
