//! One name for each role, however a sentence writes it: "tellers", "a teller", "nursing staff".

use super::super::name::{Parsed, role_without_noun};
use super::super::statement::{Statement, Who};
use crate::NotUnderstood;

/// The names of the roles.
pub(super) struct Roles {
    /// Names that count as they are written: declared, in a table, or in the examples.
    firm: Vec<String>,
    /// Names in sentences.
    loose: Vec<String>,
    /// Whether a sentence names all roles.
    complete: bool,
}

impl Roles {
    /// The names in the statements.
    pub(super) fn of(statements: &[Statement], known: &[String]) -> Self {
        let mut roles = Self { firm: Vec::new(), loose: Vec::new(), complete: false };
        for statement in statements {
            match statement {
                Statement::Roles { names, complete, .. } => {
                    roles.firm.extend(names.iter().cloned());
                    roles.complete |= complete;
                }
                Statement::Grant(grant) => {
                    if let Who::Roles(names) = &grant.who {
                        roles.loose.extend(names.iter().cloned());
                    }
                }
                _ => {}
            }
        }
        if !roles.complete {
            roles.firm.extend(known.iter().cloned());
        }
        roles
    }

    /// The one name of a role.
    pub(super) fn named(&self, written: &str, sentence: &str) -> Parsed<String> {
        let bare = role_without_noun(written).unwrap_or(written);
        let forms = [written.to_owned(), bare.to_owned(), singular(written), singular(bare), format!("{written}s")];
        if let Some(found) = forms.iter().find(|form| self.firm.contains(form)) {
            return Ok(found.clone());
        }
        if self.complete {
            let why = format!("`{written}` is none of the roles that are declared");
            let help = format!("the roles are {}", self.firm.join(", "));
            return Err(NotUnderstood::new(sentence, why, help));
        }
        // Of "tellers" in one sentence and "a teller" in another, the singular is the role.
        let one = singular(bare);
        Ok(if self.loose.contains(&one) { one } else { bare.to_owned() })
    }
}

fn singular(name: &str) -> String {
    if let Some(stem) = name.strip_suffix("ies") {
        return format!("{stem}y");
    }
    let doubled = ["ches", "shes", "sses", "xes"].iter().any(|end| name.ends_with(end));
    let cut = if doubled { "es" } else { "s" };
    name.strip_suffix(cut).unwrap_or(name).to_owned()
}
