//! Statements checked against each other and put together: one policy, or the statement that does not fit.

use super::name::{self, Parsed};
use super::policy::{Policy, Resource, Right};
use super::statement::{Effect, Fields, Grant, Key, Statement, What, Who};
use crate::NotUnderstood;

mod limits;
mod roles;

use roles::Roles;

/// Puts the statements together. `known` are roles that the examples name.
pub(super) fn policy(statements: &[Statement], known: &[String]) -> Parsed<Policy> {
    let roles = Roles::of(statements, known);
    let mut builder = Builder { policy: Policy::default(), roles, only: Vec::new() };
    for statement in statements {
        builder.declare(statement)?;
    }
    builder.columns_of_lists(statements);
    let grants =
        || statements.iter().filter_map(|statement| if let Statement::Grant(g) = statement { Some(g) } else { None });
    for grant in grants().filter(|grant| grant.effect != Effect::Closed) {
        builder.open(grant)?;
    }
    for grant in grants().filter(|grant| grant.effect == Effect::Closed) {
        builder.close(grant)?;
    }
    for statement in statements {
        builder.check(statement)?;
    }
    limits::check(&builder.policy)?;
    Ok(builder.policy)
}

struct Builder {
    policy: Policy,
    roles: Roles,
    /// Grants that nobody else may have.
    only: Vec<Grant>,
}

impl Builder {
    /// Roles, resources and fields that a statement brings in.
    fn declare(&mut self, statement: &Statement) -> Parsed<()> {
        match statement {
            Statement::Roles { names, sentence, .. } => {
                for name in names {
                    let name = self.roles.named(name, sentence)?;
                    push_new(&mut self.policy.roles, name);
                }
            }
            Statement::Resources { names, .. } => names.iter().for_each(|name| self.resource(name)),
            Statement::Columns { sentence, resource, columns } => {
                self.resource(resource);
                let found = self.policy.resources.iter_mut().find(|found| found.name == *resource);
                if let Some(found) = found {
                    if found.columns.as_ref().is_some_and(|known| known != columns) {
                        let why = format!("the fields of `{resource}` are given twice");
                        return Err(NotUnderstood::new(sentence, why, "name them once"));
                    }
                    found.columns = Some(columns.clone());
                    found.mentioned.clone_from(columns);
                }
            }
            Statement::Grant(grant) => {
                if let Who::Roles(names) = &grant.who {
                    for name in names {
                        let name = self.roles.named(name, &grant.sentence)?;
                        push_new(&mut self.policy.roles, name);
                    }
                }
                if let What::Resource(name) = &grant.what {
                    self.resource(name);
                    self.mention(name, &grant.fields);
                }
            }
            Statement::Ask(sentence) | Statement::Refuse(sentence) => {
                let ask = matches!(statement, Statement::Ask(_));
                if self.policy.ask && !ask {
                    return Err(NotUnderstood::new(
                        sentence,
                        "what is not open is refused here and needs approval elsewhere",
                        "say one of them",
                    ));
                }
                self.policy.ask |= ask;
            }
            Statement::Unlisted { examples, .. } => {
                examples.iter().for_each(|name| push_new(&mut self.policy.unlisted, name.clone()));
            }
            Statement::RoleCount { .. } | Statement::Listed { .. } => {}
        }
        Ok(())
    }

    fn resource(&mut self, name: &str) {
        if self.policy.resource(name).is_none() {
            self.policy.resources.push(Resource { name: name.to_owned(), columns: None, mentioned: Vec::new() });
        }
    }

    fn mention(&mut self, name: &str, fields: &Fields) {
        let (Fields::Only(fields) | Fields::AllBut(fields)) = fields else { return };
        if let Some(found) = self.policy.resources.iter_mut().find(|found| found.name == name) {
            fields.iter().for_each(|field| push_new(&mut found.mentioned, field.clone()));
        }
    }

    /// Where the request says that the lists are complete, a resource has the fields that are in its lists.
    fn columns_of_lists(&mut self, statements: &[Statement]) {
        let complete = statements.iter().any(|statement| matches!(statement, Statement::Unlisted { .. }));
        for resource in self.policy.resources.iter_mut().filter(|found| complete && !found.mentioned.is_empty()) {
            resource.columns.get_or_insert_with(|| resource.mentioned.clone());
        }
    }

