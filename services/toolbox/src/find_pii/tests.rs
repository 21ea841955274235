//! What counts as personal data and what does not.

use serde_json::{Value, json};

use super::run;
use crate::Prepared;

fn call(args: &[Value]) -> Result<Vec<(String, String)>, String> {
    let list = run(&Prepared::default(), args).map_err(|e| e.message)?;
    let field = |f: &Value, key: &str| f[key].as_str().unwrap().to_owned();
    Ok(list.as_array().unwrap().iter().map(|f| (field(f, "type"), field(f, "text"))).collect())
}

fn find(text: &str) -> Vec<(String, String)> {
    call(&[json!(text)]).unwrap()
}

fn assert_found(kind: &str, cases: &[(&str, &str)]) {
    for (text, value) in cases {
        assert_eq!(find(text), [(kind.to_owned(), (*value).to_owned())], "{text}");
    }
}

fn assert_nothing(texts: &[&str]) {
    for text in texts {
        assert!(find(text).is_empty(), "{text}: {:?}", find(text));
    }
}

#[test]
fn email_addresses() {
    assert_found(
        "email",
        &[
            ("Write to <ann.lee+x@mail.example.co.uk>.", "ann.lee+x@mail.example.co.uk"),
            ("mailto:ann@example.com?subject=x", "ann@example.com"),
            ("jürgen@müller.de!", "jürgen@müller.de"),
            ("メールはann@example.comです", "ann@example.com"),
            ("a@b.com.1", "a@b.com"),
        ],
    );
    assert_nothing(&["@ann", "ann@localhost", "a@.com", "x @ y.com", "ann@1.2", "user.@example.com", "@@.."]);
}

#[test]
fn urls() {
    assert_found(
        "url",
        &[
            ("See https://en.example.org/wiki/A_(b)?q=1#c, then", "https://en.example.org/wiki/A_(b)?q=1#c"),
            ("(http://example.com/)", "http://example.com/"),
            ("go to www.example.com.", "www.example.com"),
            ("ftp://10.0.0.1/x", "ftp://10.0.0.1/x"),
        ],
    );
    assert_nothing(&["://", "a://", "www.", "awww.cute.example", "http:// x"]);
}

#[test]
fn ip_addresses() {
    assert_found(
        "ip_address",
        &[
            ("from 192.168.0.1.", "192.168.0.1"),
            ("10.0.0.0/8", "10.0.0.0"),
            ("host 8.8.8.8:53", "8.8.8.8"),
            ("[2001:db8::1]:443", "2001:db8::1"),
            ("addr:fe80::1%eth0", "fe80::1"),
            ("::ffff:1.2.3.4", "::ffff:1.2.3.4"),
        ],
    );
    assert_nothing(&[
        "256.1.1.1",
        "1.2.3",
        "1.2.3.4.5",
        "01.2.3.4",
        "version 1.2.3.4",
        "v1.2.3.4",
        "12:30:45",
        "std::mem",
        "a::b",
        "x::1",
        "::",
    ]);
}

#[test]
fn social_security_numbers_follow_the_rules_of_issue() {
    assert_found(
        "us_ssn",
        &[
            ("219-09-9999", "219-09-9999"),
            ("SSN 219 09 9999", "219 09 9999"),
            ("my social security number is 219099999", "219099999"),
        ],
    );
    assert_found("us_itin", &[("912-70-1234", "912-70-1234")]);
    assert_nothing(&[
        "000-12-3456",
        "666-12-3456",
        "123-00-4567",
        "123-45-0000",
        "912-10-1234",
        "219 09 9999",
        "219099999",
        "1219-09-9999",
        "219-09-9999-1",
    ]);
}

#[test]
fn cards_need_issuer_length_and_luhn() {
    assert_found(
        "credit_card",
        &[
            ("4111111111111111", "4111111111111111"),
            ("3782 822463 10005", "3782 822463 10005"),
            ("5555-5555-5555-4444,", "5555-5555-5555-4444"),
            ("4 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1", "4 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1"),
            ("card 675964983844", "675964983844"),
        ],
    );
    assert_nothing(&[
        "4111111111111112",
        "1234567812345670",
        "0000 0000 0000 0000",
        "675964983844",
        "x4111111111111111",
    ]);
}

#[test]
fn ibans_need_country_length_and_check_digits() {
    assert_found(
        "iban",
        &[
            ("IBAN: DE89 3704 0044 0532 0130 00.", "DE89 3704 0044 0532 0130 00"),
            ("gb82west12345698765432", "gb82west12345698765432"),
            ("GB82 WEST 1234 5698 7654 32 is mine", "GB82 WEST 1234 5698 7654 32"),
        ],
    );
    assert_nothing(&[
        "DE88370400440532013000",
        "XX82WEST12345698765432",
        "GB82WEST1234569876543",
        "DE893704004405320130001",
    ]);
}

