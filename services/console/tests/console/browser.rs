//! The console in a real Chromium: it draws, filters and opens pages, runs nothing that was smuggled in, and breaks
//! neither its own policy nor its scripts.

mod driver;

use std::net::SocketAddr;

use fantoccini::{Client, Locator};
use parapet_domain::Timestamp;
use serde_json::Value;

use self::driver::{Driver, Look};
use crate::fixture::{Console, TOKEN};
use crate::records::{day, record};

#[tokio::test]
async fn an_operator_finds_the_refusal_and_the_guard_behind_it() {
    if std::env::var_os("PARAPET_SKIP_BROWSER").is_some_and(|value| value == "1") {
        return;
    }
    let console = Console::with(&day(Timestamp::now())).await;
    let question = crate::approvals::ask(&console, 150).await;
    let address = serve(&console).await;
    let driver = Driver::start().await;
    let client = driver.open().await;
    let visit = tokio::spawn(visit(client.clone(), format!("http://{address}"), question)).await;
    client.close().await.unwrap();
    driver.stop().await;
    // Only now, so that no browser outlives a failed test.
    visit.unwrap();
}

async fn serve(console: &Console) -> SocketAddr {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let service = console.router.clone().into_make_service_with_connect_info::<SocketAddr>();
    tokio::spawn(async move { axum::serve(listener, service).await.unwrap() });
    address
}

async fn visit(client: Client, base: String, question: uuid::Uuid) {
    sign_in(&client, &base).await;
    see_the_overview(&client).await;
    filter_decisions(&client).await;
    open_a_refusal(&client).await;
    open_a_guard(&client).await;
    meet_hostile_text(&client, &base).await;
    take_pictures(&client, &base, question).await;
    approve(&client, &base).await;
    sign_out(&client, &base).await;
}

async fn sign_in(client: &Client, base: &str) {
    client.goto(&format!("{base}/")).await.unwrap();
    assert_eq!(client.current_url().await.unwrap().path(), "/login");
    submit_token(client, "wrong").await;
    assert!(text(client, "[role=alert]").await.contains("That is not the admin token"));
    // The browser logs the 401 of the wrong token, as it should.
    driver::take_log(client).await;
    submit_token(client, TOKEN).await;
    client.wait().for_element(Locator::Css(".figures")).await.unwrap();
}

async fn submit_token(client: &Client, token: &str) {
    client.find(Locator::Id("token")).await.unwrap().send_keys(token).await.unwrap();
    client.find(Locator::Css("form button")).await.unwrap().click().await.unwrap();
}

async fn see_the_overview(client: &Client) {
    assert!(text(client, "h1").await.contains("Overview"));
    client.wait().for_element(Locator::Css(".chart canvas")).await.unwrap();
    let inked = "const c = document.querySelector('.chart canvas'); const d = c.getContext('2d').getImageData(0, 0, c.width, c.height).data;
                 const seen = new Set(); for (let i = 0; i < d.length; i += 4) { if (d[i + 3] > 200) { seen.add((d[i] << 16) | (d[i + 1] << 8) | d[i + 2]); } }
                 return seen.size;";
    let colours = client.execute(inked, Vec::new()).await.unwrap();
    assert!(colours.as_u64().is_some_and(|n| n >= 3), "the chart shows {colours} colours");
    assert_clean(client, "overview").await;
}

async fn filter_decisions(client: &Client) {
    client.find(Locator::LinkText("Decisions")).await.unwrap().click().await.unwrap();
    client.wait().for_element(Locator::Id("f-guard")).await.unwrap();
    client.find(Locator::Css("#f-decision option:nth-child(5)")).await.unwrap().click().await.unwrap();
    client.find(Locator::Id("f-guard")).await.unwrap().send_keys("eicu-access").await.unwrap();
    client.find(Locator::Css(".filters button")).await.unwrap().click().await.unwrap();
    client.wait().for_element(Locator::LinkText("Clear all")).await.unwrap();
    let shown = client
        .execute(
            "return Array.from(document.querySelectorAll('.log .which'), (cell) => cell.textContent.trim())",
            Vec::new(),
        )
        .await;
    let shown = shown.unwrap();
    let shown = shown.as_array().unwrap();
    assert!(shown.len() > 10 && shown.iter().all(|word| word == "deny"), "{shown:?}");
    assert_clean(client, "decisions").await;
}

async fn open_a_refusal(client: &Client) {
    client.find(Locator::Css(".log a.when")).await.unwrap().click().await.unwrap();
    client.wait().for_element(Locator::Css(".ruling")).await.unwrap();
    assert!(text(client, ".ruling").await.contains("access_denied"));
    assert!(text(client, ".timeline").await.contains("deny"));
    assert_clean(client, "decision").await;
}

async fn open_a_guard(client: &Client) {
    client.find(Locator::Css(".ruling a")).await.unwrap().click().await.unwrap();
    client.wait().for_element(Locator::Css(".code .ln")).await.unwrap();
    assert!(text(client, ".quote").await.contains("Nursing may read vital signs"));
    assert!(text(client, ".code").await.contains("fn check(event)"));
    assert_clean(client, "guard").await;
}

