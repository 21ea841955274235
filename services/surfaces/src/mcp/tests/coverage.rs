use proptest::prelude::*;

use super::*;
use crate::arbitrary::{self, uncovered, with_unique_texts};
use crate::document::is_plain_word;
use crate::rewrite;

/// Keys that mean something here.
const KEYS: &[&str] = &[
    "_meta",
    "action",
    "arguments",
    "blob",
    "capabilities",
    "clientInfo",
    "code",
    "content",
    "contents",
    "data",
    "description",
    "input",
    "instructions",
    "isError",
    "level",
    "message",
    "messages",
    "mimeType",
    "model",
    "name",
    "nextCursor",
    "progressToken",
    "prompts",
    "reason",
    "ref",
    "requestedSchema",
    "resource",
    "resourceTemplates",
    "resources",
    "role",
    "serverInfo",
    "structuredContent",
    "systemPrompt",
    "text",
    "tools",
    "type",
    "uri",
    "a b",
];
const METHODS: &[&str] = &[
    "completion/complete",
    "elicitation/create",
    "initialize",
    "logging/setLevel",
    "notifications/cancelled",
    "notifications/message",
    "notifications/progress",
    "ping",
    "prompts/get",
    "prompts/list",
    "resources/list",
    "resources/read",
    "resources/templates/list",
    "roots/list",
    "sampling/createMessage",
    "tasks/result",
    "tools/call",
    "tools/list",
    "vendor/unknown",
];

fn object() -> impl Strategy<Value = Value> {
    let map = |value: BoxedStrategy<Value>| {
        prop::collection::btree_map(prop::sample::select(KEYS).prop_map(str::to_owned), value, 0..7)
            .prop_map(|map| Value::Object(map.into_iter().collect()))
    };
    let leaf = prop_oneof![
        2 => arbitrary::json(),
        1 => prop::sample::select(&["text", "image", "audio", "resource", "tool_use", "tool_result"][..]).prop_map(Value::from),
    ];
    let value = leaf.prop_recursive(3, 30, 5, move |inner| {
        prop_oneof![map(inner.clone().boxed()), prop::collection::vec(inner, 0..4).prop_map(Value::from)]
    });
    map(value.boxed())
}

fn message() -> impl Strategy<Value = (Sender, Value, Option<Asked>)> {
    let sender = prop::sample::select(&[Sender::Client, Sender::Server][..]);
    (sender, prop::sample::select(METHODS), 0u8..4, object()).prop_map(|(sender, method, kind, content)| {
        let content = with_unique_texts(content);
        let message = match kind {
            0 => json!({"jsonrpc": "2.0", "id": 1, "method": method, "params": content}),
            1 => json!({"jsonrpc": "2.0", "method": method, "params": content}),
            2 => json!({"jsonrpc": "2.0", "id": 1, "result": content}),
            _ => json!({"jsonrpc": "2.0", "id": 1, "error": content}),
        };
        (sender, message, asked(method))
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4_000))]

    #[test]
    fn every_text_is_inspected_or_listed((sender, message, asked) in message()) {
        let text = message.to_string();
        let parsed = Message::parse(text.as_bytes()).unwrap();
        // What has another shape than its method asks for is refused, which covers all of it.
        if let Ok(taken) = parsed.take_apart(sender, asked.as_ref()) {
            let mut bare = message;
            bare.as_object_mut().unwrap().retain(|key, _| !["jsonrpc", "id", "method"].contains(&key.as_str()));
            // A plain word passes unseen as a setting; under all other keys there is none in these bodies.
            let setting = |place: &str, text: &str| {
                is_plain_word(text) && place.split('/').any(|key| ["model", "role", "type"].contains(&key))
            };
            let missed = uncovered(&bare, &taken.body);
            let missed: Vec<_> = missed.into_iter().filter(|(place, text)| !setting(place, text)).collect();
            prop_assert_eq!(missed, vec![]);
            if let Some((_, items)) = taken.offers {
                prop_assert_eq!(items.len(), taken.body.events.len());
            }
        }
    }

    #[test]
    fn edits_come_back_to_their_places((sender, message, asked) in message()) {
        let text = message.to_string();
        let parsed = Message::parse(text.as_bytes()).unwrap();
        let Ok(taken) = parsed.take_apart(sender, asked.as_ref()) else { return Ok(()) };
        for draft in &taken.body.events {
            let edits: Vec<_> = draft.parts.iter().enumerate().filter(|(_, part)| part.json.is_none() && !part.text.is_empty())
                .map(|(part, _)| parapet_domain::Edit { part, start: 0, end: 1, replacement: "#".to_owned() }).collect();
            let out = rewrite(text.as_bytes(), &[(draft, &edits)]).unwrap();
            prop_assert!(Message::parse(&out).is_ok());
        }
    }

    #[test]
    fn no_bytes_make_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..120)) {
        let _ = split(&bytes, true);
        let _ = Message::parse(&bytes).map(|message| message.take_apart(Sender::Server, None).is_ok());
    }
}
