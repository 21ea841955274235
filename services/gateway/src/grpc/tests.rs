use std::collections::HashMap;

use prost::Message as _;

use super::message::{AttributeRequest, HeaderMap as RawHeaders, HeaderValue as RawHeader, Peer};
use super::*;

fn described(http: HttpRequest) -> Result<Arrived, GatewayError> {
    let attributes = AttributeContext {
        source: Some(Peer { principal: "spiffe://x/agent".to_owned() }),
        request: Some(AttributeRequest { http: Some(http) }),
        context_extensions: HashMap::from([(ROUTE.to_owned(), "models".to_owned())]),
    };
    arrived(&frame::encode(&CheckRequest { attributes: Some(attributes) }), HeaderMap::new())
}

fn request() -> HttpRequest {
    HttpRequest {
        method: "POST".to_owned(),
        path: "/v1/ask?x=1".to_owned(),
        headers: HashMap::from([
            (":authority".to_owned(), "upstream".to_owned()),
            ("content-type".to_owned(), "application/json".to_owned()),
        ]),
        raw_body: Bytes::from_static(b"{}"),
        ..HttpRequest::default()
    }
}

#[test]
fn the_request_is_the_one_that_is_described() {
    let Arrived { head, body: Arriving::Described(described) } = described(request()).unwrap() else { panic!() };
    assert_eq!((head.method.as_str(), head.uri.path(), head.uri.query()), ("POST", "/v1/ask", Some("x=1")));
    assert_eq!(head.headers.len(), 1, "pseudo-headers are none");
    assert_eq!((described.route.as_deref(), described.source.as_deref()), (Some("models"), Some("spiffe://x/agent")));
    assert_eq!(described.body.as_ref(), b"{}");
}

#[test]
fn raw_headers_count_as_well() {
    let header = |key: &str, value: &str, raw: &[u8]| RawHeader {
        key: key.to_owned(),
        value: value.to_owned(),
        raw_value: raw.to_vec(),
    };
    let headers = vec![header("x-a", "1", b""), header("x-b", "", b"2")];
    let http = HttpRequest { headers: HashMap::new(), header_map: Some(RawHeaders { headers }), ..request() };
    let head = described(http).unwrap().head;
    assert_eq!((&head.headers["x-a"], &head.headers["x-b"]), (&"1".parse().unwrap(), &"2".parse().unwrap()));
}

#[test]
fn what_cannot_be_read_exactly_is_refused() {
    let with = |change: fn(&mut HttpRequest)| {
        let mut http = request();
        change(&mut http);
        described(http)
    };
    assert!(with(|http| http.method = "PO ST".to_owned()).is_err());
    assert!(with(|http| http.path = "no path".to_owned()).is_err());
    assert!(with(|http| drop(http.headers.insert("a b".to_owned(), "1".to_owned()))).is_err());
    let as_text = with(|http| {
        http.raw_body = Bytes::new();
        http.body = "{}".to_owned();
    });
    assert!(as_text.err().unwrap().to_string().contains("pack_as_bytes"));
    assert!(arrived(&frame::encode(&CheckRequest::default()), HeaderMap::new()).is_err());
}

#[test]
fn a_frame_is_one_whole_message() {
    let good = frame::encode(&CheckRequest::default());
    assert!(frame::decode::<CheckRequest>(&good).is_ok());
    let bytes = |bytes: &[u8]| Bytes::copy_from_slice(bytes);
    for bad in [&b""[..], b"\0\0\0\0", b"\x01\0\0\0\0", b"\0\0\0\0\x01", b"\0\0\0\0\0\0", b"\0\0\0\0\x01\xff"] {
        assert!(frame::decode::<CheckRequest>(&bytes(bad)).is_err(), "{bad:?}");
    }
    assert_eq!(good.len(), 5 + CheckRequest::default().encoded_len());
}
