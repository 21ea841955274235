//! How many decisions a second are recorded durably, on SQLite and on Postgres, against COPY BINARY of the same rows
//! into the same tables in the same run. Takes turns, so that other load on the disk hits all ways alike.
//!
//!     cargo bench -p parapet-store                                  # SQLite only
//!     tests/with-postgres.sh cargo bench -p parapet-store           # both

#![expect(clippy::print_stdout, reason = "a bench prints its figures")]
#![expect(clippy::unwrap_used, reason = "a bench that cannot run has nothing to report")]

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use parapet_domain::decision::{DECISION_VERSION, Engine};
use parapet_domain::fold::Coverage;
use parapet_domain::{Decision, DecisionRecord, GuardRun, Mode, OnError, Outcome, Stage, Surface, Timestamp, Verdict};
use parapet_store::{AuditMode, Recorder, RecorderConfig, Store, StoreConfig};
use sqlx::postgres::PgConnectOptions;
use sqlx::{AssertSqlSafe, Connection as _, PgConnection};
use uuid::Uuid;

const ROUNDS: usize = 10;
const BATCHES: usize = 10;
const BATCH: usize = 500;
const CALLERS: usize = 256;

fn main() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        println!("{BATCH} rows a batch, {} rows a way, 2 guard runs a row", ROUNDS * BATCHES * BATCH);
        let dir = tempfile::TempDir::new().unwrap();
        let sqlite =
            Store::open(&StoreConfig::new(format!("sqlite:{}", dir.path().join("bench.db").display()))).await.unwrap();
        let mut figures = Figures::default();
        for _ in 0..ROUNDS {
            measure_store(&mut figures, "sqlite", &sqlite).await;
        }
        if let Ok(admin) = std::env::var("PARAPET_TEST_POSTGRES_URL") {
            measure_postgres(&mut figures, &admin).await;
        } else {
            println!(
                "PARAPET_TEST_POSTGRES_URL is not set: postgres is left out; run this through tests/with-postgres.sh"
            );
        }
        figures.print();
    });
}

/// Time and rows by way.
#[derive(Default)]
struct Figures(BTreeMap<String, (Duration, usize)>);

impl Figures {
    fn add(&mut self, way: &str, since: Instant, rows: usize) {
        let entry = self.0.entry(way.to_owned()).or_default();
        entry.0 += since.elapsed();
        entry.1 += rows;
    }

    fn rate(&self, way: &str) -> Option<f64> {
        self.0.get(way).map(|(time, rows)| f64::from(u32::try_from(*rows).unwrap()) / time.as_secs_f64())
    }

    fn print(&self) {
        let copy = self.rate("postgres COPY BINARY");
        for way in self.0.keys() {
            let rate = self.rate(way).unwrap();
            let share = copy
                .filter(|_| way.starts_with("postgres"))
                .map_or(String::new(), |copy| format!("  {:.2} of COPY BINARY", rate / copy));
            println!("{way:<42} {rate:>9.0} rows/s{share}");
        }
    }
}

async fn measure_store(figures: &mut Figures, name: &str, store: &Store) {
    let batches: Vec<Vec<DecisionRecord>> = (0..BATCHES).map(|_| (0..BATCH).map(|_| record()).collect()).collect();
    let start = Instant::now();
    for batch in &batches {
        assert_eq!(store.insert(batch).await.unwrap(), BATCH as u64);
    }
    figures.add(&format!("{name} insert"), start, BATCHES * BATCH);
    measure_recorder(figures, name, store).await;
}

/// Many callers, each of which waits for its receipt before it records the next decision.
async fn measure_recorder(figures: &mut Figures, name: &str, store: &Store) {
    let config = RecorderConfig { deadline_ms: 60_000, ..RecorderConfig::default() };
    let recorder = Recorder::start(store.clone(), config);
    let each = BATCHES * BATCH / CALLERS;
    let records: Vec<Vec<DecisionRecord>> = (0..CALLERS).map(|_| (0..each).map(|_| record()).collect()).collect();
    let start = Instant::now();
    let callers: Vec<_> = records
        .into_iter()
        .map(|records| {
            let recorder = recorder.clone();
            tokio::spawn(async move {
                for record in records {
                    recorder.record(record, AuditMode::Required).await.unwrap();
                }
            })
        })
        .collect();
    for caller in callers {
        caller.await.unwrap();
    }
    figures.add(&format!("{name} recorder, {CALLERS} callers, required"), start, each * CALLERS);
}

