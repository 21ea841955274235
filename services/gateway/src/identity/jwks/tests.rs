//! Rotation, against a key server whose answers are scripted.

use http::Uri;
use jsonwebtoken::EncodingKey;
use jsonwebtoken::jwk::Jwk;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use super::*;

const KEYS: [&[u8]; 2] =
    [include_bytes!("../../../tests/gateway/keys/ec-a.pem"), include_bytes!("../../../tests/gateway/keys/ec-b.pem")];

fn set(ids: &[(&str, usize)]) -> Value {
    let jwk = |(id, key): &(&str, usize)| {
        let mut jwk = Jwk::from_encoding_key(&EncodingKey::from_ec_pem(KEYS[*key]).unwrap(), Algorithm::ES256).unwrap();
        jwk.common.key_id = Some((*id).to_owned());
        jwk
    };
    json!({ "keys": ids.iter().map(jwk).collect::<Vec<_>>() })
}

/// Answers each request with the next of `sets`, then refuses connections.
async fn serve(sets: Vec<Value>) -> Uri {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        for set in sets {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut request = [0; 4096];
            let _ = stream.read(&mut request).await.unwrap();
            let body = set.to_string();
            let head = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\nconnection: close\r\n\r\n", body.len());
            stream.write_all((head + &body).as_bytes()).await.unwrap();
        }
    });
    format!("http://{address}/keys").parse().unwrap()
}

fn jwks(url: Uri, refresh: Duration, min_refresh: Duration) -> Arc<Jwks> {
    Arc::new(Jwks::new(KeyServer { url, refresh, min_refresh }, vec![Algorithm::ES256]).unwrap())
}

async fn has(jwks: &Arc<Jwks>, id: &str) -> Option<bool> {
    let keys = jwks.keys_for(Some(id), Algorithm::ES256).await?;
    Some(keys.candidates(Some(id), Algorithm::ES256).next().is_some())
}

const HOUR: Duration = Duration::from_secs(3600);

#[tokio::test]
async fn a_key_that_is_not_known_yet_is_fetched() {
    let url = serve(vec![set(&[("a", 0)]), set(&[("a", 0), ("b", 1)])]).await;
    let jwks = jwks(url, HOUR, Duration::ZERO);
    assert_eq!(has(&jwks, "a").await, Some(true));
    assert_eq!(has(&jwks, "b").await, Some(true));
    // The server is gone now; the keys stay.
    assert_eq!(has(&jwks, "c").await, Some(false));
    assert_eq!(has(&jwks, "a").await, Some(true));
}

#[tokio::test]
async fn keys_that_are_too_old_are_not_trusted() {
    let url = serve(vec![set(&[("a", 0)])]).await;
    let jwks = jwks(url, Duration::ZERO, Duration::ZERO);
    assert_eq!(has(&jwks, "a").await, None);
}

#[test]
fn a_set_without_a_key_for_signing_is_refused() {
    let algorithms = [Algorithm::ES256];
    for (text, problem) in [
        ("nothing", "is not JSON"),
        ("{}", "it has no list `keys`"),
        (r#"{"keys": [{"kty": "oct", "k": "c2VjcmV0"}]}"#, "has no signing key"),
        (r#"{"keys": [{"kty": "EC", "crv": "P-384", "x": "AA", "y": "AA"}]}"#, "has no signing key"),
    ] {
        let error = KeySet::from_jwks(text.as_bytes(), &algorithms).unwrap_err();
        assert!(error.contains(problem), "{error}");
    }
    let mut for_encryption = set(&[("a", 0)]);
    for_encryption["keys"][0]["use"] = "enc".into();
    assert!(KeySet::from_jwks(for_encryption.to_string().as_bytes(), &algorithms).is_err());
}
