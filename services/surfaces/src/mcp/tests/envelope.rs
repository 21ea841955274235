use super::*;

fn problem(text: &str) -> String {
    Message::parse(text.as_bytes()).unwrap_err().to_string()
}

#[test]
fn a_message_is_what_its_fields_say() {
    let kind = |text: &str| Message::parse(text.as_bytes()).unwrap().kind().clone();
    let Kind::Request { id, method } = kind(r#"{"jsonrpc":"2.0","id":"a","method":"ping"}"#) else { panic!() };
    assert_eq!((id.as_json(), id.label().as_str(), method.as_str()), ("\"a\"", "a", "ping"));
    assert!(matches!(
        kind(r#"{"jsonrpc":"2.0","method":"notifications/initialized","params":{}}"#),
        Kind::Notification { .. }
    ));
    assert!(matches!(kind(r#"{"jsonrpc":"2.0","id":-3,"result":{}}"#), Kind::Response { .. }));
    assert!(matches!(kind(r#"{"jsonrpc":"2.0","id":3,"error":{"code":1,"message":"m"}}"#), Kind::Response { .. }));
}

#[test]
fn an_id_has_one_text_however_it_is_written() {
    let id = |text: &str| match Message::parse(format!(r#"{{"jsonrpc":"2.0","id":{text},"method":"ping"}}"#).as_bytes())
    {
        Ok(message) => match message.kind() {
            Kind::Request { id, .. } => Some(id.clone()),
            _ => None,
        },
        Err(_) => None,
    };
    assert_eq!(id(r#""\u0061b""#), id(r#""ab""#));
    assert_ne!(id("1"), id("\"1\""));
    assert!(id("18446744073709551615").is_some());
    let long = format!("\"{}\"", "x".repeat(257));
    for bad in ["null", "true", "1.5", "1e3", "[1]", "{}", "\"\"", "\"a b\"", "\"ä\"", "123456789012345678901", &long]
    {
        assert_eq!(id(bad), None, "{bad}");
    }
}

#[test]
fn what_two_readers_could_read_differently_is_refused() {
    for (text, part) in [
        (r#"{"jsonrpc":"2.0","id":1,"method":"ping","method":"tools/call"}"#, "stands twice"),
        (r#"{"jsonrpc":"2.0","id":1,"method":"ping","result":{}}"#, "either `method`"),
        (r#"{"jsonrpc":"2.0","id":1,"result":{},"error":{}}"#, "no others"),
        (r#"{"jsonrpc":"2.0","id":1,"method":"ping","extra":"x"}"#, "no others"),
        (r#"{"jsonrpc":"2.0","id":1,"method":"ping","params":[1]}"#, "`params` has to be an object"),
        (r#"{"jsonrpc":"2.0","id":1,"result":"text"}"#, "`result` has to be an object"),
        (r#"{"jsonrpc":"2.0","id":1,"error":"text"}"#, "`error` has to be an object"),
        (r#"{"jsonrpc":"2.0","id":1,"method":"do this now"}"#, "one word"),
        (r#"{"jsonrpc":"2.0","id":1,"method":7}"#, "one word"),
        (r#"{"jsonrpc":"1.0","id":1,"method":"ping"}"#, "`jsonrpc` has to be"),
        (r#"{"id":1,"method":"ping"}"#, "`jsonrpc` has to be"),
        (r#"{"jsonrpc":"2.0","id":1}"#, "`result` or `error`"),
        (r#"{"jsonrpc":"2.0","result":{}}"#, "has to have `method`"),
        (r#""ping""#, "has to be a JSON object"),
        ("{", "not acceptable JSON"),
    ] {
        assert!(problem(text).contains(part), "{text}: {}", problem(text));
    }
}

#[test]
fn a_complaint_bears_the_id_where_there_is_one() {
    let error = Message::parse(br#"{"jsonrpc":"2.0","id":5,"method":"a b"}"#).unwrap_err();
    assert_eq!((error.id().map(RequestId::as_json), error.rpc_code()), (Some("5"), -32600));
    let error = Message::parse(b"nonsense").unwrap_err();
    assert_eq!((error.id(), error.rpc_code()), (None, -32700));
}

#[test]
fn batches_come_where_the_version_has_them() {
    let batch = br#" [{"jsonrpc":"2.0","id":1,"method":"ping"}, {"jsonrpc":"2.0","id":2,"method":"ping"}]"#;
    let Split::Batch(places) = split(batch, true).unwrap() else { panic!() };
    assert_eq!(places.len(), 2);
    assert!(places.into_iter().all(|place| Message::parse(&batch[place]).is_ok()));
    assert_eq!(split(batch, false), Err(McpError::Batch));
    assert_eq!(split(b"{}", false), Ok(Split::One));
    assert_eq!(split(b"[]", true), Err(McpError::BatchSize(0)));
    let long = format!("[{}1]", "1,".repeat(100));
    assert_eq!(split(long.as_bytes(), true), Err(McpError::BatchSize(101)));
    assert_eq!(split(br#"[{"method":"initialize"}]"#, true), Err(McpError::BatchedInitialize));
    assert!(may_batch(None) && may_batch(Some("2025-03-26")) && !may_batch(Some("2025-06-18")));
    assert!(is_known_version("2025-11-25") && !is_known_version("2099-01-01"));
}
