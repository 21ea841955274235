//! An empty store for one test: a file in a directory of its own, or a schema of its own.

use std::path::PathBuf;

use sqlx::{AssertSqlSafe, Connection as _, PgConnection, SqliteConnection};
use tempfile::TempDir;
use url::Url;

use crate::{Store, StoreConfig};

pub(super) struct Fixture {
    pub(super) store: Store,
    pub(super) config: StoreConfig,
    place: Place,
}

enum Place {
    Sqlite { _dir: TempDir },
    Postgres { admin: String, schema: String },
}

/// Keeps every writer out until it is released.
pub(super) enum Block {
    Sqlite(SqliteConnection),
    Postgres(PgConnection),
}

impl Fixture {
    pub(super) async fn sqlite() -> Self {
        let dir = TempDir::new().unwrap();
        let config = StoreConfig::new(format!("sqlite:{}", dir.path().join("parapet.db").display()));
        Self { store: Store::open(&config).await.unwrap(), config, place: Place::Sqlite { _dir: dir } }
    }

    /// `None` if the tests on Postgres are to be left out.
    pub(super) async fn postgres() -> Option<Self> {
        let admin = admin_url()?;
        let schema = format!("test_{}", uuid::Uuid::now_v7().simple());
        let mut connection =
            PgConnection::connect(&admin).await.expect("the server of PARAPET_TEST_POSTGRES_URL does not answer");
        sqlx::raw_sql(AssertSqlSafe(format!("create schema {schema}"))).execute(&mut connection).await.unwrap();
        let config = StoreConfig::new(url_of_schema(&admin, &schema));
        Some(Self { store: Store::open(&config).await.unwrap(), config, place: Place::Postgres { admin, schema } })
    }

    /// Leaves nothing behind. After a failed test the schema stays, to be looked at.
    pub(super) async fn remove(self) {
        self.store.close().await;
        if let Place::Postgres { schema, .. } = &self.place {
            self.execute(&format!("drop schema {schema} cascade")).await;
        }
    }

    /// Runs SQL past the store.
    pub(super) async fn execute(&self, sql: &str) {
        let sql = AssertSqlSafe(sql.to_owned());
        match self.connect().await {
            Block::Sqlite(mut c) => sqlx::raw_sql(sql).execute(&mut c).await.map(|_| ()).unwrap(),
            Block::Postgres(mut c) => sqlx::raw_sql(sql).execute(&mut c).await.map(|_| ()).unwrap(),
        }
    }

    /// Runs SQL that the database may refuse, with its words.
    pub(super) async fn try_execute(&self, sql: &str) -> Result<(), String> {
        let sql = AssertSqlSafe(sql.to_owned());
        let done = match self.connect().await {
            Block::Sqlite(mut c) => sqlx::raw_sql(sql).execute(&mut c).await.map(|_| ()),
            Block::Postgres(mut c) => sqlx::raw_sql(sql).execute(&mut c).await.map(|_| ()),
        };
        done.map_err(|error| error.to_string())
    }

    /// Reads one number past the store.
    pub(super) async fn number(&self, sql: &str) -> i64 {
        let sql = AssertSqlSafe(sql.to_owned());
        match self.connect().await {
            Block::Sqlite(mut c) => sqlx::query_scalar(sql).fetch_one(&mut c).await.unwrap(),
            Block::Postgres(mut c) => sqlx::query_scalar(sql).fetch_one(&mut c).await.unwrap(),
        }
    }

    /// Number of rows in the log.
    pub(super) async fn rows(&self) -> i64 {
        self.number("select count(*) from decisions").await
    }

    pub(super) async fn block(&self) -> Block {
        let mut block = self.connect().await;
        match &mut block {
            Block::Sqlite(c) => sqlx::raw_sql("begin immediate").execute(c).await.map(|_| ()).unwrap(),
            Block::Postgres(c) => {
                sqlx::raw_sql("begin; lock table decisions, heartbeat in exclusive mode")
                    .execute(c)
                    .await
                    .map(|_| ())
                    .unwrap();
            }
        }
        block
    }

    /// A connection that is not the store's.
    async fn connect(&self) -> Block {
        match &self.place {
            Place::Sqlite { .. } => Block::Sqlite(SqliteConnection::connect(&self.config.url).await.unwrap()),
            Place::Postgres { admin, schema } => {
                let mut connection = PgConnection::connect(admin).await.unwrap();
                sqlx::raw_sql(AssertSqlSafe(format!("set search_path to {schema}")))
                    .execute(&mut connection)
                    .await
                    .unwrap();
                Block::Postgres(connection)
            }
        }
    }

    pub(super) fn path(&self) -> PathBuf {
        PathBuf::from(self.config.url.strip_prefix("sqlite:").unwrap())
    }

    pub(super) fn schema(&self) -> &str {
        match &self.place {
            Place::Postgres { schema, .. } => schema,
            Place::Sqlite { .. } => panic!("only postgres has schemas"),
        }
    }
}

impl Block {
    pub(super) async fn release(self) {
        match self {
            Self::Sqlite(c) => c.close().await.unwrap(),
            Self::Postgres(c) => c.close().await.unwrap(),
        }
    }
}

/// The store's URL with the schema, and its name as the name of the application, to tell its connections from others.
pub(super) fn url_of_schema(admin: &str, schema: &str) -> String {
    let mut url = Url::parse(admin).unwrap();
    url.query_pairs_mut()
        .append_pair("options", &format!("-c search_path={schema}"))
        .append_pair("application_name", schema);
    url.into()
}

pub(super) fn admin_url() -> Option<String> {
    if std::env::var_os("PARAPET_SKIP_POSTGRES").is_some_and(|value| value == "1") {
        return None;
    }
    Some(std::env::var("PARAPET_TEST_POSTGRES_URL").expect(
        "PARAPET_TEST_POSTGRES_URL is not set, so the store cannot be tested on Postgres. \
         Run the tests through tests/with-postgres.sh, or set PARAPET_SKIP_POSTGRES=1 to leave this half out",
    ))
}