#[test]
fn phone_numbers_in_international_and_national_forms() {
    assert_found(
        "phone",
        &[
            ("+41 (0)71 526 99 04", "+41 (0)71 526 99 04"),
            ("ring +442079460958!", "+442079460958"),
            ("(212) 555-0123 ext. 45", "(212) 555-0123 ext. 45"),
            ("212.555.0123x7", "212.555.0123x7"),
            ("1-212-555-0123", "1-212-555-0123"),
            ("0049 30 901820", "0049 30 901820"),
            ("0471 12 34 56", "0471 12 34 56"),
            ("Tel: 8675309", "8675309"),
            ("call me (at 555 1234)", "555 1234"),
        ],
    );
}

#[test]
fn other_numbers_are_no_phone_numbers() {
    assert_nothing(&[
        "8675309",
        "order 123 456 789",
        "call about order 1234567",
        "2024-01-15 12:30:00",
        "phone bought on 2024-01-15",
        "3.14159265",
        "12,345,678",
        "room 101 104 1234",
        "ISBN 978-3-16-148410-0",
        "1700000000000",
    ]);
}

#[test]
fn labelled_numbers_need_their_label() {
    assert_found("mrn", &[("MRN: 00123456", "00123456"), ("medical record number is A-123456", "A-123456")]);
    assert_found("npi", &[("NPI 1234567893", "1234567893")]);
    assert_found(
        "us_passport",
        &[("passport no. C01234567", "C01234567"), ("Passport number: 123456789", "123456789")],
    );
    assert_found(
        "us_driver_license",
        &[("driver's license number is F1628235", "F1628235"), ("DL# D1234-56789", "D1234-56789")],
    );
    assert_found(
        "date_of_birth",
        &[
            ("DOB: 01/31/1980", "01/31/1980"),
            ("date of birth 1984-05-17", "1984-05-17"),
            ("born 1984-12-31.", "1984-12-31"),
            ("born in Rome on 3 May 1980", "3 May 1980"),
            ("date of birth 1980-05-03", "1980-05-03"),
            ("Birthday: March 3rd, 1980", "March 3rd, 1980"),
        ],
    );
    assert_nothing(&[
        "00123456",
        "NPI 1234567890",
        "1234567893",
        "C01234567",
        "01/31/1980",
        "born. On 3 May 1980",
        "dl 1234",
    ]);
}

#[test]
fn hardware_and_crypto_addresses() {
    assert_found(
        "mac_address",
        &[("00:1A:2b:3c:4d:5e", "00:1A:2b:3c:4d:5e"), ("00-1A-2B-3C-4D-5E", "00-1A-2B-3C-4D-5E")],
    );
    assert_found(
        "crypto_address",
        &[
            ("1BvBMSEYstWetqTFn5Au4m4GFg7xJaNVN2", "1BvBMSEYstWetqTFn5Au4m4GFg7xJaNVN2"),
            ("bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4", "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4"),
            ("0x52908400098527886E0F7030069857D2E4169EE7", "0x52908400098527886E0F7030069857D2E4169EE7"),
        ],
    );
    assert_nothing(&[
        "1BvBMSEYstWetqTFn5Au4m4GFg7xJaNVN3",
        "00:1A:2b:3c:4d:5e:6f",
        "0x52908400098527886E0F7030069857D2E4169EE",
        "00:1A-2b:3c:4d:5e",
    ]);
}

#[test]
fn only_the_wanted_types_are_reported_even_inside_others() {
    let text = "http://10.0.0.1/?mail=ann@example.com";
    assert_eq!(find(text), [("url".to_owned(), text.to_owned())]);
    assert_eq!(call(&[json!(text), json!(["ip_address"])]), Ok(vec![("ip_address".to_owned(), "10.0.0.1".to_owned())]));
    assert_eq!(call(&[json!(text), json!([])]), Ok(vec![]));
    assert_eq!(call(&[json!("4111 1111 1111 1111"), json!(["phone"])]), Ok(vec![]));
}

#[test]
fn an_unknown_type_is_an_error_that_lists_the_types() {
    let error = call(&[json!(""), json!(["phon"])]).unwrap_err();
    assert!(
        error.starts_with("`phon` is no type of `find_pii`; use credit_card, crypto_address, date_of_birth, email,"),
        "{error}"
    );
    assert!(call(&[json!(""), json!("phone")]).unwrap_err().contains("must be an array of strings, not a string"));
}

#[test]
fn spans_count_characters() {
    let list = run(&Prepared::default(), &[json!("😀é ann@example.com")]).unwrap();
    assert_eq!((&list[0]["start"], &list[0]["end"]), (&json!(3), &json!(18)));
}
