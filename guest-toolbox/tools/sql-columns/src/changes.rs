//! Statements that change rows: what they write, and what they read to do so.

use sqlparser::ast::{
    Assignment, AssignmentTarget, Delete, FromTable, Insert, Merge, MergeAction, MergeInsertKind, MergeUpdateKind,
    ObjectName, OnConflictAction, OnInsert, OutputClause, SelectItem, TableObject, Update, UpdateTableFromKind,
};

use crate::{
    expressions::resolve,
    findings::ALL_COLUMNS,
    resolver::{Aliases, Resolver, address},
    scope::{Columns, Relation, Scope, Source},
};

impl Resolver<'_> {
    /// `INSERT`.
    pub(crate) fn insert(&mut self, insert: &Insert, outer: &Scope<'_>) {
        let mut scope = Scope::within(outer);
        if let Some(source) = &insert.source {
            self.query(source, outer);
            self.resolved.insert(address(source));
        }
        let table = self.insert_target(&insert.table, outer);
        let named = insert.columns.iter().filter_map(|column| self.dialect.parts(column).pop());
        let after = insert.after_columns.iter().map(|column| self.dialect.fold(column));
        let columns: Vec<String> = named.chain(after).collect();
        self.written_columns(&table, &columns, insert.assignments.is_empty());
        let alias = insert.table_alias.as_ref().map(|alias| self.dialect.fold(&alias.alias));
        scope.relations.push(relation(alias.unwrap_or_else(|| table.clone()), Source::Table(table.clone())));
        for name in ["excluded", "new"] {
            scope.relations.push(relation(name.to_owned(), Source::Derived(Columns::default())));
        }
        self.assignments(&insert.assignments, std::slice::from_ref(&table), &scope);
        match &insert.on {
            Some(OnInsert::DuplicateKeyUpdate(assignments)) => {
                self.assignments(assignments, std::slice::from_ref(&table), &scope)
            }
            Some(OnInsert::OnConflict(conflict)) => {
                if let OnConflictAction::DoUpdate(action) = &conflict.action {
                    self.assignments(&action.assignments, std::slice::from_ref(&table), &scope);
                    resolve(self, &action.selection, &scope, Aliases::Hidden);
                }
            }
            _ => {}
        }
        for clause in &insert.multi_table_into_clauses {
            self.write_all(&clause.table_name);
        }
        resolve(self, &insert.partitioned, &scope, Aliases::Hidden);
        self.returned(insert.returning.as_deref(), insert.output.as_ref(), &mut scope, &table);
    }

    fn insert_target(&mut self, target: &TableObject, outer: &Scope<'_>) -> String {
        match target {
            TableObject::TableName(name) => self.dialect.parts(name).join("."),
            TableObject::TableFunction(function) => format!("{}()", self.dialect.parts(&function.name).join(".")),
            TableObject::TableQuery(query) => {
                self.query(query, outer);
                "?".to_owned()
            }
        }
    }

    /// `UPDATE`.
    pub(crate) fn update(&mut self, update: &Update, outer: &Scope<'_>) {
        let mut scope = Scope::within(outer);
        let items = std::slice::from_ref(&update.table);
        self.add_from(items, &mut scope);
        let targets = scope.tables_here();
        if let Some(UpdateTableFromKind::BeforeSet(from) | UpdateTableFromKind::AfterSet(from)) = &update.from {
            self.add_from(from, &mut scope);
            self.conditions(from, &scope);
        }
        self.conditions(items, &scope);
        self.assignments(&update.assignments, &targets, &scope);
        resolve(self, &update.selection, &scope, Aliases::Hidden);
        resolve(self, &update.order_by, &scope, Aliases::Hidden);
        resolve(self, &update.limit, &scope, Aliases::Hidden);
        let table = targets.first().cloned().unwrap_or_default();
        self.returned(update.returning.as_deref(), update.output.as_ref(), &mut scope, &table);
    }

    /// `DELETE`.
    pub(crate) fn delete(&mut self, delete: &Delete, outer: &Scope<'_>) {
        let mut scope = Scope::within(outer);
        let (FromTable::WithFromKeyword(from) | FromTable::WithoutKeyword(from)) = &delete.from;
        self.add_from(from, &mut scope);
        let mut targets = scope.tables_here();
        if let Some(using) = &delete.using {
            self.add_from(using, &mut scope);
            self.conditions(using, &scope);
        }
        if !delete.tables.is_empty() {
            // `DELETE a FROM a JOIN b`: the list names aliases.
            let named = delete.tables.iter().map(|name| self.dialect.parts(name));
            targets = named.map(|parts| scope.table_of(&parts).unwrap_or_else(|| parts.join("."))).collect();
        }
        targets.iter().for_each(|table| self.findings.write_column(table, ALL_COLUMNS));
        self.conditions(from, &scope);
        resolve(self, &delete.selection, &scope, Aliases::Hidden);
        resolve(self, &delete.order_by, &scope, Aliases::Hidden);
        resolve(self, &delete.limit, &scope, Aliases::Hidden);
        let table = targets.first().cloned().unwrap_or_default();
        self.returned(delete.returning.as_deref(), delete.output.as_ref(), &mut scope, &table);
    }

    /// `MERGE`.
    pub(crate) fn merge(&mut self, merge: &Merge, outer: &Scope<'_>) {
        let mut scope = Scope::within(outer);
        self.factor(&merge.table, &mut scope);
        let targets = scope.tables_here();
        self.factor(&merge.source, &mut scope);
        let table = targets.first().cloned().unwrap_or_default();
        resolve(self, &merge.source, &scope, Aliases::Hidden);
        resolve(self, &merge.on, &scope, Aliases::Hidden);
        for clause in &merge.clauses {
            resolve(self, &clause.predicate, &scope, Aliases::Hidden);
            self.merge_action(&clause.action, &table, &scope);
        }
        self.returned(None, merge.output.as_ref(), &mut scope, &table);
    }

    fn merge_action(&mut self, action: &MergeAction, table: &str, scope: &Scope<'_>) {
        let targets = [table.to_owned()];
        match action {
            MergeAction::Insert(insert) => {
                let columns: Vec<String> =
                    insert.columns.iter().filter_map(|column| self.dialect.parts(column).pop()).collect();
                self.written_columns(table, &columns, true);
                if let MergeInsertKind::Values(values) = &insert.kind {
                    resolve(self, values, scope, Aliases::Hidden);
                } else {
                    self.wildcard(None, scope);
                }
                resolve(self, &insert.insert_predicate, scope, Aliases::Hidden);
            }
            MergeAction::Update(update) => {
                if let MergeUpdateKind::Set(assignments) = &update.kind {
                    self.assignments(assignments, &targets, scope);
                } else {
                    self.findings.write_column(table, ALL_COLUMNS);
                    self.wildcard(None, scope);
                }
                resolve(self, &update.update_predicate, scope, Aliases::Hidden);
                resolve(self, &update.delete_predicate, scope, Aliases::Hidden);
            }
            MergeAction::Delete { .. } => self.findings.write_column(table, ALL_COLUMNS),
            MergeAction::DoNothing { .. } => {}
        }
    }

    fn assignments(&mut self, assignments: &[Assignment], targets: &[String], scope: &Scope<'_>) {
        for assignment in assignments {
            resolve(self, &assignment.value, scope, Aliases::Hidden);
            let names: &[ObjectName] = match &assignment.target {
                AssignmentTarget::ColumnName(name) => std::slice::from_ref(name),
                AssignmentTarget::Tuple(names) => names,
            };
            for name in names {
                let mut qualifier = self.dialect.parts(name);
                let column = qualifier.pop().unwrap_or_default();
                match scope.table_of(&qualifier).filter(|_| !qualifier.is_empty()) {
                    Some(table) => self.findings.write_column(&table, &column),
                    None => targets.iter().for_each(|table| self.findings.write_column(table, &column)),
                }
            }
        }
    }

    fn written_columns(&mut self, table: &str, columns: &[String], all_if_empty: bool) {
        if columns.is_empty() && all_if_empty {
            self.findings.write_column(table, ALL_COLUMNS);
        }
        columns.iter().for_each(|column| self.findings.write_column(table, column));
    }

    /// `RETURNING` and `OUTPUT` read what was written.
    fn returned(
        &mut self,
        returning: Option<&[SelectItem]>,
        output: Option<&OutputClause>,
        scope: &mut Scope<'_>,
        table: &str,
    ) {
        for name in ["inserted", "deleted", "old"] {
            scope.relations.push(relation(name.to_owned(), Source::Table(table.to_owned())));
        }
        if let Some(items) = returning {
            self.select_list(items, scope);
        }
        match output {
            Some(OutputClause::Output { select_items, into_table, .. }) => {
                self.select_list(select_items, scope);
                into_table.iter().flat_map(|into| &into.targets).for_each(|target| self.written_expression(target));
            }
            Some(OutputClause::Returning { select_items, .. }) => drop(self.select_list(select_items, scope)),
            None => {}
        }
    }
}

impl Scope<'_> {
    fn tables_here(&self) -> Vec<String> {
        let tables = self.relations.iter().filter_map(|relation| match &relation.source {
            Source::Table(table) => Some(table.clone()),
            Source::Derived(_) => None,
        });
        tables.collect()
    }

    fn table_of(&self, qualifier: &[String]) -> Option<String> {
        match &self.qualified(qualifier)?.source {
            Source::Table(table) => Some(table.clone()),
            Source::Derived(_) => None,
        }
    }
}

fn relation(name: String, source: Source) -> Relation {
    Relation { name: name.split('.').map(str::to_owned).collect(), source }
}
