//! Users named in JSON Web Tokens. The keys in `keys/` are for these tests alone.

use std::time::{SystemTime, UNIX_EPOCH};

use jsonwebtoken::jwk::{Jwk, JwkSet};
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use serde_json::{Value, json};

use crate::support::client::{Reply, Request};
use crate::support::upstream::{Script, Upstream};
use crate::support::{CHAT, Gateway, Setup};

const SECRET: &str = "0123456789abcdef0123456789abcdef";
const PAYROLL: &str = r#"{"model":"m","messages":[{"role":"user","content":"PAYROLL"}]}"#;
const RSA: &[u8] = include_bytes!("keys/rsa.pem");
const RSA_PUBLIC: &[u8] = include_bytes!("keys/rsa-public.pem");
const EC_A: &[u8] = include_bytes!("keys/ec-a.pem");
const EC_B: &[u8] = include_bytes!("keys/ec-b.pem");

fn config(keys: &str) -> String {
    let jwt = format!(
        "[identity.jwt]\nissuer = \"https://login.test\"\naudience = [\"parapet\"]\nroles_claim = \"/realm/roles\"\nattributes = {{ age = \"age\" }}\n{keys}\n"
    );
    let (_, upstream) = CHAT.split_once("[upstreams.model]").unwrap();
    format!("{jwt}[upstreams.model]{upstream}")
}

async fn start(keys: &str) -> Gateway {
    Setup::with(&config(keys), Script::says("fine")).start().await
}

async fn hs256() -> Gateway {
    start(&format!("algorithms = [\"HS256\"]\nsecret = \"{SECRET}\"")).await
}

fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs()
}

fn claims() -> Value {
    json!({"iss": "https://login.test", "aud": "parapet", "sub": "u7", "exp": now() + 600, "age": 40, "realm": {"roles": ["accountant"]}})
}

fn with(key: &str, value: Value) -> Value {
    let mut claims = claims();
    claims[key] = value;
    claims
}

fn without(key: &str) -> Value {
    let mut claims = claims();
    claims.as_object_mut().unwrap().remove(key);
    claims
}

fn sign(claims: &Value, secret: &[u8]) -> String {
    encode(&Header::new(Algorithm::HS256), claims, &EncodingKey::from_secret(secret)).unwrap()
}

fn sign_ec(pem: &[u8], kid: &str) -> String {
    let header = Header { kid: Some(kid.to_owned()), ..Header::new(Algorithm::ES256) };
    encode(&header, &claims(), &EncodingKey::from_ec_pem(pem).unwrap()).unwrap()
}

async fn present(gateway: &Gateway, token: &str) -> Reply {
    gateway.send(Request::chat(PAYROLL).header("authorization", &format!("Bearer {token}"))).await
}

#[tokio::test]
async fn a_good_token_names_the_user_and_stays_here() {
    let gateway = hs256().await;
    assert_eq!(present(&gateway, &sign(&claims(), SECRET.as_bytes())).await.status, 200);
    let row = &gateway.rows().await[0];
    assert_eq!((row.principal.as_deref(), row.roles.as_slice()), (Some("u7"), &["accountant".to_owned()][..]));
    assert_eq!(gateway.upstream.seen()[0].header("authorization"), None);
}

#[tokio::test]
async fn a_token_that_is_not_good_is_refused_even_where_no_user_is_needed() {
    let gateway = hs256().await;
    let secret = SECRET.as_bytes();
    let none = "eyJhbGciOiJub25lIn0.eyJzdWIiOiJ1NyJ9.";
    for (token, problem) in [
        (sign(&claims(), b"another secret, 32 bytes or more"), "its signature is wrong"),
        (sign(&with("exp", json!(now() - 600)), secret), "it has expired"),
        (sign(&with("nbf", json!(now() + 600)), secret), "it is not valid yet"),
        (sign(&with("iss", json!("https://evil.test")), secret), "another issuer"),
        (sign(&with("aud", json!("other")), secret), "another audience"),
        (sign(&without("exp"), secret), "claim `exp`"),
        (sign(&without("aud"), secret), "claim `aud`"),
        (sign(&without("iss"), secret), "claim `iss`"),
        (sign(&without("sub"), secret), "claim `sub`"),
        (sign(&with("realm", json!({"roles": 7})), secret), "claim `/realm/roles`"),
        (none.to_owned(), "not accepted"),
        ("sk-not-a-token".to_owned(), "not a signed JSON Web Token"),
        (sign_ec(EC_A, "a"), "its algorithm is not accepted"),
    ] {
        let reply = present(&gateway, &token).await;
        assert_eq!(reply.error(), (401, "unauthorized".to_owned()), "{problem}");
        assert!(reply.text().contains(problem), "{problem}: {}", reply.text());
    }
    assert!(gateway.upstream.seen().is_empty() && gateway.rows().await.is_empty());
}

#[tokio::test]
async fn a_public_key_is_no_secret() {
    let gateway = start("algorithms = [\"RS256\"]\npem_file = \"tests/gateway/keys/rsa-public.pem\"").await;
    let good = encode(&Header::new(Algorithm::RS256), &claims(), &EncodingKey::from_rsa_pem(RSA).unwrap()).unwrap();
    assert_eq!(present(&gateway, &good).await.status, 200);
    // The public key is known to everyone: a token signed with it as a secret is forged.
    let forged = present(&gateway, &sign(&claims(), RSA_PUBLIC)).await;
    assert!(forged.text().contains("its algorithm is not accepted"), "{}", forged.text());
}

#[tokio::test]
async fn keys_from_a_server_are_kept_and_fetched_again_only_so_often() {
    let jwk = |pem: &[u8], kid: &str| {
        let mut jwk = Jwk::from_encoding_key(&EncodingKey::from_ec_pem(pem).unwrap(), Algorithm::ES256).unwrap();
        jwk.common.key_id = Some(kid.to_owned());
        jwk
    };
    let set = JwkSet { keys: vec![jwk(EC_A, "a")] };
    let server = Upstream::start(Script::json(200, &serde_json::to_value(&set).unwrap())).await;
    let gateway = start(&format!("algorithms = [\"ES256\"]\njwks_url = \"http://{}/keys\"", server.address)).await;
    assert_eq!(present(&gateway, &sign_ec(EC_A, "a")).await.status, 200);
    assert_eq!(present(&gateway, &sign_ec(EC_A, "a")).await.status, 200);
    for kid in ["b", "c", "d"] {
        let reply = present(&gateway, &sign_ec(EC_B, kid)).await;
        assert!(reply.text().contains("no key is known"), "{}", reply.text());
    }
    // A token that bears a known id and another signature is forged.
    assert!(present(&gateway, &sign_ec(EC_B, "a")).await.text().contains("its signature is wrong"));
    assert_eq!(server.seen().len(), 1);
}

#[tokio::test]
async fn without_keys_nobody_is_let_in() {
    let server = Upstream::start(Script::json(500, &json!({}))).await;
    let gateway = start(&format!("algorithms = [\"ES256\"]\njwks_url = \"http://{}/keys\"", server.address)).await;
    let reply = present(&gateway, &sign_ec(EC_A, "a")).await;
    assert_eq!(reply.error(), (503, "overloaded".to_owned()));
    assert!(reply.text().contains("keys for tokens cannot be fetched"));
    assert!(gateway.upstream.seen().is_empty());
}