    /// The roles and keys that a grant is about.
    fn keys(&self, grant: &Grant) -> Parsed<Vec<(String, Key)>> {
        let roles = match &grant.who {
            Who::Everyone => self.policy.roles.clone(),
            Who::Roles(names) => {
                names.iter().map(|name| self.roles.named(name, &grant.sentence)).collect::<Parsed<_>>()?
            }
        };
        let resources: Vec<String> = match &grant.what {
            What::Resource(name) => vec![name.clone()],
            What::Everything(but) => {
                if let Some(name) = but.iter().find(|name| self.policy.resource(name).is_none()) {
                    let why = format!("`{name}` is named nowhere else");
                    return Err(NotUnderstood::new(
                        &grant.sentence,
                        why,
                        "name all resources, such as `Tables: a, b.`",
                    ));
                }
                let all = self.policy.resources.iter().map(|found| found.name.clone());
                all.filter(|name| !but.contains(name)).collect()
            }
        };
        if roles.is_empty() || resources.is_empty() {
            let why = "it speaks of all, and there is none to speak of";
            return Err(NotUnderstood::new(&grant.sentence, why, "name the roles and the resources"));
        }
        let mut keys = Vec::new();
        for role in &roles {
            for resource in &resources {
                for verb in &grant.verbs {
                    keys.push((role.clone(), Key { verb: *verb, resource: resource.clone() }));
                }
            }
        }
        Ok(keys)
    }

    fn open(&mut self, grant: &Grant) -> Parsed<()> {
        for field in &grant.unsure {
            if self.policy.resource(field).is_some() {
                let why = format!("`{field}` may be a resource or a field");
                return Err(NotUnderstood::new(&grant.sentence, why, "write `RESOURCE (FIELDS)`"));
            }
        }
        if grant.only {
            self.only.push(grant.clone());
        }
        for (role, key) in self.keys(grant)? {
            let right = self.right(grant, &key)?;
            let approval = grant.effect == Effect::Approval;
            if approval && matches!(&right, Right::AllBut(but) if !but.is_empty()) {
                let why = format!("the fields of `{}` are not all known", key.resource);
                let help = format!("name them, such as `{} has the fields a, b.`", key.resource);
                return Err(NotUnderstood::new(&grant.sentence, why, help));
            }
            let rights = if approval { &mut self.policy.approval } else { &mut self.policy.open };
            let joined = match rights.remove(&(role.clone(), key.clone())) {
                None => right,
                Some(known) => join(known, right),
            };
            rights.insert((role, key), joined);
        }
        Ok(())
    }

    fn right(&self, grant: &Grant, key: &Key) -> Parsed<Right> {
        let columns = self.policy.resource(&key.resource).and_then(|found| found.columns.as_ref());
        if let (Some(columns), Fields::Only(named) | Fields::AllBut(named)) = (columns, &grant.fields)
            && let Some(name) = named.iter().find(|name| !columns.contains(name))
        {
            let why = format!("`{name}` is no field of `{}`", key.resource);
            return Err(NotUnderstood::new(&grant.sentence, why, format!("its fields are {}", columns.join(", "))));
        }
        Ok(match (&grant.fields, columns) {
            (Fields::Only(names), _) => Right::Listed(names.clone()),
            (Fields::All, Some(columns)) => Right::Listed(columns.clone()),
            (Fields::All, None) => Right::AllBut(Vec::new()),
            (Fields::AllBut(but), Some(columns)) => {
                Right::Listed(columns.iter().filter(|name| !but.contains(name)).cloned().collect())
            }
            (Fields::AllBut(but), None) => Right::AllBut(but.clone()),
        })
    }

    /// What is closed takes away from what was opened as a whole; it must not contradict what was opened by name.
    fn close(&mut self, grant: &Grant) -> Parsed<()> {
        for (role, key) in self.keys(grant)? {
            let at = (role.clone(), key.clone());
            self.right(grant, &key)?;
            let approved = self.policy.approval.contains_key(&at);
            let contradicted = |fields: &[String]| match &grant.fields {
                Fields::All => true,
                Fields::Only(names) => names.iter().any(|name| fields.contains(name)),
                Fields::AllBut(but) => fields.iter().any(|name| !but.contains(name)),
            };
            let known_columns = self.policy.resource(&key.resource).and_then(|found| found.columns.clone());
            let conflict = match (self.policy.open.get_mut(&at), &grant.fields) {
                (None, _) => approved,
                (Some(Right::AllBut(but)), Fields::Only(names)) => {
                    names.iter().for_each(|name| push_new(but, name.clone()));
                    approved
                }
                (Some(Right::Listed(fields)), Fields::Only(names)) if known_columns.as_ref() == Some(fields) => {
                    fields.retain(|name| !names.contains(name));
                    approved
                }
                (Some(Right::Listed(fields)), _) => contradicted(fields),
                (Some(Right::AllBut(_)), _) => true,
            };
            if conflict {
                let why = format!("`{role}` is given `{key}` elsewhere");
                return Err(NotUnderstood::new(
                    &grant.sentence,
                    why,
                    "say one of them, or name the fields that are excepted",
                ));
            }
        }
        Ok(())
    }

