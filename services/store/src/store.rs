//! The store as the rest of Parapet sees it: one closed enum over two siblings of the same shape.

use parapet_domain::{DecisionRecord, Timestamp};
use serde_json::Value;
use uuid::Uuid;

use crate::config::Location;
use crate::postgres::PostgresStore;
use crate::row::{Row, within_calendar};
use crate::sqlite::SqliteStore;
use crate::{
    DecisionFilter, DecisionPage, GuardSetRecord, Overview, OverviewRequest, PageRequest, StoreConfig, StoreError,
    limits, text,
};

/// An open store. Cheap to clone; all clones share the connections.
#[derive(Clone)]
pub struct Store(pub(crate) Kind);

#[derive(Clone)]
pub(crate) enum Kind {
    Sqlite(SqliteStore),
    Postgres(PostgresStore),
}

/// What a commit promises.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Durability {
    /// The rows are on disk when the call returns, whatever `synchronous_commit` is on the server.
    Durable,
    /// The server's own setting holds. In SQLite there is no difference.
    AsConfigured,
}

/// One line per call, and nothing else: what differs between the databases is in their modules.
macro_rules! on {
    ($store:expr, $inner:ident => $call:expr) => {
        match &$store.0 {
            $crate::store::Kind::Sqlite($inner) => $call,
            $crate::store::Kind::Postgres($inner) => $call,
        }
    };
}
pub(crate) use on;

impl Store {
    /// Opens the store, checks that it is safe to use, and migrates it.
    ///
    /// # Errors
    /// The URL is wrong, the store is away, it is damaged, newer than this build or of another program, or it is a
    /// Postgres server that is too old or would lose confirmed rows.
    pub async fn open(config: &StoreConfig) -> Result<Self, StoreError> {
        Ok(Self(match config.location()? {
            Location::Sqlite(path) => Kind::Sqlite(SqliteStore::open(&path, config).await?),
            Location::Postgres(url) => Kind::Postgres(PostgresStore::open(&url, config).await?),
        }))
    }

