//! Sentences that open or close something: "Nursing may read allergy (drugname) and lab (all columns)."

use super::cell;
use super::name::{self, FIELD_NOUNS, Parsed, RESOURCE_NOUNS, bracketed, plain, split_list, split_outside, split_word};
use super::statement::{Effect, Fields, Grant, Statement, Verb, What, Who};
use crate::NotUnderstood;

/// Words between who and what, longest first where one begins like another. `true`: the verb "read" is in them.
const MODALS: &[(&str, Effect, bool)] = &[
    (" may not ", Effect::Closed, false),
    (" must not ", Effect::Closed, false),
    (" must never ", Effect::Closed, false),
    (" may never ", Effect::Closed, false),
    (" cannot ", Effect::Closed, false),
    (" can not ", Effect::Closed, false),
    (" is not allowed to ", Effect::Closed, false),
    (" are not allowed to ", Effect::Closed, false),
    (" has no access to ", Effect::Closed, true),
    (" have no access to ", Effect::Closed, true),
    (" needs approval to ", Effect::Approval, false),
    (" need approval to ", Effect::Approval, false),
    (" may only ", Effect::Open, false),
    (" may ", Effect::Open, false),
    (" can only ", Effect::Open, false),
    (" can ", Effect::Open, false),
    (" is allowed to ", Effect::Open, false),
    (" are allowed to ", Effect::Open, false),
    (" has access to ", Effect::Open, true),
    (" have access to ", Effect::Open, true),
];

/// The start of such a sentence: whom it is about and what they may do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Opening {
    /// Whom it is about.
    pub(super) who: Who,
    /// Whether nobody else may.
    pub(super) only: bool,
    /// What the sentence does.
    pub(super) effect: Effect,
    /// The verbs.
    pub(super) verbs: Vec<Verb>,
}

/// Whether the text has a word that opens or closes.
pub(super) fn has_modal(text: &str) -> bool {
    let text = format!("{} ", plain(text));
    MODALS.iter().any(|(modal, ..)| text.contains(modal))
}

/// A whole sentence, or `None` when it has no word that opens or closes.
pub(super) fn read(text: &str, sentence: &str) -> Option<Parsed<Vec<Statement>>> {
    let (opening, objects) = match opening(text, sentence)? {
        Ok(found) => found,
        Err(complaint) => return Some(Err(complaint)),
    };
    Some(objects_of(&objects, &opening, sentence))
}

/// The start of a sentence and the rest of it, in lower case.
pub(super) fn opening(text: &str, sentence: &str) -> Option<Parsed<(Opening, String)>> {
    let text = format!("{} ", plain(text.trim_end_matches(':')));
    let found = MODALS.iter().filter_map(|modal| Some((text.find(modal.0)?, modal)));
    // Of two that begin at the same place, the longer one.
    let (at, (modal, effect, reads)) = found.min_by_key(|(at, (word, ..))| (*at, usize::MAX - word.len()))?;
    let subject = text.get(..at).unwrap_or_default();
    let rest = text.get(at + modal.len()..).unwrap_or_default().trim();
    Some(subject_of(subject, sentence).and_then(|(who, only, negated)| {
        let effect = if negated { Effect::Closed } else { *effect };
        if negated && *effect_of(modal) == Effect::Closed {
            return Err(NotUnderstood::new(sentence, "it denies twice", "say who may, or who may not"));
        }
        let (verbs, rest) = if *reads { (vec![Verb::Read], rest) } else { verbs_of(rest, sentence)? };
        Ok((Opening { who, only, effect, verbs }, rest.to_owned()))
    }))
}

fn effect_of(modal: &str) -> &Effect {
    MODALS.iter().find(|(word, ..)| *word == modal).map_or(&Effect::Open, |(_, effect, _)| effect)
}

/// Whom a sentence is about, whether only they, and whether it is about nobody.
fn subject_of(text: &str, sentence: &str) -> Parsed<(Who, bool, bool)> {
    let text = text.trim();
    match text {
        "everyone" | "everybody" | "anyone" | "all roles" | "every role" | "each role" | "any role" | "all users" => {
            return Ok((Who::Everyone, false, false));
        }
        "no one" | "nobody" | "no role" | "no user" => return Ok((Who::Everyone, false, true)),
        _ => {}
    }
    let (only, names) = text.strip_prefix("only ").map_or((false, text), |rest| (true, rest));
    let names = split_list(names);
    if names.is_empty() || names.iter().any(|name| matches!(name.as_str(), "they" | "he" | "she" | "it" | "each")) {
        return Err(NotUnderstood::new(sentence, "it does not say which role", "begin the sentence with the role"));
    }
    let names = names.iter().map(|item| name::role(item, sentence)).collect::<Parsed<_>>()?;
    Ok((Who::Roles(names), only, false))
}

/// The verbs at the start, and what follows them.
fn verbs_of<'a>(text: &'a str, sentence: &str) -> Parsed<(Vec<Verb>, &'a str)> {
    let mut verbs = Vec::new();
    let mut rest = text;
    loop {
        let (word, after) = rest.split_once(' ').unwrap_or((rest, ""));
        let joins = matches!(word, "and" | "or" | "only" | "also");
        match Verb::of(word.trim_end_matches(',')) {
            Some(verb) if !verbs.contains(&verb) => verbs.push(verb),
            Some(_) => {}
            None if joins && !verbs.is_empty() => {}
            None => break,
        }
        rest = after;
    }
    if verbs.is_empty() {
        let word = text.split(' ').next().unwrap_or_default();
        let why = format!("`{word}` is no action that can be checked");
        return Err(NotUnderstood::new(sentence, why, "say read, write or delete"));
    }
    Ok((verbs, rest))
}

