//! Statements: what each kind reads and writes. A kind that is not known in detail counts as reading and writing every
//! column of every table that it names.

use std::{convert::Infallible, ops::ControlFlow};

use sqlparser::ast::{CopySource, CreateTableLikeKind, Expr, ObjectName, Statement, visit_relations};

use crate::{
    expressions::resolve,
    findings::ALL_COLUMNS,
    resolver::{Aliases, Resolver},
    scope::Scope,
};

impl Resolver<'_> {
    /// Resolves one statement.
    pub(crate) fn statement(&mut self, statement: &Statement, outer: &Scope<'_>) {
        self.findings.statements.push(kind(statement));
        match statement {
            Statement::Query(query) => drop(self.query(query, outer)),
            Statement::Insert(insert) => self.insert(insert, outer),
            Statement::Update(update) => self.update(update, outer),
            Statement::Delete(delete) => self.delete(delete, outer),
            Statement::Merge(merge) => self.merge(merge, outer),
            Statement::CreateTable(create) => {
                self.write_all(&create.name);
                if let Some(query) = &create.query {
                    self.query(query, outer);
                }
                let like = create.like.iter().map(|like| match like {
                    CreateTableLikeKind::Parenthesized(like) | CreateTableLikeKind::Plain(like) => &like.name,
                });
                for name in like.chain(&create.clone) {
                    let table = self.dialect.parts(name).join(".");
                    self.findings.read_column(&table, ALL_COLUMNS);
                }
            }
            Statement::CreateView(create) => {
                self.write_all(&create.name);
                self.query(&create.query, outer);
            }
            Statement::Explain { statement, .. } => self.statement(statement, outer),
            other => self.everything(other, outer),
        }
    }

    /// Counts every table of a statement as read and written as a whole.
    fn everything(&mut self, statement: &Statement, outer: &Scope<'_>) {
        resolve(self, statement, outer, Aliases::Hidden);
        let _: ControlFlow<Infallible> = visit_relations(statement, |relation| {
            let table = self.dialect.parts(relation).join(".");
            self.findings.read_column(&table, ALL_COLUMNS);
            self.findings.write_column(&table, ALL_COLUMNS);
            ControlFlow::Continue(())
        });
        for name in other_names(statement) {
            let table = self.dialect.parts(name).join(".");
            self.findings.read_column(&table, ALL_COLUMNS);
            self.findings.write_column(&table, ALL_COLUMNS);
        }
    }

    /// The table of `SELECT … INTO t`. A variable is no table.
    pub(crate) fn written_expression(&mut self, target: &Expr) {
        let parts: Vec<String> = match target {
            Expr::Identifier(ident) => vec![self.dialect.fold(ident)],
            Expr::CompoundIdentifier(idents) => idents.iter().map(|ident| self.dialect.fold(ident)).collect(),
            _ => vec!["?".to_owned()],
        };
        self.findings.write_column(&parts.join("."), ALL_COLUMNS);
    }

    /// Notes that every column of a table is written.
    pub(crate) fn write_all(&mut self, name: &ObjectName) {
        let table = self.dialect.parts(name).join(".");
        self.findings.write_column(&table, ALL_COLUMNS);
    }
}

/// Tables of statements whose names the parser's visitor does not count as relations.
fn other_names(statement: &Statement) -> Vec<&ObjectName> {
    match statement {
        Statement::Copy { source: CopySource::Table { table_name, .. }, .. } => vec![table_name],
        Statement::Drop { names, .. } => names.iter().collect(),
        Statement::CreateIndex(create) => vec![&create.table_name],
        _ => Vec::new(),
    }
}

/// The statement's first word, or two where the second one matters.
fn kind(statement: &Statement) -> String {
    let word = match statement {
        Statement::Query(_) => "select",
        Statement::Insert(_) => "insert",
        Statement::Update(_) => "update",
        Statement::Delete(_) => "delete",
        Statement::Merge(_) => "merge",
        Statement::CreateTable(_) => "create_table",
        Statement::CreateView(_) => "create_view",
        Statement::Explain { .. } => "explain",
        other => {
            let text = other.to_string().to_lowercase();
            return text.split(|c: char| !c.is_alphanumeric()).next().unwrap_or_default().to_owned();
        }
    };
    word.to_owned()
}
