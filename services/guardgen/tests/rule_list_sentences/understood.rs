//! Wordings that mean a rule, and the rule.

use super::{DESK, OFFICE, compiled, rules};

fn means(sentence: &str, rule: &str) {
    assert_eq!(rules(sentence, OFFICE), [rule], "{sentence}");
}

#[test]
fn who_alone_may() {
    let role = |tool: &str, role: &str| format!("{tool} requires principal.roles has_any [\"{role}\"] deny");
    means("Deleting a repository requires role admin.", &role("delete_repository", "admin"));
    means("Only admins may delete a repository.", &role("delete_repository", "admin"));
    means("Do not delete repositories unless you are an admin.", &role("delete_repository", "admin"));
    means("You must be an admin before you delete a repository.", &role("delete_repository", "admin"));
    means("Repositories may only be deleted by admins.", &role("delete_repository", "admin"));
    means("`delete_repository` is only allowed for the role admin.", &role("delete_repository", "admin"));
    means("Sending e-mail is limited to verified users.", "send_email requires user.verified == true deny");
    means(
        "A membership is required to add something to the cart.",
        "add_to_cart requires user.membership == true deny",
    );
    means(
        "Only verified users over 18 may transfer money.",
        "transfer_money requires user.verified == true and user.age > 18 deny",
    );
    means(
        "Reports may only be read by managers and admins.",
        "read_report requires principal.roles has_any [\"manager\"] or principal.roles has_any [\"admin\"] deny",
    );
}

#[test]
fn who_may_not() {
    let guests = "read_report when principal.roles has_any [\"guest\"] deny";
    means("The tool `read_report` may not be used by guests.", guests);
    means("Guests may not read reports.", guests);
    means("Guests are not allowed to read a report.", guests);
    means("Reading reports is forbidden for guests.", guests);
    means("Unverified users may not transfer money.", "transfer_money when not user.verified == true deny");
    means(
        "Users who are not members may not add items to the cart.",
        "add_to_cart when not user.membership == true deny",
    );
    means(
        "Users aged 65 or older may not transfer more than 300.",
        "transfer_money when user.age >= 65 and call.amount > 300 deny",
    );
    means(
        "Users in the finance department may not delete repositories.",
        "delete_repository when user.department == \"finance\" deny",
    );
    means(
        "If the country is Germany or Austria, transfers are forbidden.",
        "transfer_money when user.country in [\"Germany\", \"Austria\"] deny",
    );
    means("No repository may be deleted.", "delete_repository deny");
    means("Never delete a repository.", "delete_repository deny");
}

#[test]
fn limits_of_arguments() {
    means("Transfers must not exceed 1,000.", "transfer_money requires call.amount <= 1000 deny");
    means("Transfers of more than 2 thousand euros are not allowed.", "transfer_money when call.amount > 2000 deny");
    means(
        "The amount of a transfer must not exceed the user's `limit`.",
        "transfer_money requires call.amount <= limit deny",
    );
    means(
        "Tellers may transfer up to 1000 dollars.",
        "transfer_money when principal.roles has_any [\"teller\"] requires call.amount <= 1000 deny",
    );
    means(
        "The `to` of `transfer_money` must be one of `a-1`, `a-2` or `a-3`.",
        "transfer_money requires call.to in [\"a-1\", \"a-2\", \"a-3\"] deny",
    );
    means(
        "`transfer_money` is allowed only if `amount` <= 1000 and role is `teller`, else 'Transfer above the limit'",
        "transfer_money requires call.amount <= 1000 and principal.roles has_any [\"teller\"] deny",
    );
    means("Sending an e-mail without a subject is forbidden.", "send_email requires call.subject exists deny");
    means(
        "Files must not be written outside /home/app.",
        "write_file when not call.path starts_with \"/home/app/\" deny",
    );
    means(
        "Never push to a branch that starts with 'release/'.",
        "push_commits when call.branch starts_with \"release/\" deny",
    );
    means(
        "Pushing with `force` is only allowed for admins.",
        "push_commits when call.force exists requires principal.roles has_any [\"admin\"] deny",
    );
    means(
        "Nobody may send e-mail to an address outside example.com",
        "send_email when not call.to in_domain [\"example.com\"] or call.cc exists and not call.cc in_domain [\"example.com\"] deny",
    );
}

