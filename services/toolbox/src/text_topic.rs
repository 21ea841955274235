//! `text_topic(text, topics)`: how strongly a text speaks of each declared topic, and which words say so.
//! Offline and deterministic: a vocabulary derived from WordNet and a shallow reading of the sentence, in linear time.

use serde_json::{Value, json};

use crate::args::Args;
use crate::{Prepared, ToolError, ToolRun, ToolSpec};

mod lemma;
pub(crate) mod lookup;
mod mentions;
mod score;
mod tokens;
mod topic;
mod units;
mod vocabulary;
mod words;

#[cfg(test)]
mod tests;

const NAME: &str = "text_topic";

pub(crate) const SPEC: ToolSpec = ToolSpec {
    name: NAME,
    signature: "text_topic(text: string, topics: map) -> {\"topics\": [{\"topic\", \"score\", \"matches\": [{\"weight\", \"pattern\", \
                \"action\", \"object\"}]}]}",
    doc: "Scores a request in English against every topic: 0 (not about it) to 1. A topic is #{\"patterns\": [#{\"actions\": [category], \
          \"objects\": [category], \"weight\": 1.0}], \"words\": #{word: weight}, \"verbs\": #{verb: weight}}. A pattern fits where one of its actions is done to one of \
          its objects; without `actions` any action fits, without `objects` the action alone is enough. Categories are sets of \
          words from WordNet, such as \"lodging\", \"vehicle\", \"goods\", \"medicine\" or the actions \"to_buy\", \"to_search\"; \
          categories.toml lists them, \"words\" means the topic's own words, and \"verbs\" its own actions. The direct object counts \
          in full, what stands after a preposition or beside the head of a phrase less. Highest score first; topics that nothing \
          speaks for are left out. `matches` says why: the words, their spans in characters and their categories. Same text, same result.",
    example: "text_topic(\"Book a hotel\", #{\"stay\": #{\"patterns\": [#{\"actions\": [\"to_book\"], \"objects\": [\"lodging\"]}]}}) \
              == #{\"topics\": [#{\"topic\": \"stay\", \"score\": 1.0, \"matches\": [#{\"weight\": 1.0, \"pattern\": 0, \
              \"action\": #{\"text\": \"book\", \"start\": 0, \"end\": 4, \"category\": \"to_book\"}, \
              \"object\": #{\"text\": \"hotel\", \"start\": 7, \"end\": 12, \"category\": \"lodging\"}}]}]}",
    min_args: 2,
    max_args: 2,
    pure: true,
    base_fuel: 5_000,
    fuel_per_byte: 400,
    max_input_bytes: 128 << 10,
    run: ToolRun::Native(run),
};

fn run(_: &Prepared, args: &[Value]) -> Result<Value, ToolError> {
    let args = Args::new(NAME, args);
    let text = args.text(0, "text")?;
    let complain = |problem: String| ToolError::new(format!("`{NAME}`: {problem}"));
    let (topics, own) = topic::read_topics(args.object(1, "topics")?).map_err(complain)?;
    let units = units::units(text, &own);
    let mentions = mentions::mentions(&units);
    let mut scored: Vec<_> = topics.iter().map(|topic| score::score(topic, &units, &mentions)).collect();
    scored.retain(|topic| topic.score > 0.0);
    scored.sort_by(|a, b| b.score.total_cmp(&a.score).then_with(|| a.topic.cmp(b.topic)));
    let rows: Vec<Value> = scored.iter().map(|topic| explain(topic, &units)).collect();
    Ok(json!({ "topics": rows }))
}

fn explain(topic: &score::Scored<'_>, units: &[units::Unit]) -> Value {
    let word = |(index, category): (usize, u16)| {
        let unit = units.get(index)?;
        Some(
            json!({ "text": unit.text, "start": unit.start, "end": unit.end, "category": topic::category_name(category) }),
        )
    };
    let matches: Vec<Value> = topic
        .evidence
        .iter()
        .map(|piece| {
            let weight = (piece.weight * 1000.0).round() / 1000.0;
            json!({ "pattern": piece.pattern, "weight": weight, "object": piece.object.and_then(word), "action": piece.action.and_then(word) })
        })
        .collect();
    json!({ "topic": topic.topic, "score": topic.score, "matches": matches })
}
