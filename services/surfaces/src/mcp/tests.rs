use parapet_domain::{Origin, PartKind, Role, Stage};
use serde_json::{Value, json};

use super::*;

mod coverage;
mod envelope;
mod lines;
mod replies;

fn parse(sender: Sender, message: &Value, asked: Option<Asked>) -> ParsedMessage {
    let text = message.to_string();
    Message::parse(text.as_bytes()).unwrap().take_apart(sender, asked.as_ref()).unwrap()
}

fn request(method: &str, params: Value) -> Value {
    json!({"jsonrpc": "2.0", "id": 7, "method": method, "params": params})
}

fn result(result: Value) -> Value {
    json!({"jsonrpc": "2.0", "id": 7, "result": result})
}

fn asked(method: &str) -> Option<Asked> {
    Some(Asked { method: method.to_owned(), tool: (method == "tools/call").then(|| "look".to_owned()) })
}

/// Stage and pointers of each event.
fn events(parsed: &ParsedMessage) -> Vec<(Stage, Vec<&str>)> {
    parsed
        .body
        .events
        .iter()
        .map(|draft| (draft.stage, draft.parts.iter().map(|part| part.pointer.as_str()).collect()))
        .collect()
}

fn listed(parsed: &ParsedMessage) -> Vec<(&str, &str)> {
    parsed.body.not_inspected.iter().map(|entry| (entry.pointer.as_str(), entry.reason.as_str())).collect()
}

#[test]
fn a_tool_call_is_one_event_with_its_arguments() {
    let call =
        request("tools/call", json!({"name": "look", "arguments": {"what": "a b"}, "_meta": {"progressToken": 3}}));
    let parsed = parse(Sender::Client, &call, None);
    assert_eq!(events(&parsed), [(Stage::ToolCall, vec!["/params/arguments"])]);
    let part = &parsed.body.events[0].parts[0];
    assert_eq!(
        (part.kind, part.tool.as_deref(), part.call_id.as_deref()),
        (PartKind::ToolCall, Some("look"), Some("7"))
    );
    assert_eq!((part.json.clone(), part.origin), (Some(json!({"what": "a b"})), Origin::Model));
    let text = call.to_string();
    assert_eq!(Message::parse(text.as_bytes()).unwrap().tool().as_deref(), Some("look"));
}

#[test]
fn a_call_without_arguments_has_a_part_all_the_same() {
    let parsed = parse(Sender::Client, &request("tools/call", json!({"name": "look"})), None);
    let part = &parsed.body.events[0].parts[0];
    assert_eq!((part.text.as_str(), part.json.clone()), ("{}", Some(json!({}))));
}

#[test]
fn a_call_that_names_no_tool_is_refused() {
    for params in [
        json!({}),
        json!({"name": 3}),
        json!({"name": ""}),
        json!({"name": "x".repeat(513)}),
        json!({"name": "x", "arguments": "{}"}),
    ] {
        let text = request("tools/call", params.clone()).to_string();
        let error = Message::parse(text.as_bytes()).unwrap().take_apart(Sender::Client, None).unwrap_err();
        assert!(matches!(&error, McpError::Invalid { id: Some(id), .. } if id.as_json() == "7"), "{params}: {error:?}");
    }
}

#[test]
fn a_key_of_a_call_that_may_be_content_is_listed() {
    let call =
        request("tools/call", json!({"name": "look", "arguments": {}, "do this now": {"q": "x y"}, "odd": "y z"}));
    let parsed = parse(Sender::Client, &call, None);
    assert_eq!(events(&parsed), [(Stage::ToolCall, vec!["/params/arguments", "/params/odd"])]);
    assert_eq!(listed(&parsed), [("/params/do this now", "unmapped_field")]);
}

