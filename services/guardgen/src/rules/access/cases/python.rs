//! Tests of programs: what is followed through variables, and what cannot be followed and is refused.

use serde_json::{Value, json};

use super::super::agent::{Function, Language, Meaning};
use super::super::policy::Needs;
use super::super::statement::{Key, Verb};
use super::Cases;

impl Cases<'_> {
    /// The parts of an event with this program.
    fn program_parts(&self, program: &str) -> Option<Value> {
        if let Some((part, Language::Python)) = &self.agent.part {
            return Some(json!([{ "name": part, "text": program }]));
        }
        let tool = self.agent.tools.iter().find(|tool| tool.one(Meaning::Program).is_some())?;
        Some(json!([{ "tool": tool.name, "json": { tool.program()?: program } }]))
    }

    pub(super) fn of_programs(&mut self) {
        if !self.agent.has_program() {
            return;
        }
        let Some((role, key, fields)) = self.best() else { return };
        let Some((program, needs)) = self.writer().program(&[(key.clone(), fields.clone())]) else { return };
        self.hidden(&role, &program);
        for (description, program) in [
            ("a program that reads nothing passes", format!("{} = 1 + 1", self.writer().result())),
            (
                "modules that only compute pass",
                "from datetime import datetime\nimport math\nx = math.floor(2.5)".to_owned(),
            ),
        ] {
            self.program(description, &role, &program, &Vec::new());
        }
        let indented = program.lines().map(|line| format!("    {line}\n")).collect::<String>();
        self.program("a branch that may be skipped counts", &role, &format!("if x:\n{indented}"), &needs);
        self.program(
            "a function of the program is followed",
            &role,
            &format!("def work():\n{indented}    return 1\nwork()"),
            &needs,
        );
        self.of_readers(&role, &program);
        self.of_rows(&role, &key);
    }

    fn program(&mut self, description: &str, role: &str, program: &str, needs: &Needs) {
        if let Some(parts) = self.program_parts(program) {
            self.rule(description, &[role], parts, needs);
        }
    }

    fn unreadable(&mut self, description: &str, role: &str, program: &str) {
        if let Some(parts) = self.program_parts(program) {
            self.refuse(description, Some(&[role]), parts, "code_not_understood");
        }
    }

    /// Ways around the functions.
    fn hidden(&mut self, role: &str, program: &str) {
        let eval = format!("eval({program:?})");
        for (description, program) in [
            ("a program that does not parse is refused", "answer = open_bracket(("),
            ("code run from text is refused", eval.as_str()),
            ("files are no way around", "x = open('/data/all.csv').read()"),
            ("modules that can read data are refused", "import sqlite3\nx = sqlite3.connect('all.db')"),
            ("names that come from a star are refused", "from math import *\nx = floor(2.5)"),
        ] {
            self.unreadable(description, role, program);
        }
    }

    /// What is refused of each function.
    fn of_readers(&mut self, role: &str, program: &str) {
        let agent = self.agent;
        for function in &agent.functions {
            let name = &function.name;
            self.unreadable(&format!("{name} passed on is refused"), role, &format!("x = map({name}, names())"));
            self.unreadable(
                &format!("{name} with named arguments is refused"),
                role,
                &format!("{program}\nx = {name}(other='a')"),
            );
            let most = vec!["'a'"; function.arity + 1].join(", ");
            self.unreadable(
                &format!("{name} with more arguments is refused"),
                role,
                &format!("{program}\nx = {name}({most})"),
            );
            let none = vec!["compute()"; function.arity].join(", ");
            self.unreadable(
                &format!("{name} with computed arguments is refused"),
                role,
                &format!("{program}\nx = {name}({none})"),
            );
            self.unreadable(&format!("{name} without arguments is refused"), role, &format!("{program}\nx = {name}()"));
            let either = format!("{program}\nif x:\n    f = {name}\nelse:\n    f = print\ny = f('a')");
            self.unreadable(&format!("{name} or another function is refused"), role, &either);
        }
    }

    /// Rows that go another way than through the functions.
    fn of_rows(&mut self, role: &str, key: &Key) {
        let field = self.had(role, key).and_then(|fields| fields.into_iter().next());
        let (Some(loader), Some(field)) = (self.writer().loader(&[]).cloned(), field) else { return };
        let load = |table: &str| self.writer().call(&loader, table, "", &[]);
        let (table, other) = (key.resource.clone(), self.other_than(&key.resource));
        let key_of = |table: &str| Key { verb: Verb::Read, resource: table.to_owned() };
        let whole = |table: &str| vec![(key_of(table), self.policy.whole(table))];
        let loaded = load(&table);
        let answer = self.writer().result().to_owned();
        let programs = [
            ("loading a resource needs it", format!("x = {loaded}"), vec![(key_of(&table), Vec::new())]),
            (
                "loading one that is not open is refused",
                format!("x = {}", load(&other)),
                vec![(key_of(&other), Vec::new())],
            ),
            ("counting rows reads no field", format!("{answer} = len({loaded})"), vec![(key_of(&table), Vec::new())]),
            ("rows as the answer are read whole", format!("{answer} = {loaded}"), whole(&table)),
            ("rows that are printed are read whole", format!("rows = {loaded}\nprint(rows)"), whole(&table)),
            ("rows as an object are read whole", format!("rows = {loaded}\nrows.show()"), whole(&table)),
            ("rows in a loop are read whole", format!("for row in {loaded}:\n    {answer} = row"), whole(&table)),
            (
                "names given by a loop over constants are followed",
                self.looped(&loader, &[&table, &other]),
                vec![(key_of(&table), Vec::new()), (key_of(&other), Vec::new())],
            ),
        ];
        for (description, program, needs) in programs {
            for role in &self.policy.roles {
                self.program(&format!("{role}: {description}"), role, &program, &needs);
            }
        }
        let renamed = format!("f = {}\nx = {}", loader.name, loaded.replacen(&loader.name, "f", 1));
        self.unreadable("a function under another name is refused", role, &renamed);
        let getter =
            self.agent.functions.iter().find(|f| f.rows.is_some() && f.fields.is_some() && f.verb == Verb::Read);
        if let Some(getter) = getter {
            self.of_getter(role, (&table, &other), &field, &loader, getter);
        }
        let filter = self.agent.functions.iter().find(|f| f.conditions.is_some() && f.verb == Verb::Read);
        if let Some(filter) = filter {
            self.of_conditions(role, &table, &field, &loader, filter);
        }
    }

    /// A loop over names of tables.
    fn looped(&self, loader: &Function, tables: &[&str]) -> String {
        let names = tables.iter().map(|table| format!("'{table}'")).collect::<Vec<_>>().join(", ");
        let call = self.writer().call(loader, "TABLE", "", &[]).replacen("'TABLE'", "name", 1);
        format!("for name in [{names}]:\n    x = {call}")
    }

    fn other_than(&self, table: &str) -> String {
        let other = self.policy.resources.iter().rev().find(|found| found.name != table);
        other.map_or_else(|| "unlisted_resource".to_owned(), |found| found.name.clone())
    }

    fn of_getter(&mut self, role: &str, tables: (&str, &str), field: &str, loader: &Function, getter: &Function) {
        let (table, other) = tables;
        let writer = self.writer();
        let load = |table: &str| writer.call(loader, table, "", &[]);
        let get = |rows: &str, field: &str| writer.call(getter, table, rows, &[field.to_owned()]);
        let read = |table: &str, fields: &[&str]| {
            (
                Key { verb: Verb::Read, resource: table.to_owned() },
                fields.iter().map(|field| (*field).to_owned()).collect::<Vec<_>>(),
            )
        };
        let either = format!("if x:\n    d = {}\nelse:\n    d = {}\ny = {}", load(table), load(other), get("d", field));
        let slice = format!("y = {}", get(&format!("{}[:5]", load(table)), field));
        let parts = format!("def read(rows):\n    return {}\ny = read({})", get("rows", field), load(table));
        let mut programs = vec![
            (
                "rows of either of two resources count for both",
                either,
                vec![read(table, &[field]), read(other, &[field])],
            ),
            ("some of the rows are still of the resource", slice, vec![read(table, &[field])]),
        ];
        if getter.fields.as_ref().is_some_and(|listed| listed.aggregates) {
            let separator = getter.fields.as_ref().and_then(|listed| listed.separator.clone()).unwrap_or_default();
            let program = format!("y = {}", get(&load(table), &format!("{field}{separator} max")));
            programs.push(("what is computed over a field is no field", program, vec![read(table, &[field])]));
            let program = format!("y = {}", get(&load(table), &format!("max{separator} {field}")));
            programs.push((
                "the first name is a field whatever it is called",
                program,
                vec![read(table, &["max", field])],
            ));
        }
        let star = (Key { verb: Verb::Read, resource: table.to_owned() }, self.policy.whole(table));
        programs.push(("a star is all fields", format!("y = {}", get(&load(table), "*")), vec![star]));
        let list =
            format!("y = {}", get(&load(table), "FIELD").replacen("'FIELD'", &format!("['{field}', 'secretnote']"), 1));
        programs.push(("fields in a list count", list, vec![read(table, &[field, "secretnote"])]));
        let unknown = [
            ("fields of rows that nothing loads are refused", format!("y = {}", get("found_elsewhere()", field))),
            (
                "a field that is filled in at run time is refused",
                format!("y = {}", get(&load(table), "{}").replacen("'{}'", "'{}'.format(pick())", 1)),
            ),
            ("a field that is no name is refused", format!("y = {}", get(&load(table), "a b"))),
            (
                "a number as the field is refused",
                format!("y = {}", get(&load(table), "FIELD").replacen("'FIELD'", "7", 1)),
            ),
        ];
        for (description, program, needs) in programs {
            for role in &self.policy.roles {
                self.program(&format!("{role}: {description}"), role, &program, &needs);
            }
        }
        for (description, program) in unknown {
            self.unreadable(description, role, &program);
        }
        // The program's own function may do anything with them.
        let whole = vec![(Key { verb: Verb::Read, resource: table.to_owned() }, self.policy.whole(table))];
        self.program("rows that are handed to a function of the program are read whole", role, &parts, &whole);
        self.lost_rows(role, tables, field, loader, getter);
    }

    /// Rows that cannot be followed count for every loaded resource that has the field.
    fn lost_rows(
        &mut self,
        role: &str,
        (table, other): (&str, &str),
        field: &str,
        loader: &Function,
        getter: &Function,
    ) {
        let columns =
            |table: &str| self.policy.resource(table).and_then(|found| found.columns.clone()).unwrap_or_default();
        let writer = self.writer();
        let whole = |table: &str| (Key { verb: Verb::Read, resource: table.to_owned() }, self.policy.whole(table));
        let (one, two) = (writer.call(loader, table, "", &[]), writer.call(loader, other, "", &[]));
        let get = writer.call(getter, table, "held[pick()]", &[field.to_owned()]);
        // The list holds rows, so both are read whole; the field itself is then needed of those that may have it.
        let mut needs = vec![whole(table), whole(other)];
        for (at, name) in [table, other].iter().enumerate() {
            let has = columns(name).iter().any(|known| known == field);
            let none_has = !columns(table).iter().chain(&columns(other)).any(|known| known == field);
            if let (true, Some((_, fields))) = (has || none_has, needs.get_mut(at))
                && !fields.iter().any(|known| known == field)
            {
                fields.insert(0, field.to_owned());
            }
        }
        let program = format!("held = [{one}, {two}]\ny = {get}");
        if let Some(parts) = self.program_parts(&program) {
            let ruling = self.policy.rule(&[role], &needs);
            let verdict = if ruling == super::super::policy::Ruling::Allow { "allow" } else { "refused" };
            let decision = match ruling {
                super::super::policy::Ruling::Allow => parapet_domain::Decision::Allow,
                super::super::policy::Ruling::Ask(_) => parapet_domain::Decision::Ask,
                _ => parapet_domain::Decision::Deny,
            };
            let expect = parapet_judge::Expectation { verdict: Some(decision), ..Default::default() };
            self.add(
                &format!("rows in a list count for every resource in it: {verdict}"),
                Some(&[role]),
                parts,
                expect,
            );
        }
    }

    fn of_conditions(&mut self, role: &str, table: &str, field: &str, loader: &Function, filter: &Function) {
        let writer = self.writer();
        let rows = writer.call(loader, table, "", &[]);
        let filtered = |condition: &str| {
            let written = writer.call(filter, table, &rows, &[field.to_owned()]);
            format!("x = {}", written.replacen(&format!("'{field}=1'"), condition, 1))
        };
        let read = |fields: &[&str]| {
            vec![(
                Key { verb: Verb::Read, resource: table.to_owned() },
                fields.iter().map(|field| (*field).to_owned()).collect::<Vec<_>>(),
            )]
        };
        let mut programs = vec![
            ("a condition needs its field", format!("'{field}=1'"), read(&[field])),
            ("a condition on a field in no list needs it", "'secretnote=1'".to_owned(), read(&["secretnote"])),
            ("a value that is filled in changes nothing", format!("'{field}={{}}'.format(pick())"), read(&[field])),
            ("a condition with a list of values needs its field", format!("'{field} in [1, 2]'"), read(&[field])),
            ("white space before the operator changes nothing", format!("'{field} = 1'"), read(&[field])),
            ("a comparison needs its field", format!("'{field}>=1'"), read(&[field])),
            ("what is computed over a field needs it", "'max(secretnote)'".to_owned(), read(&["secretnote"])),
        ];
        if let Some(separator) = filter.conditions.as_ref().and_then(|listed| listed.separator.as_deref()) {
            programs.push((
                "every condition counts",
                format!("'{field}=1{separator}secretnote=1'"),
                read(&[field, "secretnote"]),
            ));
        }
        if self.policy.resource(table).is_some_and(|found| found.columns.is_some()) {
            programs.push((
                "a condition of another form needs the fields that it names",
                format!("'(1+{field})*2=4'"),
                read(&[field]),
            ));
        }
        for (description, condition, needs) in programs {
            let program = filtered(&condition);
            for role in &self.policy.roles {
                self.program(&format!("{role}: {description}"), role, &program, &needs);
            }
        }
        self.unreadable("a condition without a known field is refused", role, &filtered("'???'"));
        self.unreadable("a condition whose field is filled in is refused", role, &filtered("'{}=1'.format(pick())"));
    }
}