async fn meet_hostile_text(client: &Client, base: &str) {
    let hostile = record(4, Timestamp::now()).id;
    for path in [
        "/decisions".to_owned(),
        format!("/decisions/{hostile}"),
        "/guards".to_owned(),
        "/guards/hostile".to_owned(),
        "/".to_owned(),
    ] {
        client.goto(&format!("{base}{path}")).await.unwrap();
        assert!(client.title().await.unwrap().ends_with(" · Parapet"), "a script of {path} has changed the title");
        let foreign = "return Array.from(document.querySelectorAll('main script, main img, main [onclick], main [onerror], a[href^=javascript]'),
                                         (element) => element.outerHTML)";
        assert_eq!(client.execute(foreign, Vec::new()).await.unwrap(), serde_json::json!([]), "{path}");
        assert_clean(client, &path).await;
    }
}

/// Every page in light and dark, wide and narrow. None may be wider than its window. Kept only where asked for.
async fn take_pictures(client: &Client, base: &str, question: uuid::Uuid) {
    let hostile = record(4, Timestamp::now()).id;
    let denied = record(8, Timestamp::now()).id;
    let pages = [
        ("overview", "/".to_owned()),
        ("decisions", "/decisions".to_owned()),
        ("decisions-empty", "/decisions?agent=nobody".to_owned()),
        ("decisions-bad", "/decisions?from=yesterday".to_owned()),
        ("decision", format!("/decisions/{denied}")),
        ("decision-hostile", format!("/decisions/{hostile}")),
        ("approvals", "/approvals".to_owned()),
        ("approval", format!("/approvals/{question}")),
        ("guards", "/guards".to_owned()),
        ("guard", "/guards/eicu-access".to_owned()),
        ("guard-hostile", "/guards/hostile".to_owned()),
        ("missing", "/nowhere".to_owned()),
    ];
    let keep = std::env::var_os("PARAPET_SCREENSHOTS");
    for look in Look::ALL {
        driver::dress(client, look).await;
        for (name, path) in &pages {
            client.goto(&format!("{base}{path}")).await.unwrap();
            let widths =
                client.execute("return [document.documentElement.scrollWidth, innerWidth]", Vec::new()).await.unwrap();
            assert!(
                widths[0].as_u64() <= widths[1].as_u64(),
                "{path} is wider than its window ({}): {widths}",
                look.name
            );
            if let Some(dir) = &keep {
                driver::picture(client, &std::path::Path::new(dir).join(format!("{name}-{}.png", look.name))).await;
            }
        }
    }
    // The browser logs the 400 and the 404, as it should.
    driver::take_log(client).await;
}

async fn approve(client: &Client, base: &str) {
    driver::dress(client, Look::ALL[0]).await;
    client.goto(&format!("{base}/")).await.unwrap();
    client.find(Locator::LinkText("Approvals")).await.unwrap().click().await.unwrap();
    client.wait().for_element(Locator::Css(".log a.when")).await.unwrap().click().await.unwrap();
    client.wait().for_element(Locator::Id("by")).await.unwrap().send_keys("Ann Lee").await.unwrap();
    assert!(text(client, "pre.block").await.contains("\"amount\":150"));
    client.find(Locator::Css("button[value=approve]")).await.unwrap().click().await.unwrap();
    client.wait().for_element(Locator::Css(".ruling.allow")).await.unwrap();
    assert!(text(client, ".timeline").await.contains("Ann Lee"));
    assert_clean(client, "approval").await;
}

async fn sign_out(client: &Client, base: &str) {
    driver::dress(client, Look::ALL[0]).await;
    client.goto(&format!("{base}/")).await.unwrap();
    client.find(Locator::Css(".top-end button")).await.unwrap().click().await.unwrap();
    client.wait().for_element(Locator::Id("token")).await.unwrap();
    client.goto(&format!("{base}/guards")).await.unwrap();
    assert_eq!(client.current_url().await.unwrap().path(), "/login");
    if let Some(dir) = std::env::var_os("PARAPET_SCREENSHOTS") {
        for look in Look::ALL {
            driver::dress(client, look).await;
            client.refresh().await.unwrap();
            driver::picture(client, &std::path::Path::new(&dir).join(format!("login-{}.png", look.name))).await;
        }
    }
    assert_clean(client, "login").await;
}

/// The browser has nothing to complain about: no violation of the policy, no error of a script, no failed request.
async fn assert_clean(client: &Client, where_: &str) {
    let log = driver::take_log(client).await;
    assert_eq!(log, Vec::<Value>::new(), "the browser complains on {where_}");
}

/// Text of the first element that matches, once the page has one.
async fn text(client: &Client, css: &str) -> String {
    client.wait().for_element(Locator::Css(css)).await.unwrap().text().await.unwrap()
}
