//! Nobody sees anything without the token, and nothing but signing in and out changes anything.

use http::StatusCode;

use crate::fixture::{Console, TOKEN};

const PAGES: [&str; 6] = [
    "/",
    "/decisions",
    "/decisions/0197e0a2-7c00-7000-8000-000000000001",
    "/guards",
    "/guards/eicu-access",
    "/nowhere",
];
const API: [&str; 9] = [
    "/admin/decisions",
    "/admin/decisions/0197e0a2-7c00-7000-8000-000000000001",
    "/admin/decisions?format=csv",
    "/admin/overview",
    "/admin/guards",
    "/admin/guards/eicu-access",
    "/admin/guard-sets/current",
    "/admin/nowhere",
    "/metrics",
];

#[tokio::test]
async fn without_a_session_pages_lead_to_the_login_and_back() {
    let console = Console::with(&[]).await;
    for page in PAGES {
        let answer = console.get_with(page, &[]).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{page}");
        let back = if page == "/" { String::new() } else { format!("?next={}", page.replace('/', "%2F")) };
        assert_eq!(answer.header("location"), format!("/login{back}"));
    }
}

#[tokio::test]
async fn without_the_token_the_api_says_what_to_send() {
    let console = Console::with(&[]).await;
    for path in API {
        for headers in [
            &[][..],
            &[("authorization", "Bearer wrong")],
            &[("authorization", TOKEN)],
            &[("cookie", "parapet_session=v1.9.a.b")],
        ] {
            let answer = console.get_with(path, headers).await;
            assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{path}");
            assert_eq!(answer.header("www-authenticate"), "Bearer realm=\"parapet\"");
            assert_eq!(answer.json()["error"]["code"], "unauthorized");
            assert!(!answer.text.contains("eicu"), "{path}");
        }
    }
}

#[tokio::test]
async fn the_token_opens_the_api_and_a_session_opens_the_pages() {
    let console = Console::with(&[]).await;
    for path in ["/admin/decisions", "/admin/overview", "/admin/guards", "/metrics", "/"] {
        assert_eq!(console.get(path).await.status, StatusCode::OK, "{path}");
    }
    let cookie = console.sign_in().await;
    for path in ["/", "/decisions", "/guards", "/admin/decisions"] {
        assert_eq!(console.get_with(path, &[("cookie", &cookie)]).await.status, StatusCode::OK, "{path}");
    }
    assert_eq!(console.get_with("/login?next=/guards", &[("cookie", &cookie)]).await.header("location"), "/guards");
}

#[tokio::test]
async fn the_session_cookie_is_strict_and_is_not_the_token() {
    let console = Console::with(&[]).await;
    let answer = console.post("/login", &format!("token={TOKEN}&next=/decisions?guard=a"), &[]).await;
    let cookie = answer.header("set-cookie");
    assert!(
        cookie.starts_with("parapet_session=v1.")
            && cookie.ends_with("; Path=/; Max-Age=43200; HttpOnly; SameSite=Strict"),
        "{cookie}"
    );
    assert!(!cookie.contains(TOKEN));
    assert_eq!(answer.header("location"), "/decisions?guard=a");
    let behind_tls = console.post("/login", &format!("token={TOKEN}"), &[("x-forwarded-proto", "https")]).await;
    assert!(behind_tls.header("set-cookie").ends_with("; Secure"));
}

#[tokio::test]
async fn signing_in_never_leads_to_another_site() {
    let console = Console::with(&[]).await;
    for next in ["//evil.example/", "https://evil.example/", "/\\evil.example", "%2F%2Fevil.example"] {
        let answer = console.post("/login", &format!("token={TOKEN}&next={next}"), &[]).await;
        assert_eq!(answer.header("location"), "/", "{next}");
    }
}

#[tokio::test]
async fn a_wrong_token_is_told_and_after_some_of_them_one_has_to_wait() {
    let console = Console::with(&[]).await;
    for _ in 0..50 {
        let answer = console.post("/login", "token=wrong", &[]).await;
        assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
        assert!(answer.text.contains("That is not the admin token."));
        assert_eq!(answer.header("set-cookie"), "");
    }
    let answer = console.post("/login", &format!("token={TOKEN}"), &[]).await;
    assert_eq!(answer.status, StatusCode::TOO_MANY_REQUESTS);
    assert!(answer.header("retry-after").parse::<u64>().is_ok_and(|seconds| (1..=2).contains(&seconds)));
    assert!(answer.text.contains("Too many wrong tokens; try again in"));
    assert_eq!(console.get("/admin/guards").await.status, StatusCode::OK, "programs are not locked out");
}

#[tokio::test]
async fn signing_out_ends_the_session_itself_not_only_the_cookie() {
    let console = Console::with(&[]).await;
    let cookie = console.sign_in().await;
    let answer = console.post("/logout", "", &[("cookie", &cookie)]).await;
    assert_eq!((answer.status, answer.header("location")), (StatusCode::SEE_OTHER, "/login"));
    assert!(answer.header("set-cookie").starts_with("parapet_session=; Path=/; Max-Age=0"));
    assert_eq!(console.get_with("/", &[("cookie", &cookie)]).await.status, StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn other_sites_can_neither_sign_in_nor_out() {
    let console = Console::with(&[]).await;
    let cookie = console.sign_in().await;
    for foreign in [
        ("origin", "https://evil.example"),
        ("origin", "null"),
        ("sec-fetch-site", "cross-site"),
        ("sec-fetch-site", "same-site"),
    ] {
        let login = console.post("/login", &format!("token={TOKEN}"), &[foreign]).await;
        assert_eq!((login.status, login.header("set-cookie")), (StatusCode::FORBIDDEN, ""), "{foreign:?}");
        let logout = console.post("/logout", "", &[foreign, ("cookie", &cookie)]).await;
        assert_eq!(logout.status, StatusCode::FORBIDDEN, "{foreign:?}");
    }
    assert_eq!(console.get_with("/", &[("cookie", &cookie)]).await.status, StatusCode::OK);
}

#[tokio::test]
async fn nothing_changes_by_get_and_the_api_takes_nothing_else() {
    let console = Console::with(&[]).await;
    let cookie = console.sign_in().await;
    assert_eq!(console.get_with("/logout", &[("cookie", &cookie)]).await.status, StatusCode::METHOD_NOT_ALLOWED);
    assert_eq!(console.get_with("/", &[("cookie", &cookie)]).await.status, StatusCode::OK);
    let answer = console.post("/admin/decisions", "", &[("authorization", &format!("Bearer {TOKEN}"))]).await;
    assert_eq!(answer.status, StatusCode::METHOD_NOT_ALLOWED);
    assert_eq!(console.post("/decisions", "", &[]).await.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn a_login_form_has_an_end() {
    let console = Console::with(&[]).await;
    let answer = console.post("/login", &format!("token={}", "a".repeat(10_000)), &[]).await;
    assert_eq!(answer.status, StatusCode::PAYLOAD_TOO_LARGE);
}
