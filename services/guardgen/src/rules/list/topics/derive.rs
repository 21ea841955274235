//! The topic of one action, by the vocabulary: what its verbs and nouns mean, and what else counts as the same act.

use std::collections::{BTreeMap, BTreeSet};

use parapet_toolbox::{WordMeaning, base_forms, meanings, members};

use super::{Pattern, Topic};
use crate::rules::list::kinds::Kinds;
use crate::rules::list::policy::Task;

/// From this sureness on a category is what a word means.
const SURE: u8 = 7;
/// From this sureness on a category is one of the actions that a verb means.
const SURE_ACTION: u8 = 5;
/// How much a place named beside the action says.
const PLACE: f64 = 0.5;
/// How much a thing says on which even looking is ruled, without any action on it.
const THING_ALONE: f64 = 0.6;
/// How much the head of a compound says that the vocabulary lacks.
const HEAD_ALONE: f64 = 0.7;

const LOOKING: [&str; 2] = ["to_search", "to_view"];
/// What can be done to a thing on which even looking is ruled.
const DEALING: [&str; 15] = [
    "to_search",
    "to_view",
    "to_play",
    "to_rent",
    "to_buy",
    "to_book",
    "to_request",
    "to_add",
    "to_create",
    "to_track",
    "to_communicate",
    "to_change",
    "to_remove",
    "to_download",
    "to_apply",
];
/// Ways of getting hold of something.
const GETTING: [&str; 4] = ["to_book", "to_buy", "to_rent", "to_request"];

/// What an action means.
#[derive(Debug, Default)]
pub(super) struct Derived {
    actions: BTreeSet<String>,
    objects: BTreeSet<String>,
    places: BTreeSet<String>,
    words: BTreeMap<String, f64>,
    verbs: BTreeMap<String, f64>,
    /// Categories of words that are taken as themselves: they are no rivals either.
    touched: BTreeSet<String>,
}

/// A name for the topic of the task, from its words.
pub(super) fn name(task: Option<&Task>) -> String {
    let words = task.and_then(|task| task.things.first().or_else(|| task.verbs.first())).map_or("", String::as_str);
    let content: Vec<String> =
        meanings(words).into_iter().filter(|word| !word.is_grammar).map(|word| word.text).collect();
    let name: String = content.join("_").chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).collect();
    if name.is_empty() { "action".to_owned() } else { name }
}

/// Looks the task's words up.
pub(super) fn derive(task: &Task) -> Derived {
    let mut out = Derived::default();
    task.verbs.iter().for_each(|verb| out.add_verb(verb));
    for thing in &task.things {
        out.add_thing(thing, false);
    }
    for place in &task.places {
        out.add_thing(place, true);
    }
    out.add_default_objects();
    out
}

impl Derived {
    fn add_verb(&mut self, verb: &str) {
        let found = meanings(verb);
        let senses = found.first().map_or(&[][..], |word| word.actions.as_slice());
        let best = senses.first().map_or(0, |(_, sure)| *sure);
        let enough = best.min(SURE_ACTION);
        self.actions.extend(senses.iter().filter(|(_, sure)| *sure >= enough).map(|(name, _)| (*name).to_owned()));
        if best < SURE_ACTION {
            self.verbs.insert(verb.to_owned(), 1.0);
        }
    }

    fn add_thing(&mut self, phrase: &str, is_place: bool) {
        let words: Vec<WordMeaning> =
            meanings(phrase).into_iter().filter(|word| !word.is_grammar && !word.is_number).collect();
        let transparent = |word: &WordMeaning| word.things.first().is_some_and(|(name, _)| *name == "transparent");
        let solid: Vec<&WordMeaning> = words.iter().filter(|word| !transparent(word)).collect();
        let Some(head) = solid.last().copied().or(words.last()) else { return };
        let kinds = Kinds::get();
        let sure = head.things.iter().filter(|(name, sure)| *sure >= SURE && !kinds.is_neutral(name));
        let clear: Vec<&str> = sure.map(|(name, _)| *name).filter(|name| !kinds.is_loose(name)).collect();
        let held = head.things.iter().find_map(|(name, _)| kinds.holds.get(*name).map(|of| (*name, of)));
        if let Some((container, of)) = held {
            self.objects.extend(members(of).into_iter().map(str::to_owned));
            self.touched.insert(container.to_owned());
            if !is_place {
                self.objects.insert(container.to_owned());
            }
        } else if let Some(best) = clear.first() {
            let target = if is_place { &mut self.places } else { &mut self.objects };
            target.insert((*best).to_owned());
        } else {
            self.add_own(&words, head, is_place);
        }
    }

    /// The word itself, where its category says too much or nothing.
    fn add_own(&mut self, words: &[WordMeaning], head: &WordMeaning, is_place: bool) {
        self.touched.extend(head.things.iter().map(|(name, _)| (*name).to_owned()));
        let factor = if is_place { PLACE } else { 1.0 };
        let noun = singular(&head.text);
        let before: Vec<&str> =
            words.iter().take_while(|word| word.text != head.text).map(|word| word.text.as_str()).collect();
        if before.is_empty() {
            self.words.insert(noun, factor);
        } else {
            self.words.insert(format!("{} {noun}", before.join(" ")), factor);
            self.words.insert(noun, factor * HEAD_ALONE);
        }
    }

    /// What the verbs are done to when the rule does not say it.
    fn add_default_objects(&mut self) {
        if !self.objects.is_empty() || !self.words.is_empty() {
            return;
        }
        let defaults = self.actions.iter().filter_map(|action| Kinds::get().default_object.get(action));
        self.objects.extend(defaults.flat_map(|object| members(object)).map(str::to_owned));
    }

