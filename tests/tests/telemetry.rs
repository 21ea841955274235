//! Traces: what a collector gets of an exchange, and what goes on to the upstream.
#![expect(clippy::unwrap_used, reason = "a helper that panics fails its test")]

use std::io::Write as _;

use parapet_tests::upstream::Upstream;
use parapet_tests::world::World;
use serde_json::json;

const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
const SPAN: &str = "00f067aa0ba902b7";

async fn world_with_collector() -> (World, Upstream, Upstream) {
    let model = Upstream::saying("fine words").await.unwrap();
    let collector = Upstream::start(|_| ("application/x-protobuf", String::new())).await.unwrap();
    let world = World::new(model.address).unwrap();
    let mut config = std::fs::OpenOptions::new().append(true).open(world.config()).unwrap();
    write!(
        config,
        "[telemetry]\notlp_endpoint = \"http://{}\"\nservice_name = \"guardrail-under-test\"\n",
        collector.address
    )
    .unwrap();
    (world, model, collector)
}

fn contains(bytes: &[u8], what: &[u8]) -> bool {
    bytes.windows(what.len()).any(|window| window == what)
}

fn raw(hex: &str) -> Vec<u8> {
    (0..hex.len() / 2).map(|n| u8::from_str_radix(hex.get(2 * n..2 * n + 2).unwrap(), 16).unwrap()).collect()
}

// Waiting for the sidecar to end takes a thread; the collector needs another.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_collector_gets_the_spans_of_an_exchange_and_nothing_of_its_content() {
    let (world, model, collector) = world_with_collector().await;
    let mut sidecar = world.start().unwrap();
    let parent = format!("00-{TRACE}-{SPAN}-01");
    let body = json!({"model": "m", "messages": [{"role": "user", "content": "a personal matter"}]});
    let headers = [("traceparent", parent.as_str()), ("x-request-id", "request-7"), ("x-parapet-session", "session-7")];
    let answer = sidecar.client.post("/v1/chat/completions", &headers, &body).await.unwrap();
    assert_eq!(answer.status, 200);
    // The last spans are sent before the end.
    sidecar.stop().unwrap();

    let spans = collector.received_bytes().concat();
    for name in [
        "parapet.exchange",
        "parapet.decision",
        "parapet.upstream",
        "parapet.guard_run",
        "guardrail-under-test",
        "forbidden-word",
        "request-7",
    ] {
        assert!(contains(&spans, name.as_bytes()), "no `{name}`");
    }
    assert!(contains(&spans, answer.header("x-parapet-decision-id").as_bytes()), "the decision is named");
    assert!(contains(&spans, &raw(TRACE)) && contains(&spans, &raw(SPAN)), "they belong to the caller's trace");
    for secret in ["personal matter", "fine words", "session-7"] {
        assert!(!contains(&spans, secret.as_bytes()), "`{secret}` is in a trace");
    }

    let passed_on = model.header_of("request-7", "traceparent").unwrap();
    let span = passed_on.strip_prefix(&format!("00-{TRACE}-")).and_then(|rest| rest.strip_suffix("-01")).unwrap();
    assert_ne!(span, SPAN, "the upstream's parent is Parapet's own span");
    assert!(contains(&spans, &raw(span)), "which the collector knows");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_collector_that_is_away_costs_no_traffic() {
    let (world, _model, collector) = world_with_collector().await;
    let gone = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let config = std::fs::read_to_string(world.config()).unwrap();
    std::fs::write(world.config(), config.replace(&collector.address.to_string(), &gone.to_string())).unwrap();
    let mut sidecar = world.start().unwrap();
    let body = json!({"model": "m", "messages": [{"role": "user", "content": "hello"}]});
    assert_eq!(sidecar.client.post("/v1/chat/completions", &[], &body).await.unwrap().status, 200);
    assert_eq!(sidecar.stop().unwrap(), Some(0));
    assert!(collector.received_bytes().is_empty());
}
