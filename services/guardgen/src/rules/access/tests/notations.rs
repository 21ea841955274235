//! The same policy in every notation.

use super::*;

/// What all of these say.
const SAID: &[&str] =
    &["auditor: accounts = number balance", "auditor: transfers = amount day", "teller: accounts = number"];

fn says(text: &str) {
    assert_eq!(open(&policy(text)), SAID, "{text}");
}

#[test]
fn a_table_of_resources_by_roles() {
    says(
        "| table | columns | teller | auditor |\n|---|---|---|---|\n| accounts | number, balance | number | all |\n\
          | transfers | amount, day | none | all |",
    );
    says(
        "| resource | Fields | Teller | **Auditor** |\n|---|---|---|---|\n| `accounts` | number, balance | all but balance | all |\n\
          | `transfers` | amount, day | - | everything |",
    );
}

#[test]
fn a_table_of_roles_by_resources() {
    says(
        "Accounts has the columns number, balance.\nTransfers has the columns amount, day.\n\n\
          | role | accounts | transfers |\n|---|---|---|\n| teller | number | none |\n| auditor | all | all |",
    );
}

#[test]
fn a_table_with_a_line_for_each_role_and_resource() {
    says(
        "| role | table | columns |\n|---|---|---|\n| teller | accounts | number |\n| auditor | accounts | number, balance |\n\
          | auditor | transfers | amount, day |",
    );
}

#[test]
fn a_table_of_fields_beside_the_rules() {
    says(
        "| table | columns |\n|---|---|\n| accounts | number, balance |\n| transfers | amount, day |\n\n\
          Tellers may read accounts (number). The auditor may read everything.\n\nRoles: teller, auditor.",
    );
}

#[test]
fn nested_lists() {
    says("- teller\n  - accounts: number\n- auditor\n  - accounts: number, balance\n  - transfers (amount, day)");
    says("1. teller: accounts (number)\n2. auditor: accounts (number, balance), transfers (amount and day)");
    says(
        "* teller\n    * accounts\n        * number\n* auditor\n    * accounts\n        * number\n        * balance\n    * transfers: amount, day",
    );
    says(
        "Roles: teller, auditor.\n\n- accounts\n  - teller: number\n  - auditor: number, balance\n- transfers\n  - auditor: amount, day",
    );
}

#[test]
fn lists_below_a_heading_or_a_sentence() {
    says(
        "Roles: teller, auditor.\n\n## Teller\n- accounts: number\n\n## Auditor\n- accounts: number, balance\n- transfers: amount, day",
    );
    says(
        "A teller may read:\n- accounts (number)\n\nAn auditor may read:\n- accounts (number, balance)\n- transfers: amount, day",
    );
    says(
        "Two roles use the agent:\n- teller\n- auditor\n\nTables and their columns:\n- accounts: number, balance\n- transfers: amount, day\n\n\
          - A teller may read accounts (number).\n- Auditors may read everything.",
    );
}

#[test]
fn prose() {
    says(
        "A teller may read accounts (number). Auditors may read accounts (number, balance) and transfers (amount, day).\nRoles: teller, auditor.",
    );
    says(
        "Roles: teller, auditor. A teller may only read number of accounts. The auditor can see number and balance of accounts, and amount and day of transfers.",
    );
    says(
        "Roles: teller, auditor. Accounts has the columns number, balance. Transfers has the columns amount, day. \
          Auditors may read everything. Tellers may read everything but transfers. Tellers may not read the column balance of accounts.",
    );
    says(
        "Roles: teller, auditor. Everyone may read accounts (number). The auditor has access to balance of accounts and to transfers (amount, day).",
    );
}

