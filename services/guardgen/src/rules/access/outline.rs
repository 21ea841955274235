//! The blocks of a request in order, each read in the light of the heading or sentence above it.

use super::super::markdown::Block;
use super::cell;
use super::framing::{self, Lead, MAX_SENTENCE};
use super::name::{self, Parsed, bracketed, plain, split_list};
use super::sentence::{self, Opening};
use super::statement::{Effect, Fields, Grant, Statement, Verb, What, Who};
use super::table;
use crate::NotUnderstood;

/// Deepest list that is read.
const MAX_DEPTH: usize = 4;

/// What a request says.
#[derive(Debug, Default)]
pub(super) struct Outline {
    /// The first heading.
    pub(super) title: Option<String>,
    /// The statements in order.
    pub(super) statements: Vec<Statement>,
}

/// What holds for the list that comes next.
#[derive(Debug, Clone, Default)]
struct Scope {
    opening: Option<Opening>,
    lead: Option<Lead>,
    resource: Option<String>,
}

/// A list item with those below it.
struct Node<'a> {
    text: &'a str,
    children: Vec<Node<'a>>,
}

/// Reads all blocks; `roles` are names that are known to be roles.
pub(super) fn read(blocks: &[Block], roles: &[String]) -> Parsed<Outline> {
    let mut reader = Reader { roles: roles.to_vec(), outline: Outline::default(), scope: Scope::default() };
    reader.roles.extend(declared_roles(blocks));
    let mut at = 0;
    while let Some(block) = blocks.get(at) {
        at += 1;
        match block {
            Block::Heading { level, text } => reader.heading(*level, text)?,
            Block::Sentence(text) => reader.sentence(text)?,
            Block::Table(found) => {
                reader.scope = Scope::default();
                reader.outline.statements.extend(table::read(found)?);
            }
            Block::Item { .. } => {
                let items = blocks.get(at - 1..).unwrap_or_default();
                let items: Vec<(usize, &str)> = items.iter().map_while(item_of).collect();
                at += items.len() - 1;
                let scope = reader.scope.clone();
                for node in &tree(&items)? {
                    reader.node(node, &scope)?;
                }
            }
        }
    }
    Ok(reader.outline)
}

fn item_of(block: &Block) -> Option<(usize, &str)> {
    match block {
        Block::Item { depth, text } => Some((*depth, text)),
        _ => None,
    }
}

/// Roles that a sentence or a table names, wherever it stands.
fn declared_roles(blocks: &[Block]) -> Vec<String> {
    let mut found = Vec::new();
    for block in blocks {
        let statements = match block {
            Block::Sentence(text) => framing::read(text, text).and_then(Result::ok).unwrap_or_default(),
            Block::Table(found) => table::read(found).unwrap_or_default(),
            _ => Vec::new(),
        };
        for statement in statements {
            if let Statement::Roles { names, .. } = statement {
                found.extend(names);
            }
        }
    }
    found
}

fn tree<'a>(items: &[(usize, &'a str)]) -> Parsed<Vec<Node<'a>>> {
    let mut nodes = Vec::new();
    let mut at = 0;
    while let Some((depth, text)) = items.get(at) {
        if *depth >= MAX_DEPTH {
            return Err(NotUnderstood::new(*text, "the list is nested too deep", "use role, resource and fields"));
        }
        let rest = items.get(at + 1..).unwrap_or_default();
        let below = rest.iter().take_while(|(deeper, _)| deeper > depth).count();
        nodes.push(Node { text, children: tree(rest.get(..below).unwrap_or_default())? });
        at += 1 + below;
    }
    Ok(nodes)
}

struct Reader {
    roles: Vec<String>,
    outline: Outline,
    scope: Scope,
}

impl Reader {
    fn heading(&mut self, level: usize, text: &str) -> Parsed<()> {
        self.scope = Scope { lead: framing::lead(text), ..Scope::default() };
        let name = plain(text);
        let name = name.strip_prefix("role: ").unwrap_or(&name);
        if self.is_role(name) {
            self.scope.opening = Some(opening_of(vec![name.to_owned()]));
        } else if level == 1 && self.outline.title.is_none() && self.outline.statements.is_empty() {
            let asks = ["who ", "which ", "what "].iter().any(|word| name.starts_with(word));
            if !asks && !framing::is_plain_heading(text) {
                return Err(rule_in_heading(text));
            }
            self.outline.title = Some(text.to_owned());
        } else if !framing::is_plain_heading(text) {
            return Err(rule_in_heading(text));
        }
        Ok(())
    }

