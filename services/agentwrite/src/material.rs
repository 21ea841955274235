//! What a section is: prose here, and whatever else can be asked of a model piece by piece. The writer plans, controls, judges
//! and keeps; how a piece is asked for, measured, cleaned and found weak is told by its material.

use crate::{Language, Section, Weakness};

/// What the sections of a document are made of. Pure: the same input gives the same answer, or nothing could be resumed.
pub trait Material: Send + Sync {
    /// Name that enters the keys of what is kept; a change of the rules below needs another one.
    fn name(&self) -> &'static str;

    /// What the model is told above each question for a section.
    fn system(&self, language: Language) -> String;

    /// How much of the document's length a text is.
    fn measure(&self, text: &str) -> u32;

    /// The section in a model's answer: without what the model says about the task.
    fn clean(&self, answer: &str, section: &Section) -> String;

    /// What is weak in it, each once.
    fn weaknesses(&self, draft: &DraftOf<'_>) -> Vec<Weakness>;

    /// The section as it stands in the document.
    fn render(&self, piece: &Piece<'_>) -> String;
}

/// A draft with what it is held against.
#[derive(Debug, Clone, Copy)]
pub struct DraftOf<'d> {
    /// The cleaned text, without its heading.
    pub text: &'d str,
    /// The same before sentences that only repeat were taken out of it.
    pub raw: &'d str,
    /// What it is to be.
    pub section: &'d Section,
    /// Language of the document.
    pub language: Language,
    /// The end of what stands before it in the document.
    pub before: &'d str,
}

/// What stands in the document for one section.
#[derive(Debug, Clone, Copy)]
pub struct Piece<'p> {
    /// Title of the document, where it begins here.
    pub title: Option<&'p str>,
    /// Headings of the parts that begin here, with their depth from 0.
    pub opened: &'p [(usize, &'p str)],
    /// The section.
    pub section: &'p Section,
    /// Its text.
    pub body: &'p str,
    /// Whether headings are wanted.
    pub headings: bool,
}
