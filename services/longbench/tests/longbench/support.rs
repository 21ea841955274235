//! A small file of rows, runs over it, and texts of a given length.

use std::collections::BTreeMap;
use std::path::Path;

use parapet_agentwrite::Target;
use parapet_longbench::{
    Author, Identity, Method, Progress, Row, RunFolder, RunRecord, RunSummary, Settings, Task, read_rows, run,
};
use parapet_models::{Budget, Meter, ModelClient, ModelConfig};

pub(crate) const DATA: &str = r#"{"prompt": "Write 20 words on rain.", "type": "News Report", "length": 20}
{"prompt": "写一篇40字的文章", "type": "Popular Science", "length": 40}
{"prompt": "Write 60 words on snow.", "type": "News Report", "length": 60}
"#;

pub(crate) fn settings() -> Settings {
    Settings { method: Method::OneCall, max_tokens: 500, temperature: Some(0.5), seed: Some(7), writer: None }
}

/// Each row with its length as the target.
pub(crate) fn tasks(rows: &[Row]) -> Vec<Task> {
    let task = |(line, row): (usize, &Row)| Task { line, row: row.clone(), target: Target::Equal(row.length) };
    rows.iter().enumerate().map(task).collect()
}

pub(crate) fn row_map() -> BTreeMap<usize, Row> {
    read_rows(DATA.as_bytes()).unwrap().into_iter().enumerate().collect()
}

/// A client that asks once and one at a time, so that what was asked has an order.
pub(crate) fn one_at_a_time(config: ModelConfig) -> ModelClient {
    ModelClient::new(ModelConfig { concurrency: 1, retries: 0, ..config }).unwrap()
}

pub(crate) struct Run<'a> {
    pub(crate) folder: &'a Path,
    pub(crate) client: ModelClient,
    pub(crate) samples: u32,
    pub(crate) budget: Budget,
}

impl<'a> Run<'a> {
    pub(crate) fn new(folder: &'a Path, client: ModelClient) -> Self {
        Self { folder, client, samples: 1, budget: Budget::default() }
    }

    pub(crate) async fn go(&self) -> RunSummary {
        self.watched(&mut |_| {}).await
    }

    pub(crate) async fn watched(&self, watch: &mut (dyn FnMut(&Progress) + Send)) -> RunSummary {
        let identity = Identity::new(self.client.config(), settings(), DATA.as_bytes(), 3);
        let mut folder = RunFolder::open(self.folder, identity, self.samples, DATA.as_bytes()).unwrap();
        let meter = Meter::new(self.budget);
        let author = Author::new(self.client.clone(), settings(), meter, self.folder.join("drafts"));
        run(&mut folder, &author, &tasks(&read_rows(DATA.as_bytes()).unwrap()), watch).await.unwrap()
    }
}

pub(crate) fn record(folder: &Path) -> RunRecord {
    RunRecord::read(folder).unwrap()
}

/// The outcomes in the folder, in the order of the samples.
pub(crate) fn outcomes(folder: &Path) -> Vec<&'static str> {
    record(folder).samples.values().map(|sample| sample.outcome.code()).collect()
}

pub(crate) fn words(count: usize) -> String {
    vec!["word"; count].join(" ")
}