#[test]
fn what_needs_approval() {
    means("Refunds over 500 dollars need approval by a manager.", "issue_refund when call.amount > 500 ask");
    means(
        "Transfers between 100 and 500 need approval.",
        "transfer_money when call.amount >= 100 and call.amount <= 500 ask",
    );
    means("Ask for approval before deleting a repository.", "delete_repository ask");
    means("Transfers over five hundred dollars need approval.", "transfer_money when call.amount > 500 ask");
    means(
        "Refunds require `amount` <= 50, otherwise a manager has to approve.",
        "issue_refund requires call.amount <= 50 ask",
    );
}

#[test]
fn the_text_of_the_violation_is_taken_exactly() {
    let text = |request: &str| {
        let draft = compiled(request, OFFICE).unwrap();
        draft.manifest.facts["rules"][0]["text"].as_str().unwrap().to_owned()
    };
    assert_eq!(text("Only members may add items to a cart; otherwise say: Join first."), "Join first");
    assert_eq!(text("Never delete a repository, else 'No. Never, \"ever\"!'"), "No. Never, \"ever\"!");
    assert_eq!(text("Never delete a repository. Otherwise say: \"Not here.\""), "Not here.");
    assert_eq!(text("Never delete a repository (violation: \"Not (even) once\")."), "Not (even) once");
    assert_eq!(text("- Never delete a repository."), "Never delete a repository.");
    assert_eq!(
        text("| tool | required | message |\n|---|---|---|\n| `read_report` | role admin | Admins read |"),
        "Admins read"
    );
}

#[test]
fn a_list_completes_the_sentence_before_it() {
    let request =
        "To transfer money, the user must:\n- be at least 18 years old\n- be `verified`\n\nEverything else is free.";
    let both = ["transfer_money requires user.age >= 18 deny", "transfer_money requires user.verified == true deny"];
    assert_eq!(rules(request, OFFICE), both);
}

#[test]
fn actions_in_free_text_become_topics() {
    let request = "The user must be at least 18 years old to book a hotel.\nOnly members may buy wine or beer.\nUnlocking the front door \
                   needs approval.\nSearching hotels is free to all.\nAnything else is free to all.";
    let expected = ["hotel requires user.age >= 18 deny", "wine requires user.member == true deny", "front_door ask"];
    assert_eq!(rules(request, DESK), expected);
    let facts = compiled(request, DESK).unwrap().manifest.facts;
    let topics = facts["topics"].as_table().unwrap();
    assert!(
        topics.contains_key("free_hotels")
            && topics.contains_key("other_weather")
            && !topics.contains_key("other_lodging")
    );
    assert!(topics["front_door"]["verbs"].as_table().unwrap().contains_key("unlock"));
}

#[test]
fn lists_among_the_facts_can_be_named() {
    let facts = toml::toml! { partners = ["acme", "globex"] };
    let request = |text: &str| parapet_guardgen::GuardRequest {
        id: "list".into(),
        request: text.into(),
        agent: OFFICE.into(),
        facts: facts.clone(),
        examples: Vec::new(),
    };
    let draft = parapet_guardgen::compile(&request("Transfers require that `to` is in `partners`.")).unwrap();
    assert_eq!(draft.manifest.facts["rules"][0]["require"][0][0]["value"].as_array().unwrap().len(), 2);
    let refused = parapet_guardgen::compile(&request("Never delete a repository.")).unwrap_err();
    assert_eq!(refused.why, "these facts are named in no rule");
}
