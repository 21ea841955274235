//! `FROM` lists: tables, subqueries, joins and table functions become relations of a scope.

use sqlparser::ast::{
    Join, JoinConstraint, JoinOperator, LateralView, ObjectName, TableAlias, TableFactor, TableWithJoins,
};

use crate::{
    findings::ALL_COLUMNS,
    resolver::{Aliases, Resolver, address},
    scope::{Columns, Relation, Scope, Source},
};

/// Table functions that only take their arguments apart. Any other one is reported as a table `name()`.
const PURE_TABLE_FUNCTIONS: &[&str] = &[
    "explode",
    "flatten",
    "generate_series",
    "json_array_elements",
    "json_array_elements_text",
    "json_each",
    "json_tree",
    "jsonb_array_elements",
    "jsonb_array_elements_text",
    "jsonb_each",
    "posexplode",
    "range",
    "regexp_split_to_table",
    "split_to_table",
    "string_split",
    "string_to_table",
    "unnest",
];

impl Resolver<'_> {
    /// Adds the items of a `FROM` list to a scope.
    pub(crate) fn add_from(&mut self, items: &[TableWithJoins], scope: &mut Scope<'_>) {
        for item in items {
            self.joined(item, scope);
        }
    }

    fn joined(&mut self, item: &TableWithJoins, scope: &mut Scope<'_>) {
        let first = scope.relations.len();
        self.factor(&item.relation, scope);
        for join in &item.joins {
            self.factor(&join.relation, scope);
            self.shared_columns(join, first, scope);
        }
    }

    /// `USING (c)` reads `c` of both sides; `NATURAL` reads columns that only the database knows.
    fn shared_columns(&mut self, join: &Join, first: usize, scope: &Scope<'_>) {
        let columns: Vec<String> = match constraint(&join.join_operator) {
            Some(JoinConstraint::Using(names)) => {
                names.iter().filter_map(|name| self.dialect.parts(name).pop()).collect()
            }
            Some(JoinConstraint::Natural) => vec![ALL_COLUMNS.to_owned()],
            _ => return,
        };
        for relation in scope.relations.iter().skip(first) {
            if let Source::Table(table) = &relation.source {
                columns.iter().for_each(|column| self.findings.read_column(table, column));
            }
        }
    }

    /// Adds one item.
    pub(crate) fn factor(&mut self, factor: &TableFactor, scope: &mut Scope<'_>) {
        match factor {
            TableFactor::Table { name, alias, args: None, .. } => self.table(name, alias.as_ref(), scope),
            TableFactor::Table { name, alias, args: Some(_), .. } | TableFactor::Function { name, alias, .. } => {
                let function = self.dialect.parts(name).join(".").to_lowercase();
                self.table_function(&function, alias.as_ref(), scope);
            }
            TableFactor::Derived { subquery, alias, .. } => {
                let columns = self.query(subquery, scope);
                self.resolved.insert(address(subquery));
                let columns = self.renamed(columns, alias.as_ref());
                self.derived(columns, alias.as_ref(), scope);
            }
            TableFactor::NestedJoin { table_with_joins, alias } => {
                self.joined(table_with_joins, scope);
                if alias.is_some() {
                    self.derived(Columns::open(), alias.as_ref(), scope);
                }
            }
            TableFactor::Pivot { table, alias, .. }
            | TableFactor::Unpivot { table, alias, .. }
            | TableFactor::MatchRecognize { table, alias, .. } => {
                // Columns become rows and rows columns: every column may show.
                let mut inner = Scope::within(scope);
                self.factor(table, &mut inner);
                self.wildcard(None, &inner);
                let names: Vec<Vec<String>> = inner.relations.into_iter().map(|relation| relation.name).collect();
                let source = Source::Derived(Columns::open());
                scope.relations.extend(names.into_iter().map(|name| Relation { name, source: source.clone() }));
                self.derived(Columns::open(), alias.as_ref(), scope);
            }
            TableFactor::TableFunction { alias, .. }
            | TableFactor::UNNEST { alias, .. }
            | TableFactor::JsonTable { alias, .. }
            | TableFactor::OpenJsonTable { alias, .. }
            | TableFactor::XmlTable { alias, .. } => self.derived(Columns::open(), alias.as_ref(), scope),
            TableFactor::UnpivotExpr { .. } => self.derived(Columns::open(), None, scope),
            TableFactor::SemanticView { name, alias, .. } => {
                let view = self.dialect.parts(name).join(".");
                self.findings.read_column(&view, ALL_COLUMNS);
                self.derived(Columns::open(), alias.as_ref(), scope);
            }
        }
    }

    fn table(&mut self, name: &ObjectName, alias: Option<&TableAlias>, scope: &mut Scope<'_>) {
        let parts = self.dialect.parts(name);
        let table = parts.join(".");
        let visible = alias.map_or(parts, |alias| vec![self.dialect.fold(&alias.name)]);
        let source = match scope.cte(&table) {
            Some(columns) => Source::Derived(self.renamed(columns.clone(), alias)),
            None => {
                self.findings.read_table(&table);
                if alias.is_some_and(|alias| !alias.columns.is_empty()) {
                    // `t(a, b)` gives the columns other names.
                    self.findings.read_column(&table, ALL_COLUMNS);
                    Source::Derived(Columns::open())
                } else {
                    Source::Table(table)
                }
            }
        };
        scope.relations.push(Relation { name: visible, source });
    }

    fn table_function(&mut self, function: &str, alias: Option<&TableAlias>, scope: &mut Scope<'_>) {
        self.findings.functions.insert(function.to_owned());
        if !PURE_TABLE_FUNCTIONS.contains(&function) {
            self.findings.read_column(&format!("{function}()"), ALL_COLUMNS);
        }
        let named = Relation { name: vec![function.to_owned()], source: Source::Derived(Columns::open()) };
        if alias.is_none() {
            scope.relations.push(named);
        }
        self.derived(Columns::open(), alias, scope);
    }

    fn derived(&mut self, columns: Columns, alias: Option<&TableAlias>, scope: &mut Scope<'_>) {
        let name = alias.map(|alias| vec![self.dialect.fold(&alias.name)]).unwrap_or_default();
        scope.relations.push(Relation { name, source: Source::Derived(columns) });
    }

    /// Adds Hive's `LATERAL VIEW` items.
    pub(crate) fn lateral_views(&mut self, views: &[LateralView], scope: &mut Scope<'_>) {
        for view in views {
            let name = self.dialect.parts(&view.lateral_view_name);
            scope.relations.push(Relation { name, source: Source::Derived(Columns::open()) });
        }
    }

    /// Resolves the conditions of joins and arguments of table functions.
    pub(crate) fn conditions(&mut self, items: &[TableWithJoins], scope: &Scope<'_>) {
        for item in items {
            crate::expressions::resolve(self, item, scope, Aliases::Hidden);
        }
    }
}

fn constraint(operator: &JoinOperator) -> Option<&JoinConstraint> {
    match operator {
        JoinOperator::Join(constraint)
        | JoinOperator::Inner(constraint)
        | JoinOperator::Left(constraint)
        | JoinOperator::LeftOuter(constraint)
        | JoinOperator::Right(constraint)
        | JoinOperator::RightOuter(constraint)
        | JoinOperator::FullOuter(constraint)
        | JoinOperator::CrossJoin(constraint)
        | JoinOperator::Semi(constraint)
        | JoinOperator::LeftSemi(constraint)
        | JoinOperator::RightSemi(constraint)
        | JoinOperator::Anti(constraint)
        | JoinOperator::LeftAnti(constraint)
        | JoinOperator::RightAnti(constraint)
        | JoinOperator::AsOf { constraint, .. }
        | JoinOperator::StraightJoin(constraint) => Some(constraint),
        JoinOperator::CrossApply
        | JoinOperator::OuterApply
        | JoinOperator::ArrayJoin
        | JoinOperator::LeftArrayJoin
        | JoinOperator::InnerArrayJoin => None,
    }
}
