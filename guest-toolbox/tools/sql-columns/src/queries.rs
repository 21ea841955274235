//! Queries: common table expressions, select lists, `FROM` lists and set operations.

use sqlparser::ast::{
    Expr, Query, Select, SelectFlavor, SelectItem, SelectItemQualifiedWildcardKind, SetExpr, Statement, TableAlias,
    With,
};

use crate::{
    expressions::resolve,
    findings::ALL_COLUMNS,
    resolver::{Aliases, Resolver},
    scope::{Columns, Scope},
};

impl Resolver<'_> {
    /// Resolves a query and returns the columns that it yields.
    pub(crate) fn query(&mut self, query: &Query, outer: &Scope<'_>) -> Columns {
        let Query {
            with,
            body,
            order_by,
            limit_clause,
            fetch,
            locks: _,
            for_clause: _,
            settings,
            format_clause: _,
            pipe_operators,
        } = query;
        let mut scope = Scope::within(outer);
        if let Some(with) = with {
            self.common_tables(with, &mut scope);
        }
        let (columns, inner) = self.set_expression(body, &scope);
        resolve(self, order_by, &inner, Aliases::First);
        resolve(self, limit_clause, &inner, Aliases::First);
        resolve(self, fetch, &inner, Aliases::First);
        resolve(self, settings, &Scope::default(), Aliases::Hidden);
        resolve(self, pipe_operators, &inner, Aliases::First);
        if pipe_operators.is_empty() { columns } else { Columns::open() }
    }

    fn common_tables(&mut self, with: &With, scope: &mut Scope<'_>) {
        for cte in &with.cte_tables {
            let name = self.dialect.fold(&cte.alias.name);
            if with.recursive || self.dialect.implicit_recursion {
                scope.ctes.insert(name.clone(), Columns::open());
            }
            let columns = self.query(&cte.query, scope);
            scope.ctes.insert(name, self.renamed(columns, Some(&cte.alias)));
        }
    }

    /// The columns after an alias such as `t(a, b)`.
    pub(crate) fn renamed(&self, columns: Columns, alias: Option<&TableAlias>) -> Columns {
        match alias {
            Some(alias) if !alias.columns.is_empty() => {
                let names = alias.columns.iter().map(|column| self.dialect.fold(&column.name)).collect();
                // A shorter list leaves the other columns with their names.
                Columns { names, open: true }
            }
            _ => columns,
        }
    }

    /// Also returns the scope that `ORDER BY` sees.
    fn set_expression<'p>(&mut self, body: &SetExpr, outer: &'p Scope<'p>) -> (Columns, Scope<'p>) {
        match body {
            SetExpr::Select(select) => self.select(select, outer),
            SetExpr::Query(query) => {
                let columns = self.query(query, outer);
                (columns.clone(), results(columns, outer))
            }
            SetExpr::SetOperation { left, right, .. } => {
                let (columns, _) = self.set_expression(left, outer);
                self.set_expression(right, outer);
                (columns.clone(), results(columns, outer))
            }
            SetExpr::Values(values) => {
                resolve(self, values, outer, Aliases::Hidden);
                (Columns::open(), Scope::within(outer))
            }
            SetExpr::Table(table) => {
                let parts = [&table.schema_name, &table.table_name].into_iter().flatten();
                let name = parts.map(|part| part.to_lowercase()).collect::<Vec<_>>().join(".");
                if outer.cte(&name).is_none() {
                    self.findings.read_column(&name, ALL_COLUMNS);
                }
                (Columns::open(), Scope::within(outer))
            }
            SetExpr::Insert(statement)
            | SetExpr::Update(statement)
            | SetExpr::Delete(statement)
            | SetExpr::Merge(statement) => self.modifying(statement, outer),
        }
    }

    fn modifying<'p>(&mut self, statement: &Statement, outer: &'p Scope<'p>) -> (Columns, Scope<'p>) {
        self.statement(statement, outer);
        (Columns::open(), Scope::within(outer))
    }

    fn select<'p>(&mut self, select: &Select, outer: &'p Scope<'p>) -> (Columns, Scope<'p>) {
        let Select {
            select_token: _,
            optimizer_hints: _,
            distinct,
            select_modifiers: _,
            top,
            top_before_distinct: _,
            projection,
            exclude: _,
            into,
            from,
            lateral_views,
            prewhere,
            selection,
            connect_by,
            group_by,
            cluster_by,
            distribute_by,
            sort_by,
            having,
            named_window,
            qualify,
            window_before_qualify: _,
            value_table_mode: _,
            flavor,
        } = select;
        let mut scope = Scope::within(outer);
        self.add_from(from, &mut scope);
        self.lateral_views(lateral_views, &mut scope);
        let columns = self.select_list(projection, &mut scope);
        if matches!(flavor, SelectFlavor::FromFirstNoSelect) {
            self.wildcard(None, &scope);
        }
        for target in into.iter().flat_map(|into| &into.targets) {
            self.written_expression(target);
        }
        resolve(self, distinct, &scope, Aliases::First);
        resolve(self, top, &scope, Aliases::Hidden);
        resolve(self, from, &scope, Aliases::Hidden);
        resolve(self, lateral_views, &scope, Aliases::Hidden);
        resolve(self, prewhere, &scope, Aliases::Hidden);
        resolve(self, selection, &scope, Aliases::Hidden);
        resolve(self, connect_by, &scope, Aliases::Hidden);
        resolve(self, group_by, &scope, Aliases::First);
        resolve(self, cluster_by, &scope, Aliases::First);
        resolve(self, distribute_by, &scope, Aliases::First);
        resolve(self, sort_by, &scope, Aliases::First);
        resolve(self, having, &scope, Aliases::First);
        resolve(self, named_window, &scope, Aliases::First);
        resolve(self, qualify, &scope, Aliases::First);
        (columns, scope)
    }

    /// Resolves a select or `RETURNING` list, notes its aliases, and returns its columns.
    pub(crate) fn select_list(&mut self, items: &[SelectItem], scope: &mut Scope<'_>) -> Columns {
        let mut columns = Columns::default();
        for item in items {
            resolve(self, item, scope, Aliases::Hidden);
            match item {
                SelectItem::UnnamedExpr(expression) => match column_name(expression) {
                    Some(ident) => drop(columns.names.insert(self.dialect.fold(ident))),
                    // The database makes up a name.
                    None => columns.open = true,
                },
                SelectItem::ExprWithAlias { alias, .. } => {
                    let alias = self.dialect.fold(alias);
                    scope.aliases.insert(alias.clone());
                    columns.names.insert(alias);
                }
                SelectItem::ExprWithAliases { aliases, .. } => {
                    let aliases = aliases.iter().map(|alias| self.dialect.fold(alias));
                    columns.names.extend(aliases);
                }
                SelectItem::QualifiedWildcard(kind, _) => {
                    columns.open = true;
                    if let SelectItemQualifiedWildcardKind::ObjectName(name) = kind {
                        self.wildcard(Some(&self.dialect.parts(name)), scope);
                    }
                }
                SelectItem::Wildcard(_) => {
                    columns.open = true;
                    self.wildcard(None, scope);
                }
            }
        }
        columns
    }
}

/// The scope of an `ORDER BY` after a set operation: its results only.
fn results<'p>(columns: Columns, outer: &'p Scope<'p>) -> Scope<'p> {
    let mut scope = Scope::within(outer);
    let source = crate::scope::Source::Derived(Columns { open: true, ..columns });
    scope.relations.push(crate::scope::Relation { name: Vec::new(), source });
    scope
}

fn column_name(expression: &Expr) -> Option<&sqlparser::ast::Ident> {
    match expression {
        Expr::Identifier(ident) => Some(ident),
        Expr::CompoundIdentifier(idents) => idents.last(),
        Expr::Nested(inner) => column_name(inner),
        _ => None,
    }
}