/// The resources and fields that an opening is about.
pub(super) fn objects_of(text: &str, opening: &Opening, sentence: &str) -> Parsed<Vec<Statement>> {
    let mut reader = Objects { opening, sentence, pending: Vec::new(), but: None, found: Vec::new() };
    let text = text.trim().trim_end_matches('.');
    if split_outside(text, &[':']).len() > 1 {
        for part in split_outside(text, &[';']) {
            let (resource, fields) = part.split_once(':').unwrap_or((&part, "all"));
            reader.grant(resource, cell::fields(fields, sentence)?)?;
        }
        return Ok(reader.found);
    }
    for item in split_list(text) {
        reader.item(&item)?;
    }
    reader.end()
}

/// The reading of a list of resources and fields.
struct Objects<'a> {
    opening: &'a Opening,
    sentence: &'a str,
    /// Names that are resources or, when `of RESOURCE` follows, fields.
    pending: Vec<String>,
    /// What is being excepted from, and what.
    but: Option<(What, Vec<String>)>,
    found: Vec<Statement>,
}

impl Objects<'_> {
    fn item(&mut self, item: &str) -> Parsed<()> {
        // "has access to lab and to cost"
        let item = item.strip_prefix("to ").unwrap_or(item);
        if item.starts_with("everything") || item.starts_with("all ") || item == "all" || item.starts_with("anything") {
            self.flush()?;
            return self.everything(item);
        }
        if let Some((resource, fields)) = bracketed(item) {
            self.flush()?;
            return self.grant(resource, cell::fields(fields, self.sentence)?);
        }
        if let Some((field, resource)) = split_word(item, &[" of ", " in ", " from "]) {
            if self.but.is_some() {
                self.flush()?;
            }
            let mut names = std::mem::take(&mut self.pending);
            names.push(field.to_owned());
            return self.fields_of(&names, resource);
        }
        match &mut self.but {
            Some((_, names)) => names.push(item.to_owned()),
            None => self.pending.push(item.to_owned()),
        }
        Ok(())
    }

    /// "everything in cost but chargetime", "all columns of lab", "everything but diagnosis".
    fn everything(&mut self, item: &str) -> Parsed<()> {
        let (start, but) = match split_word(item, &[" but ", " except for ", " except ", " apart from "]) {
            Some((start, but)) => (start, Some(but.to_owned())),
            None => (item, None),
        };
        let what = match split_word(start, &[" of ", " in ", " from "]) {
            Some((_, resource)) => What::Resource(name::resource(resource, self.sentence)?),
            None => {
                let rest = start.split(' ').nth(1);
                if rest.is_some_and(|noun| !RESOURCE_NOUNS.contains(&noun)) {
                    // "all accounts" is the resource `accounts`.
                    return self.grant(rest.unwrap_or_default(), Some(Fields::All));
                }
                What::Everything(Vec::new())
            }
        };
        match but {
            Some(but) => self.but = Some((what, vec![but])),
            None => self.push(what, Some(Fields::All)),
        }
        Ok(())
    }

    fn fields_of(&mut self, names: &[String], resource: &str) -> Parsed<()> {
        let mut fields = Vec::new();
        for item in names {
            let name = name::field(item, self.sentence)?;
            if FIELD_NOUNS.contains(&name.as_str()) || fields.contains(&name) {
                return Err(self.complaint(format!("`{name}` names no field of its own"), "name each field once"));
            }
            fields.push(name);
        }
        let unsure = if fields.len() > 1 { fields.clone() } else { Vec::new() };
        self.grant(resource, Some(Fields::Only(fields)))?;
        if let Some(Statement::Grant(grant)) = self.found.last_mut() {
            grant.unsure = unsure;
        }
        Ok(())
    }

    fn grant(&mut self, resource: &str, fields: Option<Fields>) -> Parsed<()> {
        let resource = name::resource(resource, self.sentence)?;
        self.push(What::Resource(resource), fields);
        Ok(())
    }

    fn push(&mut self, what: What, fields: Option<Fields>) {
        let Opening { who, only, effect, verbs } = self.opening.clone();
        let effect = if fields.is_some() { effect } else { Effect::Closed };
        let sentence = self.sentence.to_owned();
        let fields = fields.unwrap_or(Fields::All);
        self.found.push(Statement::Grant(Grant {
            sentence,
            who,
            only,
            effect,
            verbs,
            what,
            fields,
            unsure: Vec::new(),
        }));
    }

    /// Ends what is open: an exception, or names that were resources after all.
    fn flush(&mut self) -> Parsed<()> {
        match self.but.take() {
            Some((What::Resource(resource), names)) => {
                let names = names.iter().map(|item| name::field(item, self.sentence)).collect::<Parsed<_>>()?;
                self.push(What::Resource(resource), Some(Fields::AllBut(names)));
            }
            Some((What::Everything(_), names)) => {
                let names = names.iter().map(|item| name::resource(item, self.sentence)).collect::<Parsed<_>>()?;
                self.push(What::Everything(names), Some(Fields::All));
            }
            None => {}
        }
        for item in std::mem::take(&mut self.pending) {
            self.grant(&item, Some(Fields::All))?;
        }
        Ok(())
    }

    fn end(mut self) -> Parsed<Vec<Statement>> {
        self.flush()?;
        if self.found.is_empty() {
            return Err(self.complaint("it names nothing that may be reached", "name the resources and their fields"));
        }
        Ok(self.found)
    }

    fn complaint(&self, why: impl Into<String>, help: &str) -> NotUnderstood {
        NotUnderstood::new(self.sentence, why, help)
    }
}
