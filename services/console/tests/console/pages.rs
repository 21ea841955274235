//! The pages as text: what they show, how they escape it, and what they say when there is nothing or something is wrong.

use http::StatusCode;
use parapet_domain::Timestamp;

use crate::fixture::Console;
use crate::records::{day, denied, hostile, record, redacted};

/// Markup of the fixtures that must never reach a page as markup.
const MARKUP: [&str; 5] = ["<script>document", "<img", "<b onclick", "href=\"javascript:", "\u{202e}"];

fn assert_escaped(path: &str, page: &str) {
    for markup in MARKUP {
        assert!(!page.contains(markup), "{path} has {markup:?}");
    }
    assert!(!page.contains(" style="), "{path} has a style attribute, which the policy forbids");
}

#[tokio::test]
async fn hostile_text_is_text_on_every_page() {
    let now = Timestamp::now();
    let bad = hostile(record(1, now));
    let console = Console::with(std::slice::from_ref(&bad)).await;
    let decision = format!("/decisions/{}", bad.id);
    let injected = "/decisions?agent=%22%3E%3Cscript%3Edocument.title%3D1%3C/script%3E";
    for path in [
        "/",
        "/decisions",
        &decision,
        "/guards",
        "/guards/hostile",
        "/guards/eicu-access",
        injected,
        "/%3Cscript%3Edocument",
        "/decisions?x=%3Cimg",
    ] {
        let page = console.get(path).await.text;
        assert_escaped(path, &page);
    }
    let page = console.get(&decision).await.text;
    assert!(page.contains("&#60;script&#62;document.title=&#39;pwned&#39;&#60;/script&#62;"), "{page}");
    assert!(page.contains("⟨U+202E⟩desrever"), "{page}");
}

#[tokio::test]
async fn the_login_page_escapes_its_way_back() {
    let console = Console::with(&[]).await;
    let page = console.get_with("/login?next=/a%22%3E%3Cscript%3Edocument", &[]).await.text;
    assert_escaped("/login", &page);
    assert!(page.contains("value=\"/a&#34;&#62;&#60;script&#62;document\""), "{page}");
}

#[tokio::test]
async fn empty_pages_say_what_to_do_next() {
    let console = Console::with(&[]).await;
    assert!(console.get("/").await.text.contains("Nothing was judged in this time"));
    assert!(console.get("/decisions").await.text.contains("No decisions yet"));
    assert!(console.get("/decisions?agent=nobody").await.text.contains("No decision matches"));
}

#[tokio::test]
async fn the_overview_has_its_numbers_without_scripts() {
    let console = Console::with(&day(Timestamp::now())).await;
    let page = console.get("/?range=7d").await.text;
    assert!(page.contains("<table id=\"over-time-table\">"));
    assert!(page.contains(">eicu-access</bdi></a>") && page.contains("p99"), "{page}");
    assert!(page.contains("aria-current=\"true\">7d</a>"));
    assert!(page.contains("2 guards: 1 enforce, 1 shadow"));
}

#[tokio::test]
async fn the_list_pages_back_and_keeps_its_filter() {
    let console = Console::with(&day(Timestamp::now())).await;
    let page = console.get("/decisions?stage=output&limit=20").await.text;
    assert!(page.contains("<option selected>output</option>"));
    let older =
        page.split("href=\"").find(|rest| rest.starts_with("/decisions?stage=output&#38;limit=20&#38;after=")).unwrap();
    let older = older.split('"').next().unwrap().replace("&#38;", "&");
    let page = console.get(&older).await.text;
    assert!(page.contains("← Newest") && page.contains("Older →"));
    assert_eq!(page.matches("<a class=\"when\"").count(), 20);
}

#[tokio::test]
async fn a_filter_that_cannot_be_used_is_told_and_shows_no_rows() {
    let console = Console::with(&day(Timestamp::now())).await;
    let answer = console.get("/decisions?from=yesterday").await;
    assert_eq!(answer.status, StatusCode::BAD_REQUEST);
    assert!(answer.text.contains("<code>from</code> cannot be <code>yesterday</code>; give a time such as"));
    assert!(answer.text.contains("name=\"from\" value=\"yesterday\""), "the form keeps what was written");
    assert_eq!(answer.text.matches("<a class=\"when\"").count(), 0);
}

#[tokio::test]
async fn a_decision_shows_each_guard_and_the_rest_of_its_exchange() {
    let now = Timestamp::now();
    let records =
        [redacted(record(3, now)), denied(record(2, now), "eicu-access", "access_denied", "Columns are missing.")];
    let console = Console::with(&records).await;
    let page = console.get(&format!("/decisions/{}", records[1].id)).await.text;
    for text in [
        "Output denied",
        "Columns are missing.",
        "184,223 fuel",
        "&#34;icd9code&#34;",
        "/messages/0/content",
        "user-2",
        "What judged it",
    ] {
        assert!(page.contains(text), "{text}: {page}");
    }
    assert!(page.contains(&format!("href=\"/decisions/{}\"", records[0].id)), "the other event of the exchange");
    let page = console.get(&format!("/decisions/{}", records[0].id)).await.text;
    assert!(page.contains("4–23") && page.contains("[email]"), "{page}");
}

#[tokio::test]
async fn a_guard_shows_its_request_plan_code_and_tests() {
    let console = Console::with(&[]).await;
    let page = console.get("/guards/eicu-access").await.text;
    for text in [
        "Nursing may read vital signs",
        "<li>Read the user's <strong>role</strong>",
        "<td>nursing</td>",
        "id=\"L2\"",
        "<span class=\"k\">fn</span>",
        "a nurse may not read diagnoses",
        "1 allow, 2 deny",
        "8 MiB",
    ] {
        assert!(page.contains(text), "{text}: {page}");
    }
}

#[tokio::test]
async fn unknown_pages_say_so_and_lead_back() {
    let console = Console::with(&[]).await;
    for (path, text) in [
        ("/nowhere", "<code>/nowhere</code> is not part of the console."),
        ("/guards/none", "There is no guard in force named <code>none</code>."),
        ("/decisions/1", "There is no decision <code>1</code>."),
    ] {
        let answer = console.get(path).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND);
        assert!(answer.text.contains(text), "{}", answer.text);
        assert!(answer.text.contains("<nav aria-label=\"Main\">"));
    }
}
