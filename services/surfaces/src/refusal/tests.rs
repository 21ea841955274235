use serde_json::json;

use super::*;
use crate::STATUS_TABLE;

fn sample(kind: RefusalKind) -> Refusal {
    Refusal {
        kind,
        reason_code: "pii_found".to_owned(),
        message: "the answer holds a card number".to_owned(),
        details: json!({"types": ["card"]}),
    }
}

fn context() -> RefusalContext {
    RefusalContext {
        decision_id: Some("0198".to_owned()),
        guard_set: "set:ab".to_owned(),
        model: Some("gpt-5".to_owned()),
        created: 1_700_000_000,
        retry_after_s: 2,
        location: Some("/v1/approvals/0198".to_owned()),
        ..RefusalContext::default()
    }
}

/// Status, media type, headers, and the body as it goes out.
fn show(reply: &Reply) -> String {
    let headers: Vec<String> = reply.headers.iter().map(|(name, value)| format!("{name}: {value}")).collect();
    format!(
        "{} {}\n{}\n\n{}",
        reply.status,
        reply.content_type,
        headers.join("\n"),
        String::from_utf8_lossy(&reply.body)
    )
}

fn shown(surface: Surface, style: Style, kind: RefusalKind, context: &RefusalContext) -> String {
    show(&refusal(surface, style, &sample(kind), context))
}