async fn measure_postgres(figures: &mut Figures, admin: &str) {
    // The rows to copy are made in a schema of their own, so that the tables copied into have never seen them.
    let (source, mut reading) = schema(admin, "parapet_bench_source").await;
    let (store, mut copying) = schema(admin, "parapet_bench").await;
    for _ in 0..ROUNDS {
        let copies = copies(&source, &mut reading).await;
        let start = Instant::now();
        for copy in &copies {
            copy_in(&mut copying, copy).await;
        }
        figures.add("postgres COPY BINARY", start, BATCHES * BATCH);
        measure_store(figures, "postgres", &store).await;
    }
    store.close().await;
    source.close().await;
    for schema in ["parapet_bench", "parapet_bench_source"] {
        let drop = format!("drop schema {schema} cascade");
        sqlx::raw_sql(AssertSqlSafe(drop)).execute(&mut copying).await.unwrap();
    }
}

/// A fresh schema with the store's tables, and a connection of its own to it.
async fn schema(admin: &str, name: &str) -> (Store, PgConnection) {
    let options: PgConnectOptions = admin.parse().unwrap();
    let mut connection = PgConnection::connect_with(&options.options([("search_path", name)])).await.unwrap();
    let make = format!("drop schema if exists {name} cascade; create schema {name}");
    sqlx::raw_sql(AssertSqlSafe(make)).execute(&mut connection).await.unwrap();
    let joint = if admin.contains('?') { '&' } else { '?' };
    let url = format!("{admin}{joint}options=-c%20search_path%3D{name}");
    (Store::open(&StoreConfig::new(url)).await.unwrap(), connection)
}

/// One batch in the format of COPY BINARY, for both tables.
struct Copy {
    tables: [(&'static str, Vec<u8>); 2],
}

/// Batches as Postgres itself writes them: stored and copied out.
async fn copies(store: &Store, connection: &mut PgConnection) -> Vec<Copy> {
    let mut copies = Vec::new();
    for _ in 0..BATCHES {
        let batch: Vec<DecisionRecord> = (0..BATCH).map(|_| record()).collect();
        store.insert(&batch).await.unwrap();
        let ids: Vec<String> = batch.iter().map(|record| format!("'{}'", record.id)).collect();
        let ids = ids.join(",");
        let mut tables = [("decisions", Vec::new()), ("decision_marks", Vec::new())];
        for (table, bytes) in &mut tables {
            let sql = format!("copy (select * from {table} where id in ({ids})) to stdout (format binary)");
            let mut stream = connection.copy_out_raw(&sql).await.unwrap();
            while let Some(piece) = futures_util::StreamExt::next(&mut stream).await {
                bytes.extend_from_slice(&piece.unwrap());
            }
        }
        copies.push(Copy { tables });
    }
    copies
}

async fn copy_in(connection: &mut PgConnection, copy: &Copy) {
    let mut transaction = connection.begin().await.unwrap();
    for (table, bytes) in &copy.tables {
        let mut copying = transaction.copy_in_raw(&format!("copy {table} from stdin (format binary)")).await.unwrap();
        copying.send(bytes.as_slice()).await.unwrap();
        copying.finish().await.unwrap();
    }
    transaction.commit().await.unwrap();
}

/// A decision as a route with two guards makes it.
fn record() -> DecisionRecord {
    let run = |guard: &str| GuardRun {
        guard: guard.to_owned(),
        guard_hash: "guard:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08".to_owned(),
        mode: Mode::Enforce,
        on_error: OnError::Deny,
        outcome: Outcome::Verdict(Verdict::allow()),
        fuel_used: 123_456,
        duration_us: 78,
    };
    let id = Uuid::now_v7();
    DecisionRecord {
        version: DECISION_VERSION.to_owned(),
        id,
        event_id: Uuid::now_v7(),
        exchange_id: Uuid::now_v7(),
        sequence: 0,
        at: Timestamp::now(),
        tenant: "default".to_owned(),
        route: "chat".to_owned(),
        agent: format!("agent-{}", id.as_u128() % 10),
        principal: Some(format!("user-{}", id.as_u128() % 1_000)),
        roles: vec!["nursing".to_owned()],
        session: Some(format!("session-{}", id.as_u128() % 10_000)),
        trace_id: Some(id.simple().to_string()),
        stage: Stage::Output,
        surface: Surface::OpenaiChat,
        content_digest: "content:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08".to_owned(),
        coverage: Coverage { inspected: vec!["/choices/0/message/content".to_owned()], ..Coverage::default() },
        runs: vec![run("pii-redact"), run("secrets-deny")],
        folded: Decision::Allow,
        enforced: Decision::Allow,
        reason_code: String::new(),
        message: String::new(),
        decided_by: None,
        approval: None,
        tokens: None,
        guard_set: "guard_set:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08".to_owned(),
        engine: Engine {
            parapet: "0.1.0".to_owned(),
            toolbox: "1".to_owned(),
            rhai_guest: "sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08".to_owned(),
        },
        duration_us: 250,
        content: None,
        chain_sequence: None,
        chain_digest: None,
        chain_key_id: None,
    }
}