    /// Categories that a rule has to do with, so that they are no rivals.
    pub(super) fn named(&self) -> Vec<String> {
        let kinds = Kinds::get();
        let related = self.kinds_of_objects().into_iter().filter_map(|name| kinds.kind.get(&name));
        let related = related.flat_map(|kind| {
            kind.kind.iter().chain(kind.signs.keys()).chain(kind.near.keys()).cloned().collect::<Vec<_>>()
        });
        self.objects.iter().chain(&self.places).chain(&self.touched).cloned().chain(related).collect()
    }

    /// What it names itself: actions on things.
    pub(super) fn pairs(&self) -> Vec<(String, String)> {
        self.actions
            .iter()
            .flat_map(|action| self.objects.iter().map(move |object| (action.clone(), object.clone())))
            .collect()
    }

    /// The categories, and the groups that are named as a whole.
    fn kinds_of_objects(&self) -> BTreeSet<String> {
        let mut out = self.objects.clone();
        for group in Kinds::get().kind.keys() {
            let members = members(group);
            if members.len() > 1 && members.iter().all(|member| self.objects.contains(*member)) {
                out.insert(group.clone());
            }
        }
        out
    }

    /// The topic. `claimed` are actions on things that other rules name.
    pub(super) fn topic(&self, claimed: &BTreeSet<(String, String)>) -> Topic {
        let kinds = Kinds::get();
        let mut topic = Topic { words: self.words.clone(), verbs: self.verbs.clone(), patterns: Vec::new() };
        let related: Vec<_> = self.kinds_of_objects().into_iter().filter_map(|name| kinds.kind.get(&name)).collect();
        let mut objects: BTreeSet<String> = self.objects.clone();
        objects.extend(related.iter().flat_map(|kind| kind.kind.iter().cloned()));
        let looks = LOOKING.iter().any(|action| self.actions.contains(*action));
        let mut acts: BTreeSet<String> = self.actions.clone();
        if looks {
            acts.extend(DEALING.iter().map(|action| (*action).to_owned()));
        }
        let mut own: Vec<String> = acts.iter().cloned().collect();
        if !self.verbs.is_empty() {
            own.push("verbs".to_owned());
        }
        let mut things: Vec<String> = objects.iter().cloned().collect();
        if !self.words.is_empty() {
            things.push("words".to_owned());
        }
        topic.push(&own, &things, 1.0);
        if !self.places.is_empty() {
            topic.push(&own, &self.places.iter().cloned().collect::<Vec<_>>(), PLACE);
        }
        if looks {
            topic.push(&[], &things, THING_ALONE);
        } else {
            self.add_steps(&mut topic, &objects, claimed);
        }
        self.add_related(&mut topic, &related, &acts);
        topic
    }

    /// Looking for a thing, and other ways of getting it, as steps towards the act that is ruled.
    fn add_steps(&self, topic: &mut Topic, objects: &BTreeSet<String>, claimed: &BTreeSet<(String, String)>) {
        let counts = self
            .actions
            .iter()
            .filter_map(|action| Kinds::get().looking_counts.get(action))
            .copied()
            .fold(0.0, f64::max);
        let free = |action: &str| {
            let taken = objects.iter().any(|object| claimed.contains(&(action.to_owned(), object.clone())));
            !self.actions.contains(action) && !taken
        };
        let steps = LOOKING.iter().chain(&GETTING).filter(|action| free(action)).map(|action| (*action).to_owned());
        if counts > 0.0 && !objects.is_empty() {
            topic.push(&steps.collect::<Vec<_>>(), &objects.iter().cloned().collect::<Vec<_>>(), counts);
        }
    }

    /// Signs, overlapping kinds, and verbs that are done to nothing else.
    fn add_related(&self, topic: &mut Topic, related: &[&crate::rules::list::kinds::Kind], acts: &BTreeSet<String>) {
        let mut all: Vec<String> = acts.iter().cloned().collect();
        all.extend(LOOKING.iter().filter(|action| !acts.contains(**action)).map(|action| (*action).to_owned()));
        for kind in related {
            for (sign, weight) in &kind.signs {
                topic.push(&[], std::slice::from_ref(sign), *weight);
            }
            for (near, weight) in &kind.near {
                topic.push(&all, std::slice::from_ref(near), *weight);
            }
            for (verb, weight) in kind.verbs.iter().filter(|_| self.words.is_empty()) {
                topic.push(std::slice::from_ref(verb), &[], *weight);
            }
        }
    }
}

impl Topic {
    fn push(&mut self, actions: &[String], objects: &[String], weight: f64) {
        let pattern = Pattern { actions: actions.to_vec(), objects: objects.to_vec(), weight };
        let says_nothing = actions.is_empty() && objects.is_empty();
        if !says_nothing && !self.patterns.contains(&pattern) {
            self.patterns.push(pattern);
        }
    }
}

/// The singular, if the vocabulary or the plain ending gives one.
fn singular(word: &str) -> String {
    let known = |form: &String| {
        meanings(form).first().is_some_and(|meaning| !meaning.things.is_empty() && meaning.text == *form)
    };
    let forms = base_forms(word);
    if let Some(form) = forms.iter().skip(1).find(|form| known(form)) {
        return form.clone();
    }
    match word.strip_suffix('s') {
        Some(stem) if !word.ends_with("ss") && !word.ends_with("us") && stem.len() > 2 => stem.to_owned(),
        _ => word.to_owned(),
    }
}