#[test]
fn a_result_is_judged_in_every_form_that_it_takes() {
    let answer = result(json!({
        "content": [
            {"type": "text", "text": "one", "annotations": {"audience": ["user"]}},
            {"type": "resource", "resource": {"uri": "file:///a b", "mimeType": "text/plain", "text": "two"}},
            {"type": "resource_link", "uri": "file:///x", "name": "n", "description": "three"},
            {"type": "image", "data": "AAAA", "mimeType": "image/png"},
            {"type": "audio", "data": "AAAA", "mimeType": "audio/wav"},
            {"type": "text", "data": "hidden"},
            {"type": "resource", "resource": {"uri": "file:///y", "blob": "AAAA"}}],
        "structuredContent": {"four": "4 4"}, "isError": false, "_meta": {"five": "5 5"}, "six": ["6"]}));
    let parsed = parse(Sender::Server, &answer, asked("tools/call"));
    assert_eq!(parsed.body.events.len(), 1);
    let draft = &parsed.body.events[0];
    assert_eq!(draft.stage, Stage::ToolResult);
    let texts: Vec<&str> = draft.parts.iter().map(|part| part.text.as_str()).collect();
    let expected = ["one", "file:///a b", "two", "file:///x", "n", "three", "hidden", "file:///y"];
    // `_meta` and what follows come in the order of the body, which is that of its keys here.
    assert!(expected.iter().all(|text| texts.contains(text)), "{texts:?}");
    for json in [r#"{"four":"4 4"}"#, r#"{"five":"5 5"}"#, r#"["6"]"#] {
        assert!(texts.contains(&json), "{json}: {texts:?}");
    }
    assert!(draft.parts.iter().all(|part| part.tool.as_deref() == Some("look") && part.origin == Origin::Tool));
    assert_eq!(
        listed(&parsed),
        [
            ("/result/content/3/data", "image"),
            ("/result/content/4/data", "audio"),
            ("/result/content/6/resource/blob", "file")
        ]
    );
}

#[test]
fn an_empty_result_of_a_tool_is_an_event_too() {
    let parsed = parse(Sender::Server, &result(json!({"content": []})), asked("tools/call"));
    assert_eq!(events(&parsed), [(Stage::ToolResult, vec!["/result/content"])]);
}

#[test]
fn each_definition_of_a_list_is_an_event_of_its_own() {
    let list = result(json!({"nextCursor": "abc", "tools": [{"name": "a", "description": "does a"}, {"name": "b"}]}));
    let parsed = parse(Sender::Server, &list, asked("tools/list"));
    assert_eq!(
        events(&parsed),
        [
            (Stage::Input, vec!["/result/nextCursor"]),
            (Stage::Input, vec!["/result/tools/0"]),
            (Stage::Input, vec!["/result/tools/1"])
        ]
    );
    assert_eq!(parsed.offers, Some(("/result/tools".to_owned(), vec![None, Some(0), Some(1)])));
    let part = &parsed.body.events[1].parts[0];
    assert_eq!((part.kind, part.tool.as_deref(), part.origin), (PartKind::ToolDefinition, Some("a"), Origin::Tool));
    let parsed = parse(Sender::Server, &result(json!({"resources": [{"uri": "x"}]})), asked("resources/list"));
    assert_eq!(parsed.offers, Some(("/result/resources".to_owned(), vec![Some(0)])));
}

#[test]
fn what_cannot_be_inspected_around_a_list_belongs_to_no_item() {
    let list = result(json!({"tools": [{"name": "a"}], "do this now": true}));
    let parsed = parse(Sender::Server, &list, asked("tools/list"));
    assert_eq!(events(&parsed), [(Stage::Input, vec![]), (Stage::Input, vec!["/result/tools/0"])]);
    assert_eq!(parsed.offers, Some(("/result/tools".to_owned(), vec![None, Some(0)])));
    assert_eq!(listed(&parsed), [("/result/do this now", "unmapped_field")]);
}

#[test]
fn what_a_server_hands_to_the_model_is_input_and_untrusted() {
    let prompt = result(json!({"description": "d d", "messages": [
        {"role": "assistant", "content": {"type": "text", "text": "hi there"}}, {"role": "user", "content": [{"type": "text", "text": "do it"}]}]}));
    let parsed = parse(Sender::Server, &prompt, asked("prompts/get"));
    assert_eq!(parsed.body.events.len(), 1);
    let draft = &parsed.body.events[0];
    let roles: Vec<_> = draft.parts.iter().map(|part| (part.text.as_str(), part.role, part.origin)).collect();
    assert_eq!(draft.stage, Stage::Input);
    assert!(
        roles.contains(&("hi there", Role::Assistant, Origin::Tool))
            && roles.contains(&("do it", Role::User, Origin::Tool)),
        "{roles:?}"
    );

    let hello = result(
        json!({"protocolVersion": "2025-06-18", "capabilities": {"tools": {}}, "serverInfo": {"name": "s", "version": "1"}, "instructions": "use me well"}),
    );
    let parsed = parse(Sender::Server, &hello, asked("initialize"));
    assert_eq!(events(&parsed), [(Stage::Input, vec!["/result/instructions"])]);
    assert_eq!(parsed.version.as_deref(), Some("2025-06-18"));

    let sampling = request(
        "sampling/createMessage",
        json!({"messages": [{"role": "user", "content": {"type": "text", "text": "q q"}}], "systemPrompt": "s s", "maxTokens": 5}),
    );
    let parsed = parse(Sender::Server, &sampling, None);
    assert_eq!(events(&parsed), [(Stage::Input, vec!["/params/messages/0/content/text", "/params/systemPrompt"])]);
}