#[test]
fn facts_that_the_request_refers_to() {
    let facts = "[access.teller]\naccounts = [\"number\"]\ntransfers = \"none\"\n[access.auditor]\naccounts = \"all\"\ntransfers = \"all\"\n\
                 [columns]\naccounts = [\"number\", \"balance\"]\ntransfers = [\"amount\", \"day\"]";
    let text = "Two roles use the agent: teller, auditor. Each may read certain tables of the bank's database, and certain columns of them, \
                as listed below under `access`. Refuse an answer when the agent's code needs a table or column that the user's role may not \
                read, and list exactly these.";
    let request = GuardRequest { facts: facts.parse().unwrap(), ..request(text) };
    assert_eq!(open(&policy_of(&request).unwrap().1), SAID);
}

#[test]
fn fields_that_are_not_all_named_stay_open() {
    let text = "Nursing may read allergy (drugname, allergyname) and lab (all columns). Administrators may read everything in cost but \
                chargetime. Nursing may not read diagnosis.";
    let policy = policy(text);
    assert_eq!(
        open(&policy),
        ["administrators: cost = * -chargetime", "nursing: allergy = drugname allergyname", "nursing: lab = *"]
    );
    assert_eq!(policy.whole("lab"), ["*"]);
}

#[test]
fn a_denial_takes_away_from_what_is_open_as_a_whole() {
    assert_eq!(
        open(&policy("A nurse may read patient. A nurse may not read patient (gender).")),
        ["nurse: patient = * -gender"]
    );
}

#[test]
fn other_actions_than_reading() {
    let text = "- teller\n  - read: accounts (all)\n  - write: accounts (balance)\n- auditor\n  - may read\n    - accounts\n\n\
                A teller may read and write notes. The auditor may delete notes.";
    let expected = [
        "auditor: accounts = *",
        "auditor: delete notes = *",
        "teller: accounts = *",
        "teller: notes = *",
        "teller: write accounts = balance",
        "teller: write notes = *",
    ];
    assert_eq!(open(&policy(&text.replace("  - may read\n    - accounts\n", "  - read\n    - accounts\n"))), expected);
    let table = "| role | accounts | notes |\n|---|---|---|\n| teller | read: all; write: balance | read, write |\n| auditor | read | delete |";
    assert_eq!(open(&policy(table)), expected);
}

#[test]
fn what_needs_approval() {
    let all = policy("A teller may read accounts (number). Everything else needs approval.");
    assert!(all.ask && all.approval.is_empty());
    let some = policy(
        "A teller may read accounts (number). Tellers need approval to read accounts (balance). Everything else is refused.",
    );
    assert!(!some.ask);
    assert_eq!(some.approval.len(), 1);
    assert_eq!(
        some.approval[&("teller".to_owned(), key(Verb::Read, "accounts"))],
        Right::Listed(vec!["balance".to_owned()])
    );
}

#[test]
fn sentences_around_the_table_are_understood_as_what_they_are() {
    let table = "\n\n| table | columns | a | b |\n|---|---|---|---|\n| t | x, y | x | all |\n";
    for sentence in [
        "Two roles.",
        "Two roles use the agent: a, b.",
        "The roles are a and b.",
        "The table below says who may read what.",
        "Everything else is refused.",
        "Nothing else is allowed.",
        "A question is refused when the agent's code needs a table or column that the role may not read; the explanation lists exactly those.",
        "Deny the query if it reads a column which the user's role cannot read.",
        "Columns that are in no role's list (surrogate keys such as `rowid`) are refused to all.",
        "Fields that are in no list, such as the keys `rowid` or `oid`, are refused to everyone.",
    ] {
        assert_eq!(open(&policy(&format!("{sentence}{table}"))), ["a: t = x", "b: t = x y"], "{sentence}");
    }
}

#[test]
fn names_of_roles_are_those_that_are_declared_or_used_in_examples() {
    let example = r#"{"description": "x", "event": {"principal": {"id": "u", "roles": ["Administrator"]}, "text": "y"}, "expect": {"verdict": "allow"}}"#;
    let examples = parapet_judge::GuardTest::parse_lines(example).unwrap();
    let request = GuardRequest { examples, ..request("Administrators may read cost. Nursing staff may read lab.") };
    assert_eq!(open(&policy_of(&request).unwrap().1), ["administrator: cost = *", "nursing: lab = *"]);
}