#[test]
fn a_block_is_an_openai_error_that_no_sdk_retries() {
    insta::assert_snapshot!(shown(Surface::OpenaiChat, Style::Error, RefusalKind::Blocked, &context()), @r#"
    400 application/json
    x-parapet-decision: deny
    x-parapet-decision-id: 0198
    x-parapet-guard-set: set:ab

    {"error":{"message":"the answer holds a card number","type":"invalid_request_error","param":"prompt","code":"content_filter","reason_code":"pii_found","decision_id":"0198"}}
    "#);
}

#[test]
fn details_are_shown_where_the_route_says_so() {
    let context = RefusalContext { show_details: true, ..context() };
    insta::assert_snapshot!(shown(Surface::OpenaiChat, Style::Error, RefusalKind::Blocked, &context), @r#"
    400 application/json
    x-parapet-decision: deny
    x-parapet-decision-id: 0198
    x-parapet-guard-set: set:ab

    {"error":{"message":"the answer holds a card number","type":"invalid_request_error","param":"prompt","code":"content_filter","reason_code":"pii_found","decision_id":"0198","details":{"types":["card"]}}}
    "#);
}

#[test]
fn a_block_can_be_a_completion_that_refuses() {
    insta::assert_snapshot!(shown(Surface::OpenaiChat, Style::Refusal, RefusalKind::Blocked, &context()), @r#"
    200 application/json
    x-parapet-decision: deny
    x-parapet-decision-id: 0198
    x-parapet-guard-set: set:ab

    {"id":"chatcmpl-0198","object":"chat.completion","created":1700000000,"model":"gpt-5","choices":[{"index":0,"message":{"role":"assistant","content":"the answer holds a card number","refusal":"the answer holds a card number"},"logprobs":null,"finish_reason":"content_filter"}],"usage":{"prompt_tokens":0,"completion_tokens":0,"total_tokens":0}}
    "#);
}

#[test]
fn a_completion_that_refuses_is_a_stream_when_one_was_asked_for() {
    let context = RefusalContext { stream: true, ..context() };
    insta::assert_snapshot!(shown(Surface::OpenaiChat, Style::Refusal, RefusalKind::Blocked, &context), @r#"
    200 text/event-stream
    x-parapet-decision: deny
    x-parapet-decision-id: 0198
    x-parapet-guard-set: set:ab

    data: {"id":"chatcmpl-0198","object":"chat.completion.chunk","created":1700000000,"model":"gpt-5","choices":[{"index":0,"delta":{"role":"assistant","content":"the answer holds a card number","refusal":"the answer holds a card number"},"logprobs":null,"finish_reason":null}]}

    data: {"id":"chatcmpl-0198","object":"chat.completion.chunk","created":1700000000,"model":"gpt-5","choices":[{"index":0,"delta":{},"logprobs":null,"finish_reason":"content_filter"}]}

    data: [DONE]
    "#);
}

#[test]
fn a_stream_that_has_started_ends_with_an_error_event_and_without_done() {
    let context = RefusalContext { stream: true, streaming_started: true, ..context() };
    for style in [Style::Error, Style::Refusal] {
        let reply = refusal(Surface::OpenaiChat, style, &sample(RefusalKind::Blocked), &context);
        insta::allow_duplicates! {
            insta::assert_snapshot!(String::from_utf8_lossy(&reply.body), @r#"data: {"error":{"message":"the answer holds a card number","type":"invalid_request_error","param":"prompt","code":"content_filter","reason_code":"pii_found","decision_id":"0198"}}"#);
        }
        assert_eq!(reply.content_type, "text/event-stream");
    }
}

#[test]
fn a_streamed_refusal_is_a_stream_that_clients_and_parapet_can_read() {
    let context = RefusalContext { stream: true, ..context() };
    let reply = refusal(Surface::OpenaiChat, Style::Refusal, &sample(RefusalKind::Blocked), &context);
    let mut answer = crate::ModelApi::OpenaiChat.stream(10_000);
    answer.push(&reply.body).unwrap();
    let held = answer.finish().unwrap();
    let body: Value = serde_json::from_slice(&held.body).unwrap();
    assert_eq!(body["choices"][0]["finish_reason"], "content_filter");
    assert_eq!(body["choices"][0]["message"]["content"], "the answer holds a card number");
}

#[test]
fn an_approval_is_an_error_to_models_and_a_202_to_others() {
    let kind = RefusalKind::ApprovalRequired;
    insta::assert_snapshot!(shown(Surface::OpenaiChat, Style::Refusal, kind, &context()), @r#"
    400 application/json
    location: /v1/approvals/0198
    x-parapet-decision: ask
    x-parapet-decision-id: 0198
    x-parapet-guard-set: set:ab

    {"error":{"message":"the answer holds a card number","type":"invalid_request_error","param":null,"code":"approval_required","reason_code":"pii_found","decision_id":"0198"}}
    "#);
    insta::assert_snapshot!(shown(Surface::Generic, Style::Error, kind, &context()), @r#"
    202 application/json
    location: /v1/approvals/0198
    x-parapet-decision: ask
    x-parapet-decision-id: 0198
    x-parapet-guard-set: set:ab

    {"error":{"code":"approval_required","reason_code":"pii_found","message":"the answer holds a card number","decision_id":"0198"}}
    "#);
}

#[test]
fn a_failed_guard_is_no_block_and_no_outage() {
    insta::assert_snapshot!(shown(Surface::OpenaiChat, Style::Refusal, RefusalKind::GuardFailed, &context()), @r#"
    400 application/json
    x-parapet-decision: deny
    x-parapet-decision-id: 0198
    x-parapet-guard-set: set:ab

    {"error":{"message":"the answer holds a card number","type":"invalid_request_error","param":null,"code":"guardrail_failed","reason_code":"pii_found","decision_id":"0198"}}
    "#);
}

#[test]
fn an_outage_may_be_tried_again() {
    insta::assert_snapshot!(shown(Surface::OpenaiChat, Style::Error, RefusalKind::Unavailable, &context()), @r#"
    503 application/json
    retry-after: 2
    x-parapet-decision: deny
    x-parapet-decision-id: 0198
    x-parapet-guard-set: set:ab

    {"error":{"message":"the answer holds a card number","type":"server_error","param":null,"code":"guardrail_unavailable","reason_code":"pii_found","decision_id":"0198"}}
    "#);
    insta::assert_snapshot!(shown(Surface::Check, Style::Error, RefusalKind::Unavailable, &RefusalContext::default()), @r#"
    503 application/json
    retry-after: 1
    x-parapet-decision: deny

    {"error":{"code":"guardrail_unavailable","reason_code":"pii_found","message":"the answer holds a card number"}}
    "#);
}

#[test]
fn a_generic_route_gets_one_plain_error() {
    let context = RefusalContext { show_details: true, ..context() };
    insta::assert_snapshot!(shown(Surface::Generic, Style::Error, RefusalKind::Blocked, &context), @r#"
    400 application/json
    x-parapet-decision: deny
    x-parapet-decision-id: 0198
    x-parapet-guard-set: set:ab

    {"error":{"code":"content_filter","reason_code":"pii_found","message":"the answer holds a card number","decision_id":"0198","details":{"types":["card"]}}}
    "#);
}

#[test]
fn a_fault_is_told_apart_from_a_block() {
    let reply = failure(
        Surface::OpenaiChat,
        Fault::UpstreamTimeout,
        "the upstream `openai` did not answer within 30 s",
        &RefusalContext::default(),
    );
    insta::assert_snapshot!(show(&reply), @r#"
    504 application/json


    {"error":{"message":"the upstream `openai` did not answer within 30 s","type":"server_error","param":null,"code":"upstream_timeout"}}
    "#);
    let reply =
        failure(Surface::Generic, Fault::MalformedBody, "`/messages`: has to be an array", &RefusalContext::default());
    insta::assert_snapshot!(show(&reply), @r#"
    400 application/json


    {"error":{"code":"malformed_body","message":"`/messages`: has to be an array"}}
    "#);
}

#[test]
fn a_refusal_without_a_message_still_says_why() {
    let silent = Refusal { message: String::new(), ..sample(RefusalKind::Blocked) };
    let reply = refusal(Surface::Generic, Style::Error, &silent, &context());
    assert!(String::from_utf8(reply.body).unwrap().contains("refused by a guard with reason `pii_found`"));
}

#[test]
fn the_table_keeps_the_rules_of_the_sdks() {
    let mut codes: Vec<_> = STATUS_TABLE.iter().map(|row| row.code).collect();
    codes.sort_unstable();
    codes.dedup();
    assert_eq!(codes.len(), STATUS_TABLE.len(), "a code stands for one thing");
    for row in STATUS_TABLE {
        assert!((400..600).contains(&row.model_status), "`{}`: an SDK takes every 2xx for an answer", row.code);
        let passes = [429, 503].contains(&row.model_status) || row.code == "document_busy";
        assert_eq!(row.retry_after, passes, "`{}`", row.code);
    }
    for kind in
        [RefusalKind::Blocked, RefusalKind::ApprovalRequired, RefusalKind::GuardFailed, RefusalKind::Unavailable]
    {
        let row = status::of_refusal(kind);
        assert_eq!(row.code, kind.code());
        assert_eq!(row.model_status >= 500, kind == RefusalKind::Unavailable, "a block is not an outage");
        assert_ne!(row.model_status, 403, "reads as a wrong key");
        assert!(STATUS_TABLE.contains(row));
    }
}

#[test]
fn a_block_is_a_message_that_refuses_whatever_the_style() {
    for style in [Style::Error, Style::Refusal] {
        insta::allow_duplicates! {
            insta::assert_snapshot!(shown(Surface::AnthropicMessages, style, RefusalKind::Blocked, &context()), @r#"
            200 application/json
            x-parapet-decision: deny
            x-parapet-decision-id: 0198
            x-parapet-guard-set: set:ab

            {"content":[{"text":"the answer holds a card number","type":"text"}],"id":"msg_0198","model":"gpt-5","role":"assistant","stop_details":{"category":null,"explanation":"the answer holds a card number","type":"refusal"},"stop_reason":"refusal","stop_sequence":null,"type":"message","usage":{"input_tokens":0,"output_tokens":0}}
            "#);
        }
    }
}

#[test]
fn a_streamed_message_that_refuses_can_be_read_by_clients_and_parapet() {
    let context = RefusalContext { stream: true, ..context() };
    let reply = refusal(Surface::AnthropicMessages, Style::Error, &sample(RefusalKind::Blocked), &context);
    let mut answer = crate::ModelApi::AnthropicMessages.stream(10_000);
    answer.push(&reply.body).unwrap();
    let body: Value = serde_json::from_slice(&answer.finish().unwrap().body).unwrap();
    assert_eq!(
        (&body["stop_reason"], &body["content"][0]["text"]),
        (&json!("refusal"), &json!("the answer holds a card number"))
    );
    let begun = RefusalContext { streaming_started: true, ..context };
    let reply = refusal(Surface::AnthropicMessages, Style::Error, &sample(RefusalKind::Blocked), &begun);
    insta::assert_snapshot!(String::from_utf8_lossy(&reply.body), @r#"
    event: error
    data: {"type":"error","error":{"type":"invalid_request_error","message":"the answer holds a card number","code":"content_filter","reason_code":"pii_found","decision_id":"0198"}}
    "#);
}

#[test]
fn what_is_no_block_is_an_error_in_the_words_of_the_protocol() {
    let context = RefusalContext { show_details: true, ..context() };
    insta::assert_snapshot!(shown(Surface::AnthropicMessages, Style::Refusal, RefusalKind::GuardFailed, &context), @r#"
    400 application/json
    x-parapet-decision: deny
    x-parapet-decision-id: 0198
    x-parapet-guard-set: set:ab

    {"type":"error","error":{"type":"invalid_request_error","message":"the answer holds a card number","code":"guardrail_failed","reason_code":"pii_found","decision_id":"0198","details":{"types":["card"]}}}
    "#);
    for (fault, status, kind) in [
        (Fault::Unauthorized, 401, "authentication_error"),
        (Fault::IdentityNotAllowed, 403, "permission_error"),
        (Fault::BodyTooLarge, 413, "request_too_large"),
        (Fault::RateLimited, 429, "rate_limit_error"),
        (Fault::Internal, 500, "api_error"),
        (Fault::UpstreamError, 502, "api_error"),
        (Fault::Overloaded, 503, "overloaded_error"),
        (Fault::UpstreamTimeout, 504, "timeout_error"),
        (Fault::MalformedBody, 400, "invalid_request_error"),
    ] {
        let reply = failure(Surface::AnthropicMessages, fault, "it went wrong", &RefusalContext::default());
        let body: Value = serde_json::from_slice(&reply.body).unwrap();
        assert_eq!((reply.status, &body["type"], &body["error"]["type"]), (status, &json!("error"), &json!(kind)));
    }
}

#[test]
fn a_block_of_a_response_is_an_openai_error_or_a_response_that_refuses() {
    let error = |surface| shown(surface, Style::Error, RefusalKind::Blocked, &context());
    assert_eq!(error(Surface::OpenaiResponses), error(Surface::OpenaiChat));
    insta::assert_snapshot!(shown(Surface::OpenaiResponses, Style::Refusal, RefusalKind::Blocked, &context()), @r#"
    200 application/json
    x-parapet-decision: deny
    x-parapet-decision-id: 0198
    x-parapet-guard-set: set:ab

    {"created_at":1700000000,"error":null,"id":"resp_0198","incomplete_details":{"reason":"content_filter"},"instructions":null,"metadata":{},"model":"gpt-5","object":"response","output":[{"content":[{"refusal":"the answer holds a card number","type":"refusal"}],"id":"msg_0198","role":"assistant","status":"incomplete","type":"message"}],"parallel_tool_calls":true,"status":"incomplete","temperature":null,"tool_choice":"auto","tools":[],"top_p":null,"usage":{"input_tokens":0,"input_tokens_details":{"cached_tokens":0},"output_tokens":0,"output_tokens_details":{"reasoning_tokens":0},"total_tokens":0}}
    "#);
    let streamed = RefusalContext { stream: true, ..context() };
    let reply = refusal(Surface::OpenaiResponses, Style::Refusal, &sample(RefusalKind::Blocked), &streamed);
    let mut answer = crate::ModelApi::OpenaiResponses.stream(10_000);
    answer.push(&reply.body).unwrap();
    let body: Value = serde_json::from_slice(&answer.finish().unwrap().body).unwrap();
    assert_eq!(body["output"][0]["content"][0]["refusal"], "the answer holds a card number");
    let begun = RefusalContext { streaming_started: true, ..streamed };
    let reply = refusal(Surface::OpenaiResponses, Style::Refusal, &sample(RefusalKind::Blocked), &begun);
    insta::assert_snapshot!(String::from_utf8_lossy(&reply.body), @r#"
    event: error
    data: {"type":"error","code":"content_filter","message":"the answer holds a card number","param":"prompt","sequence_number":0,"error":{"message":"the answer holds a card number","type":"invalid_request_error","param":"prompt","code":"content_filter","reason_code":"pii_found","decision_id":"0198"}}
    "#);
}