    /// What can be told only when all is known.
    fn check(&self, statement: &Statement) -> Parsed<()> {
        match statement {
            Statement::Roles { sentence, names, complete: true } => {
                for name in names {
                    let name = self.roles.named(name, sentence)?;
                    let spoken_of =
                        self.policy.open.keys().chain(self.policy.approval.keys()).any(|(role, _)| *role == name);
                    if !spoken_of {
                        let why = format!("nothing says what `{name}` may do");
                        return Err(NotUnderstood::new(
                            sentence,
                            why,
                            format!("write `{name} may read …`, or leave the role out"),
                        ));
                    }
                }
            }
            Statement::RoleCount { sentence, count } if *count != self.policy.roles.len() => {
                let why =
                    format!("the request has {} roles: {}", self.policy.roles.len(), self.policy.roles.join(", "));
                return Err(NotUnderstood::new(sentence, why, "name as many as the sentence says"));
            }
            Statement::Unlisted { sentence, examples } => {
                let listed = |name: &&String| self.policy.resources.iter().any(|found| found.mentioned.contains(name));
                if let Some(name) = examples.iter().find(listed) {
                    let why = format!("`{name}` is in a list");
                    return Err(NotUnderstood::new(sentence, why, "take it out of the list or out of this sentence"));
                }
            }
            Statement::Grant(grant) if grant.effect == Effect::Closed => self.check_closed(grant)?,
            _ => {}
        }
        self.only.iter().try_for_each(|grant| self.check_only(grant))
    }

    /// A role of which nothing but denials is said has either nothing or all the rest: not for a guard to guess.
    fn check_closed(&self, grant: &Grant) -> Parsed<()> {
        for (role, _) in self.keys(grant)? {
            if !self.policy.open.keys().chain(self.policy.approval.keys()).any(|(known, _)| *known == role) {
                let why = format!("nothing says what `{role}` may do");
                return Err(NotUnderstood::new(&grant.sentence, why, format!("write `{role} may read …` too")));
            }
        }
        Ok(())
    }

    fn check_only(&self, grant: &Grant) -> Parsed<()> {
        let mine = self.keys(grant)?;
        let others = self.policy.open.keys().chain(self.policy.approval.keys());
        let other = others
            .into_iter()
            .find(|(role, key)| !mine.iter().any(|(own, _)| own == role) && mine.iter().any(|(_, own)| own == key));
        other.map_or(Ok(()), |(role, key)| {
            let why = format!("`{role}` is given `{key}` elsewhere");
            Err(NotUnderstood::new(&grant.sentence, why, "say one of them"))
        })
    }
}

/// Both rights together.
fn join(one: Right, other: Right) -> Right {
    match (one, other) {
        (Right::Listed(mut fields), Right::Listed(more)) => {
            more.into_iter().for_each(|name| push_new(&mut fields, name));
            Right::Listed(fields)
        }
        (Right::AllBut(but), Right::AllBut(other)) => {
            Right::AllBut(but.into_iter().filter(|name| other.contains(name)).collect())
        }
        (Right::AllBut(but), Right::Listed(fields)) | (Right::Listed(fields), Right::AllBut(but)) => {
            Right::AllBut(but.into_iter().filter(|name| !fields.contains(name)).collect())
        }
    }
}

fn push_new(list: &mut Vec<String>, item: String) {
    if !list.contains(&item) {
        list.push(item);
    }
}

/// Names of roles in the examples, as the policy writes names.
pub(crate) fn roles_of_examples(examples: &[parapet_judge::GuardTest]) -> Vec<String> {
    let roles = examples.iter().filter_map(|test| test.event.pointer("/principal/roles")?.as_array());
    roles.flatten().filter_map(|role| role.as_str().map(name::plain)).collect()
}