    /// `sqlite` or `postgres`.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match self.0 {
            Kind::Sqlite(_) => "sqlite",
            Kind::Postgres(_) => "postgres",
        }
    }

    /// Writes decisions durably in one transaction. Rows that are there already, by tenant, time and id, are left as they
    /// are. Returns how many were new.
    ///
    /// # Errors
    /// A record is beyond the limits, or the store is not available. Then none of them is written, or, if the connection
    /// broke during the commit, all of them may be: writing them again is safe.
    pub async fn insert(&self, records: &[DecisionRecord]) -> Result<u64, StoreError> {
        let rows = records.iter().map(Row::encode).collect::<Result<Vec<_>, _>>()?;
        self.insert_rows(&rows.iter().collect::<Vec<_>>(), Durability::Durable).await
    }

    pub(crate) async fn insert_rows(&self, rows: &[&Row], durability: Durability) -> Result<u64, StoreError> {
        if rows.is_empty() {
            return Ok(0);
        }
        on!(self, store => store.insert(rows, durability).await)
    }

    /// One decision.
    ///
    /// # Errors
    /// The store is not available, or the row is of another version.
    pub async fn decision(&self, tenant: &str, id: Uuid) -> Result<Option<DecisionRecord>, StoreError> {
        let row = on!(self, store => store.decision(&text::escape(tenant), id).await?);
        row.map(Row::decode).transpose()
    }

    /// A page of decisions, newest first.
    ///
    /// # Errors
    /// The limit is out of range, the store is not available, or a row is of another version.
    pub async fn decisions(&self, filter: &DecisionFilter, page: &PageRequest) -> Result<DecisionPage, StoreError> {
        let fetch = page.fetch()?;
        let rows = on!(self, store => store.decisions(filter, page.after, fetch).await?);
        Ok(page.page(rows.into_iter().map(Row::decode).collect::<Result<_, _>>()?))
    }

    /// All decisions of one exchange, in the order of its events.
    ///
    /// # Errors
    /// There are more than 1,000 of them, the store is not available, or a row is of another version.
    pub async fn exchange(&self, tenant: &str, exchange_id: Uuid) -> Result<Vec<DecisionRecord>, StoreError> {
        let filter = DecisionFilter { exchange_id: Some(exchange_id), ..DecisionFilter::of(tenant) };
        let page = self.decisions(&filter, &PageRequest::first(PageRequest::MAX_LIMIT)).await?;
        if page.next.is_some() {
            return Err(StoreError::Query(format!(
                "exchange `{exchange_id}` has more than {} decisions; page through them with the filter `exchange_id`",
                PageRequest::MAX_LIMIT
            )));
        }
        let mut records = page.records;
        records.sort_by_key(|record| (record.sequence, record.at, record.id));
        Ok(records)
    }

    /// Aggregates over a span of time. Takes time in proportion to the decisions in the span.
    ///
    /// # Errors
    /// The span is empty or cut too finely, or the store is not available.
    pub async fn overview(&self, request: &OverviewRequest) -> Result<Overview, StoreError> {
        request.check()?;
        on!(self, store => store.overview(request).await)
    }

    /// Records that a guard set came into force. The manifest of a hash that is known already stays as it is.
    ///
    /// # Errors
    /// A field is too long, or the store is not available.
    pub async fn record_guard_set(
        &self,
        tenant: &str,
        hash: &str,
        at: Timestamp,
        manifest: &Value,
    ) -> Result<(), StoreError> {
        let at = within_calendar(at)?;
        let (tenant, hash, manifest) = (text::escape(tenant), text::escape(hash), manifest.to_string());
        limits::refuse_beyond("tenant", tenant.len(), limits::NAME_BYTES)?;
        limits::refuse_beyond("hash", hash.len(), limits::NAME_BYTES)?;
        limits::refuse_beyond("manifest", manifest.len(), limits::RECORD_BYTES)?;
        on!(self, store => store.record_guard_set(&tenant, &hash, at, &manifest).await)
    }

    /// The guard set of a hash.
    ///
    /// # Errors
    /// The store is not available.
    pub async fn guard_set(&self, tenant: &str, hash: &str) -> Result<Option<GuardSetRecord>, StoreError> {
        let found = on!(self, store => store.guard_set(&text::escape(tenant), &text::escape(hash)).await?);
        let Some((manifest, activations)) = found else { return Ok(None) };
        let manifest =
            serde_json::from_str(&manifest).map_err(|e| StoreError::Unreadable(format!("column `manifest`: {e}")))?;
        Ok(Some(GuardSetRecord { tenant: tenant.to_owned(), hash: hash.to_owned(), manifest, activations }))
    }

    /// Writes a heartbeat: whether decisions could be written now.
    ///
    /// # Errors
    /// They could not.
    pub async fn heartbeat(&self, now: Timestamp) -> Result<(), StoreError> {
        on!(self, store => store.heartbeat(now).await)
    }

    /// Closes all connections. Clones cannot be used any more.
    pub async fn close(&self) {
        on!(self, store => store.close().await);
    }

    /// The pragmas of the connection that writes.
    #[cfg(test)]
    pub(crate) async fn sqlite_pragmas(&self) -> Result<(String, i64), StoreError> {
        match &self.0 {
            Kind::Sqlite(store) => store.pragmas().await,
            Kind::Postgres(_) => Err(StoreError::Query("postgres has no pragmas".to_owned())),
        }
    }

    /// The query plan of [`Store::near_cases`].
    #[cfg(test)]
    pub(crate) async fn explain_near(
        &self,
        tenant: &str,
        reads: &[crate::cases::Read],
        search: &crate::CaseSearch<'_>,
    ) -> String {
        on!(self, store => store.explain_near(tenant, reads, search).await)
    }

    /// The query plan of [`Store::decisions`].
    #[cfg(test)]
    pub(crate) async fn explain(&self, filter: &DecisionFilter, page: &PageRequest) -> Result<String, StoreError> {
        let fetch = page.fetch()?;
        on!(self, store => store.explain(filter, page.after, fetch).await)
    }
}

impl std::fmt::Debug for Store {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Store").field(&self.kind()).finish()
    }
}
