//! A plan: what each section is about, and how many words it gets.

pub(crate) mod read;
pub(crate) mod share;
pub(crate) mod tidy;

use serde::{Deserialize, Serialize};

/// The plan of a document.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Plan {
    /// Title of the document; empty for none.
    pub title: String,
    /// Its sections, in the order of the document. Their words add up to what was planned for.
    pub sections: Vec<Section>,
}

/// One section of a plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Section {
    /// Its place, such as `3`, or `2.3` within a part. The pieces of a section that was too long for one are `2.3a`, `2.3b`, ….
    pub id: String,
    /// Headings of the parts that it stands in, the outermost first.
    pub within: Vec<String>,
    /// Its heading; empty for a piece that continues the section before it.
    pub heading: String,
    /// What it is to say.
    pub main_point: String,
    /// Words that it is to have, its heading included.
    pub words: u32,
}

impl Plan {
    /// Words of all sections together.
    #[must_use]
    pub fn words(&self) -> u32 {
        self.sections.iter().map(|section| section.words).fold(0, u32::saturating_add)
    }
}