    fn sentence(&mut self, text: &str) -> Parsed<()> {
        self.scope = Scope::default();
        if text.ends_with(':') {
            if let Some(lead) = framing::lead(text) {
                self.outline.statements.extend(count_of(text));
                self.scope.lead = Some(lead);
                return Ok(());
            }
            if let Some(Ok(statements)) = framing::read(text, text) {
                self.outline.statements.extend(statements);
                return Ok(());
            }
            if let Some(opened) = sentence::opening(text, text) {
                let (opening, rest) = opened?;
                if rest.is_empty() {
                    self.scope.opening = Some(opening);
                    return Ok(());
                }
            }
        }
        let statements = whole(text)?;
        self.outline.statements.extend(statements);
        Ok(())
    }

    fn node(&mut self, node: &Node<'_>, scope: &Scope) -> Parsed<()> {
        let text = node.text.trim_end_matches(':');
        if !sentence::has_modal(text) {
            return self.names(node, text, scope);
        }
        if node.children.is_empty() {
            self.outline.statements.extend(whole(node.text)?);
            return Ok(());
        }
        match sentence::opening(text, node.text) {
            Some(Ok((opening, rest))) if rest.is_empty() => {
                self.below(node, &Scope { opening: Some(opening), ..Scope::default() })
            }
            Some(Err(complaint)) => Err(complaint),
            _ => Err(unclear(node.text)),
        }
    }

    /// An item that is no sentence.
    fn names(&mut self, node: &Node<'_>, text: &str, scope: &Scope) -> Parsed<()> {
        match scope {
            Scope { lead: Some(lead), .. } => self.declared(node, text, *lead),
            Scope { opening: None, resource: None, .. } => self.outermost(node, text),
            Scope { opening: None, resource: Some(resource), .. } => self.role_of_resource(node, text, resource),
            Scope { opening: Some(opening), .. } => self.resource_of_role(node, text, opening),
        }
    }

    fn declared(&mut self, node: &Node<'_>, text: &str, lead: Lead) -> Parsed<()> {
        let sentence = node.text.to_owned();
        let lower = plain(text);
        let (name, fields) = bracketed(&lower).or_else(|| lower.split_once(':')).unwrap_or((&lower, ""));
        let statement = match lead {
            _ if !node.children.is_empty() => return Err(unclear(node.text)),
            Lead::Roles if fields.is_empty() => {
                Statement::Roles { names: vec![name::role(name, &sentence)?], sentence, complete: true }
            }
            Lead::Roles => return Err(unclear(node.text)),
            Lead::Columns if fields.is_empty() => {
                Statement::Resources { names: vec![name::resource(name, &sentence)?], sentence, complete: true }
            }
            Lead::Columns => Statement::Columns {
                resource: name::resource(name, &sentence)?,
                columns: cell::names_of(fields, &sentence)?,
                sentence,
            },
        };
        self.outline.statements.push(statement);
        Ok(())
    }

    /// An item of the outer list: a role with what it may read, or a resource with who may read it.
    fn outermost(&mut self, node: &Node<'_>, text: &str) -> Parsed<()> {
        let (name, rest) = text.split_once(':').unwrap_or((text, ""));
        if node.children.is_empty() && rest.trim().is_empty() {
            self.outline.statements.extend(whole(node.text)?);
            return Ok(());
        }
        if !node.children.is_empty() && !rest.trim().is_empty() {
            return Err(unclear(node.text));
        }
        let plain_name = plain(name);
        if !node.children.is_empty() && !self.is_role(&plain_name) && self.all_roles(&node.children) {
            let resource = name::resource(name, node.text)?;
            return self.below(node, &Scope { resource: Some(resource), ..Scope::default() });
        }
        let names =
            split_list(&plain_name).iter().map(|item| name::role(item, node.text)).collect::<Parsed<Vec<_>>>()?;
        let opening = opening_of(names);
        if node.children.is_empty() {
            let objects = sentence::objects_of(&plain(rest), &opening, node.text)?;
            self.outline.statements.extend(objects);
            return Ok(());
        }
        self.below(node, &Scope { opening: Some(opening), ..Scope::default() })
    }

