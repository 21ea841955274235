//! Edge values that every policy has: users without a role, two roles, everything at once, names in upper case.

use serde_json::json;

use super::super::policy::{Right, Ruling};
use super::super::reach::{Reach, Writer};
use super::super::statement::{Key, Verb};
use super::{Cases, UNLISTED};

/// Most resources in one event.
const AT_ONCE: usize = 6;

impl Cases<'_> {
    pub(super) fn edges(&mut self) {
        self.users();
        self.two_roles();
        self.whole_resources();
        self.approvals();
        self.many_at_once();
        self.outside_of_every_list();
        self.upper_case();
        self.nothing_to_read();
    }

    fn users(&mut self) {
        let Some((role, key, fields)) = self.best() else { return };
        let Some(Reach { parts, needs }) = self.writer().reach(&[(key, fields)]) else { return };
        self.refuse("without a user nothing is open", None, parts.clone(), "identity_missing");
        self.rule("a user without roles", &[], parts.clone(), &needs);
        self.rule("a user of an unknown role", &["no_such_role"], parts.clone(), &needs);
        self.rule(
            "an unknown role beside a known one changes nothing",
            &["no_such_role", &role],
            parts.clone(),
            &needs,
        );
        let shouted = format!(" {} ", role.to_uppercase());
        let expected = self.policy.rule(&[&role], &needs);
        if expected == Ruling::Allow {
            let allow =
                parapet_judge::Expectation { verdict: Some(parapet_domain::Decision::Allow), ..Default::default() };
            self.add("a role in upper case is the same role: passes", Some(&[&shouted]), parts, allow);
        }
    }

    /// Two roles open what either of them does.
    fn two_roles(&mut self) {
        let roles = &self.policy.roles;
        let pairs =
            roles.iter().enumerate().flat_map(|(at, one)| roles.iter().skip(at + 1).map(move |other| (one, other)));
        for (one, other) in pairs.take(3) {
            let wants: Vec<_> = [one, other]
                .iter()
                .filter_map(|role| self.something_of(role))
                .map(|(_, key, fields)| (key, fields))
                .collect();
            self.want(&format!("{one} and {other} together"), &[one, other], &wants);
            let lacking = self.policy.resources.iter().filter_map(|found| {
                let key = Key { verb: Verb::Read, resource: found.name.clone() };
                let fields = self.lacked(one, &key)?;
                Some((key, fields))
            });
            if let Some(want) = lacking.take(1).next() {
                self.want(&format!("{one} and {other} together, beyond the first"), &[one, other], &[want]);
            }
        }
    }

    fn whole_resources(&mut self) {
        let policy = self.policy;
        for role in &policy.roles {
            for resource in &policy.resources {
                let key = Key { verb: Verb::Read, resource: resource.name.clone() };
                let wants = [(key, vec!["*".to_owned()])];
                self.want(&format!("{role} reads {} as a whole", resource.name), &[role], &wants);
            }
        }
    }

    /// What is open with an approval: alone, beside what is open anyway, and beside what is not.
    fn approvals(&mut self) {
        let policy = self.policy;
        for ((role, key), right) in &policy.approval {
            let Right::Listed(fields) = right else { continue };
            let want = (key.clone(), fields.clone());
            self.want(&format!("{role} wants to {}", key.verb.as_str()), &[role], std::slice::from_ref(&want));
            let mut beyond = want.clone();
            beyond.1.push(UNLISTED.to_owned());
            self.want(&format!("{role} wants more than an approval opens"), &[role], &[beyond]);
            if let Some((_, open, had)) = self.something_of(role) {
                let wants = [(open, had), want.clone()];
                self.want(&format!("{role} wants what is open and what needs approval"), &[role], &wants);
            }
            if let Some(had) = self.had(role, key) {
                let both: Vec<String> = had.iter().chain(fields).cloned().collect();
                self.want(&format!("{role} wants fields of both kinds"), &[role], &[(key.clone(), both)]);
            }
            let other = Key { verb: Verb::Read, resource: "unlisted_resource".to_owned() };
            let wants = [want, (other, vec![UNLISTED.to_owned()])];
            self.want(&format!("{role} wants what no approval opens"), &[role], &wants);
        }
    }

    fn many_at_once(&mut self) {
        let policy = self.policy;
        let wants: Vec<_> = policy
            .resources
            .iter()
            .take(AT_ONCE)
            .map(|found| {
                let first = found.mentioned.first().map_or(UNLISTED, String::as_str);
                (Key { verb: Verb::Read, resource: found.name.clone() }, vec![first.to_owned()])
            })
            .collect();
        let twice: Vec<_> = wants.iter().chain(&wants).cloned().collect();
        for role in &policy.roles {
            self.want(&format!("{role} reads several resources at once"), &[role], &wants);
            self.want(&format!("{role} reads the same twice"), &[role], &twice);
        }
    }

    fn outside_of_every_list(&mut self) {
        let policy = self.policy;
        let unlisted: Vec<String> = policy.unlisted.iter().cloned().chain([UNLISTED.to_owned()]).collect();
        for role in &policy.roles {
            let Some((_, key, fields)) = self.something_of(role) else { continue };
            for field in &unlisted {
                let mut wanted = fields.clone();
                wanted.push(field.clone());
                self.want(&format!("{role} and field {field}"), &[role], &[(key.clone(), wanted)]);
            }
            let unknown = Key { verb: Verb::Read, resource: "unlisted_resource".to_owned() };
            self.want(&format!("{role} and a resource in no list"), &[role], &[(unknown, vec![UNLISTED.to_owned()])]);
        }
    }

    fn upper_case(&mut self) {
        let policy = self.policy;
        for role in policy.roles.iter().take(2) {
            let writer = Writer { upper: true, ..self.writer() };
            let Some((_, key, fields)) = self.something_of(role) else { continue };
            if let Some(Reach { parts, needs }) = writer.reach(&[(key, fields)]) {
                self.rule(&format!("{role}, with names in upper case"), &[role], parts, &needs);
            }
            let lacking = policy.resources.iter().find_map(|found| {
                let key = Key { verb: Verb::Read, resource: found.name.clone() };
                let fields = self.lacked(role, &key)?;
                writer.reach(&[(key, fields)])
            });
            if let Some(Reach { parts, needs }) = lacking {
                self.rule(&format!("{role} beyond the list, with names in upper case"), &[role], parts, &needs);
            }
        }
    }

    fn nothing_to_read(&mut self) {
        let Some((role, ..)) = self.best() else { return };
        let kind = if self.agent.tools.is_empty() { json!({}) } else { json!("text") };
        let part = match kind.as_str() {
            Some(kind) => json!({ "name": "another_part", "kind": kind, "text": "42" }),
            None => json!({ "name": "another_part", "text": "42" }),
        };
        self.refuse("what is to be judged is not there", Some(&[&role]), json!([part]), "code_missing");
    }
}