#[test]
fn what_a_client_answers_is_output() {
    let sampled = result(json!({"role": "assistant", "model": "m", "content": {"type": "text", "text": "a a"}}));
    let parsed = parse(Sender::Client, &sampled, asked("sampling/createMessage"));
    assert_eq!(events(&parsed), [(Stage::Output, vec!["/result/content/text"])]);
    let told = result(json!({"action": "accept", "content": {"name": "N N"}}));
    let parsed = parse(Sender::Client, &told, asked("elicitation/create"));
    assert_eq!((parsed.body.events[0].stage, parsed.body.events[0].parts[0].origin), (Stage::Output, Origin::User));
}

#[test]
fn messages_without_content_make_no_event() {
    for (sender, message) in [
        (Sender::Client, json!({"jsonrpc": "2.0", "id": 1, "method": "ping"})),
        (Sender::Client, json!({"jsonrpc": "2.0", "method": "notifications/initialized"})),
        (
            Sender::Client,
            json!({"jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": {"_meta": {"progressToken": "t1"}}}),
        ),
        (Sender::Server, json!({"jsonrpc": "2.0", "method": "notifications/tools/list_changed", "params": {}})),
        (
            Sender::Server,
            json!({"jsonrpc": "2.0", "method": "notifications/progress", "params": {"progressToken": 1, "progress": 2}}),
        ),
        (Sender::Server, result(json!({}))),
    ] {
        assert_eq!(events(&parse(sender, &message, None)), [], "{message}");
    }
}

#[test]
fn errors_and_notifications_with_text_are_judged() {
    let error = json!({"jsonrpc": "2.0", "id": 7, "error": {"code": -1, "message": "m m", "data": {"d": "d d"}}});
    let parsed = parse(Sender::Server, &error, asked("tools/list"));
    assert_eq!(events(&parsed), [(Stage::ToolResult, vec!["/error/data", "/error/message"])]);
    let log = json!({"jsonrpc": "2.0", "method": "notifications/message", "params": {"level": "info", "data": "l l"}});
    assert_eq!(events(&parse(Sender::Server, &log, None)), [(Stage::ToolResult, vec!["/params/data"])]);
}

#[test]
fn a_method_that_nobody_knows_is_judged_as_a_whole() {
    let odd = request("vendor/do", json!({"x": {"y": ["z z"]}}));
    let parsed = parse(Sender::Client, &odd, None);
    assert_eq!(events(&parsed), [(Stage::ToolCall, vec!["/params"])]);
    assert_eq!(parsed.body.events[0].parts[0].name.as_deref(), Some("vendor/do"));
    let text = odd.to_string();
    assert!(!is_known(Sender::Client, Message::parse(text.as_bytes()).unwrap().kind()));
}

#[test]
fn items_are_left_out_and_the_rest_stays() {
    let body = br#"{"result": {"tools": [ {"a":1}, {"b":2} ,{"c":3} ], "x" : 1}}"#;
    let without = |indices: &[usize]| {
        String::from_utf8(cut(body, "/result/tools", &indices.iter().copied().collect()).unwrap()).unwrap()
    };
    assert_eq!(without(&[1]), r#"{"result": {"tools": [{"a":1},{"c":3}], "x" : 1}}"#);
    assert_eq!(without(&[0, 1, 2]), r#"{"result": {"tools": [], "x" : 1}}"#);
    assert_eq!(without(&[]).as_bytes(), body);
    assert!(cut(body, "/result/tools", &[3].into()).is_err());
    assert!(cut(body, "/result/x", &[0].into()).is_err());
}

#[test]
fn the_lists_of_a_route_say_which_tools_there_are() {
    let filter = |allowed: Option<&[&str]>, denied: &[&str]| {
        let owned = |list: &[&str]| list.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
        ToolFilter::new(allowed.map(owned), owned(denied)).unwrap()
    };
    let all = filter(None, &[]);
    assert!(all.permits(Some("x")) && all.permits(None));
    let some = filter(Some(&["read_*", "say"]), &["read_secret"]);
    assert!(some.permits(Some("read_file")) && some.permits(Some("say")));
    assert!(!some.permits(Some("read_secret")) && !some.permits(Some("saying")) && !some.permits(None));
    assert!(!filter(Some(&[]), &[]).permits(Some("x")));
    let errors = ToolFilter::new(None, vec![String::new(), "a*b".to_owned(), "ok*".to_owned()]).unwrap_err();
    assert_eq!(errors.0.len(), 2);
}
