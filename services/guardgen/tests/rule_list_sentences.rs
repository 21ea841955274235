//! Which sentences of a rule list are understood, and how: the conditions that they become, or the complaint.
#![expect(clippy::unwrap_used, reason = "a test's own helpers fail by panicking")]

#[path = "rule_list_sentences/refused.rs"]
mod refused;
#[path = "rule_list_sentences/understood.rs"]
mod understood;

use parapet_guardgen::{Draft, GuardRequest, NotUnderstood, compile};

const OFFICE: &str = "An office agent. Tools: `transfer_money(to, amount: number)`, `issue_refund(order_id, amount: number)`, \
    `delete_repository(name)`, `send_email(to, cc, subject, body)`, `add_to_cart(item_id)`, `push_commits(branch: text, force: boolean)`, \
    `write_file(path, content)`, `read_report(name)`.\nAttributes of the user: `age` (number), `membership` (boolean), `verified` \
    (boolean), `country` (text), `limit` (number), `department` (text), `dr_license`.\nRoles: teller, manager, admin, guest.";

const DESK: &str =
    "An agent that people write to. The user's attributes are `age` (number), `member` (boolean) and `vip`.";

fn compiled(request: &str, agent: &str) -> Result<Draft, NotUnderstood> {
    let request =
        GuardRequest { id: "list".into(), request: request.into(), agent: agent.into(), ..GuardRequest::default() };
    compile(&request)
}

/// The rules in short form: action, case, requirement, effect.
fn rules(request: &str, agent: &str) -> Vec<String> {
    let draft = compiled(request, agent).unwrap();
    let rules = draft.manifest.facts.get("rules").unwrap().as_array().unwrap().clone();
    rules.iter().map(short).collect()
}

fn short(rule: &toml::Value) -> String {
    let about = rule.get("tools").map_or_else(
        || rule.get("topic").unwrap().as_str().unwrap().to_owned(),
        |tools| tools.as_array().unwrap().iter().map(|tool| tool.as_str().unwrap()).collect::<Vec<_>>().join("+"),
    );
    let (when, require) = (alternatives(rule.get("when").unwrap()), alternatives(rule.get("require").unwrap()));
    let when = if when.is_empty() { String::new() } else { format!(" when {when}") };
    let require = if require.is_empty() { String::new() } else { format!(" requires {require}") };
    format!("{about}{when}{require} {}", rule.get("effect").unwrap().as_str().unwrap())
}

fn alternatives(value: &toml::Value) -> String {
    let all = value.as_array().unwrap().iter();
    let all = all.map(|way| way.as_array().unwrap().iter().map(condition).collect::<Vec<_>>().join(" and "));
    all.collect::<Vec<_>>().join(" or ")
}

fn condition(value: &toml::Value) -> String {
    let text = |key: &str| value.get(key).unwrap().as_str().unwrap().to_owned();
    let negated = if value.get("negated").is_some() { "not " } else { "" };
    let reference = || value.get("value_name").map(|name| format!(" {}", name.as_str().unwrap()));
    let with = value.get("value").map(|value| format!(" {value}")).or_else(reference).unwrap_or_default();
    format!("{negated}{}.{} {}{with}", text("from"), text("name"), text("op"))
}
