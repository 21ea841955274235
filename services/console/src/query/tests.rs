//! Query strings, well and badly formed.

use super::*;

fn complaint(query: &str) -> String {
    DecisionQuery::parse(query, "default").unwrap_err().to_string()
}

#[test]
fn a_full_filter_is_read() {
    let query = "from=2026-01-01&to=2026-01-31T12:00:00%2B01:00&decision=deny&guard=eicu-access&agent=ehr&principal=dr+who\
                 &session=s&stage=tool_call&reason_code=access_denied&exchange=0197e0a2-7c00-7000-8000-000000000001&limit=10&format=csv";
    let parsed = DecisionQuery::parse(query, "acme").unwrap();
    let filter = &parsed.filter;
    assert_eq!(filter.tenant, "acme");
    assert_eq!(filter.from.unwrap().to_string(), "2026-01-01T00:00:00.000000Z");
    assert_eq!(filter.to.unwrap().to_string(), "2026-01-31T11:00:00.000000Z");
    assert_eq!(filter.principal.as_deref(), Some("dr who"));
    assert_eq!(filter.decision.unwrap().as_str(), "deny");
    assert_eq!(filter.stage.unwrap().as_str(), "tool_call");
    assert_eq!((parsed.page.limit, parsed.format), (10, Some(Format::Csv)));
    assert!(parsed.is_filtered());
}

#[test]
fn empty_fields_of_a_form_choose_nothing() {
    let parsed = DecisionQuery::parse("decision=&stage=&from=&guard=&limit=", "default").unwrap();
    assert!(!parsed.is_filtered());
    assert_eq!(parsed.page.limit, DecisionQuery::DEFAULT_LIMIT);
}

#[test]
fn what_means_nothing_is_refused_with_what_would_be_right() {
    assert!(complaint("verdict=deny").starts_with("unknown query key `verdict`; known are `from`, `to`, `decision`"));
    assert_eq!(complaint("guard=a&guard=b"), "query key `guard` is given twice; give it once");
    assert_eq!(complaint("decision=block"), "`decision` cannot be `block`; give `allow`, `redact`, `ask` or `deny`");
    assert_eq!(
        complaint("stage=Output"),
        "`stage` cannot be `Output`; give `input`, `output`, `tool_call` or `tool_result`"
    );
    assert_eq!(complaint("limit=0"), "`limit` cannot be `0`; give a number between 1 and 1000");
    assert_eq!(complaint("limit=1001"), "`limit` cannot be `1001`; give a number between 1 and 1000");
    assert_eq!(complaint("exchange=7"), "`exchange` cannot be `7`; give the id of an exchange, a UUID");
    assert_eq!(
        complaint("after=rubbish"),
        "`after` cannot be `rubbish`; give the `next` of the page before, unchanged"
    );
    assert_eq!(complaint("agent=a%00b"), "the value of `agent` has a control character in it");
    assert!(
        complaint("from=yesterday")
            .starts_with("`from` cannot be `yesterday`; give a time such as `2026-01-31T12:00:00Z`")
    );
    assert!(
        complaint("from=2026-02-01&to=2026-01-01")
            .starts_with("`from` (2026-02-01T00:00:00.000000Z) must be before `to`")
    );
    assert_eq!(complaint(&format!("agent={}", "a".repeat(513))), "the value of `agent` is longer than 512 bytes");
}

#[test]
fn links_keep_the_filter_and_escape_it() {
    let parsed = DecisionQuery::parse("agent=a%26b%3D%22&limit=20&after=&refresh=10", "default").unwrap();
    assert_eq!(parsed.link("/decisions", &[("after", "x")]), "/decisions?agent=a%26b%3D%22&limit=20&after=x");
    assert_eq!(
        DecisionQuery::as_written("agent=a&from=never&x=1", "default").link("/decisions", &[]),
        "/decisions?from=never&agent=a"
    );
    assert_eq!(segment("a b/c?d"), "a%20b%2Fc%3Fd");
}

#[test]
fn an_overview_covers_whole_buckets() {
    let now = Timestamp::parse("2026-01-31T12:34:56Z").unwrap();
    let day = OverviewQuery::parse("", now).unwrap();
    assert_eq!(day.bucket, std::time::Duration::from_secs(1_800));
    assert_eq!(day.to.to_string(), "2026-01-31T13:00:00.000000Z");
    assert_eq!(day.from.to_string(), "2026-01-30T13:00:00.000000Z");
    let hour = OverviewQuery::parse("range=1h", now).unwrap();
    assert_eq!((hour.bucket.as_secs(), hour.range.unwrap().word), (60, "1h"));
    let month = OverviewQuery::parse("range=30d&bucket_s=86400", now).unwrap();
    assert_eq!(month.bucket.as_secs(), 86_400);
}

#[test]
fn an_overview_without_sense_is_refused() {
    let now = Timestamp::parse("2026-01-31T12:34:56Z").unwrap();
    let complaint = |query: &str| OverviewQuery::parse(query, now).unwrap_err().to_string();
    assert_eq!(complaint("range=1y"), "`range` cannot be `1y`; give `1h`, `24h`, `7d` or `30d`");
    assert_eq!(complaint("range=1h&from=2026-01-01"), "give `range`, or `from` and `to`, not both");
    assert_eq!(complaint("to=2026-01-01"), "`to` needs `from` beside it");
    assert!(
        complaint("from=2026-01-01&bucket_s=1")
            .contains("more than 1000; choose a shorter time or a larger `bucket_s`")
    );
    assert!(complaint("from=2026-01-31&to=2026-01-31").contains("must be at least a second before `to`"));
    assert_eq!(complaint("range=1h&bucket_s=0"), "`bucket_s` cannot be `0`; give a number of seconds from 1 to 604800");
}
