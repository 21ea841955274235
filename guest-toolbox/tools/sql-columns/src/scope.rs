//! Which relations are visible at a point of a query, and to which of them a column belongs.

use std::collections::{BTreeMap, BTreeSet};

/// Columns that a query or function yields.
#[derive(Debug, Clone, Default)]
pub(crate) struct Columns {
    /// Names that are known.
    pub(crate) names: BTreeSet<String>,
    /// There may be others.
    pub(crate) open: bool,
}

impl Columns {
    /// Nothing is known.
    pub(crate) fn open() -> Self {
        Self { names: BTreeSet::new(), open: true }
    }
}

/// What a relation is.
#[derive(Debug, Clone)]
pub(crate) enum Source {
    /// A table by its reported name.
    Table(String),
    /// The result of something whose own reads are noted where it stands.
    Derived(Columns),
}

/// One item of a `FROM` list.
#[derive(Debug, Clone)]
pub(crate) struct Relation {
    /// Parts of the name that qualifies its columns; an alias has one.
    pub(crate) name: Vec<String>,
    /// What it is.
    pub(crate) source: Source,
}

/// The names visible in one query.
#[derive(Debug, Default)]
pub(crate) struct Scope<'p> {
    /// Items of its `FROM` list.
    pub(crate) relations: Vec<Relation>,
    /// Common table expressions defined here.
    pub(crate) ctes: BTreeMap<String, Columns>,
    /// Names that its select list gives to results.
    pub(crate) aliases: BTreeSet<String>,
    /// The query around it.
    pub(crate) parent: Option<&'p Scope<'p>>,
}

impl<'p> Scope<'p> {
    /// A scope inside another.
    pub(crate) fn within(parent: &'p Scope<'p>) -> Self {
        Self { parent: Some(parent), ..Self::default() }
    }

    /// This scope and all around it, innermost first.
    pub(crate) fn outward(&self) -> impl Iterator<Item = &Scope<'p>> {
        std::iter::successors(Some(self), |scope| scope.parent)
    }

    /// The common table expression of that name.
    pub(crate) fn cte(&self, name: &str) -> Option<&Columns> {
        self.outward().find_map(|scope| scope.ctes.get(name))
    }

    /// The relation that a qualifier such as `t` or `schema.t` means.
    pub(crate) fn qualified(&self, qualifier: &[String]) -> Option<&Relation> {
        self.outward().find_map(|scope| scope.relations.iter().find(|relation| relation.name.ends_with(qualifier)))
    }

    /// All tables in this scope and around it.
    pub(crate) fn tables(&self) -> Vec<String> {
        let tables = self.outward().flat_map(|scope| &scope.relations).filter_map(|relation| match &relation.source {
            Source::Table(table) => Some(table.clone()),
            Source::Derived(_) => None,
        });
        tables.collect::<BTreeSet<_>>().into_iter().collect()
    }
}