    fn role_of_resource(&mut self, node: &Node<'_>, text: &str, resource: &str) -> Parsed<()> {
        let lower = plain(text);
        let (role, fields) = bracketed(&lower).or_else(|| lower.split_once(':')).unwrap_or((&lower, "all"));
        if !node.children.is_empty() {
            return Err(unclear(node.text));
        }
        let opening = opening_of(vec![name::role(role, node.text)?]);
        for (verbs, fields) in cell::read(fields, node.text)? {
            let verbs = if verbs.is_empty() { vec![Verb::Read] } else { verbs };
            self.grant(node.text, Opening { verbs, ..opening.clone() }, resource, fields);
        }
        Ok(())
    }

    fn resource_of_role(&mut self, node: &Node<'_>, text: &str, opening: &Opening) -> Parsed<()> {
        let lower = plain(text);
        let (first, rest) = lower.split_once(':').unwrap_or((&lower, ""));
        let verbs: Option<Vec<Verb>> = split_list(first).iter().map(|word| Verb::of(word)).collect();
        if let Some(verbs) = verbs.filter(|verbs| !verbs.is_empty()) {
            let opening = Opening { verbs, ..opening.clone() };
            if node.children.is_empty() {
                self.outline.statements.extend(sentence::objects_of(rest, &opening, node.text)?);
                return Ok(());
            }
            return self.below(node, &Scope { opening: Some(opening), ..Scope::default() });
        }
        if node.children.is_empty() {
            self.outline.statements.extend(sentence::objects_of(&lower, opening, node.text)?);
            return Ok(());
        }
        let resource = name::resource(first, node.text)?;
        let leaf = |child: &Node<'_>| match child.children.is_empty() {
            true => name::field(child.text, child.text),
            false => Err(unclear(child.text)),
        };
        let fields = node.children.iter().map(leaf).collect::<Parsed<Vec<_>>>()?;
        self.grant(node.text, opening.clone(), &resource, Some(Fields::Only(fields)));
        Ok(())
    }

    fn grant(&mut self, sentence: &str, opening: Opening, resource: &str, fields: Option<Fields>) {
        let Opening { who, only, effect, verbs } = opening;
        self.outline.statements.push(Statement::Grant(Grant {
            sentence: sentence.to_owned(),
            who,
            only,
            effect: if fields.is_some() { effect } else { Effect::Closed },
            verbs,
            what: What::Resource(resource.to_owned()),
            fields: fields.unwrap_or(Fields::All),
            unsure: Vec::new(),
        }));
    }

    fn below(&mut self, node: &Node<'_>, scope: &Scope) -> Parsed<()> {
        node.children.iter().try_for_each(|child| self.node(child, scope))
    }

    fn is_role(&self, name: &str) -> bool {
        self.roles.iter().any(|role| role == name)
    }

    fn all_roles(&self, nodes: &[Node<'_>]) -> bool {
        nodes.iter().all(|node| {
            let lower = plain(node.text);
            let name = bracketed(&lower).or_else(|| lower.split_once(':')).map_or(lower.as_str(), |(name, _)| name);
            self.is_role(name.trim())
        })
    }
}

fn opening_of(roles: Vec<String>) -> Opening {
    Opening { who: Who::Roles(roles), only: false, effect: Effect::Open, verbs: vec![Verb::Read] }
}

fn count_of(text: &str) -> Vec<Statement> {
    framing::read(text, text).and_then(Result::ok).unwrap_or_default()
}

/// A sentence by itself.
fn whole(text: &str) -> Parsed<Vec<Statement>> {
    if text.len() > MAX_SENTENCE {
        return Err(NotUnderstood::new(text, "the sentence is too long", "split it into sentences"));
    }
    framing::read(text, text).or_else(|| sentence::read(text, text)).unwrap_or_else(|| Err(unclear(text)))
}

fn rule_in_heading(text: &str) -> NotUnderstood {
    NotUnderstood::new(text, "a rule in a heading is not followed", "write it as a sentence below the heading")
}

fn unclear(text: &str) -> NotUnderstood {
    NotUnderstood::new(
        text,
        "it neither opens nor closes anything, and names neither roles nor fields",
        "write `ROLE may read RESOURCE (FIELDS).`, a table or a list of roles with resources and fields, or leave it out",
    )
}
