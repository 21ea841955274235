//! Long documents while they are written: a record of each, and entries under keys. What stands in them is not read here. The
//! first of a key stays, so that two that write at the same time go on with the same.

use parapet_domain::Timestamp;
use serde_json::Value;

use crate::row::within_calendar;
use crate::store::on;
use crate::{Store, StoreError, limits, text};

/// Word of the records' format.
pub(crate) const DOCUMENT_VERSION: &str = "document/1";
/// Longest record, and longest entry, in bytes of JSON.
const JSON_BYTES: usize = 1 << 20;

impl Store {
    /// Most documents that one call of [`Self::forget_documents`] removes.
    pub const FORGOTTEN_AT_ONCE: i64 = 100;

    /// Enters a document. The record of an id that is there already stays. Returns the one that stands.
    ///
    /// # Errors
    /// A field is too long, the store is not available, or the row is of another version.
    pub async fn begin_document(
        &self,
        tenant: &str,
        id: &str,
        begun: Timestamp,
        record: &Value,
    ) -> Result<Value, StoreError> {
        let begun = within_calendar(begun)?;
        let (tenant, id, record) = (text::escape(tenant), text::escape(id), record.to_string());
        limits::refuse_beyond("tenant", tenant.len(), limits::NAME_BYTES)?;
        limits::refuse_beyond("id", id.len(), limits::NAME_BYTES)?;
        limits::refuse_beyond("record", record.len(), JSON_BYTES)?;
        decode(on!(self, store => store.begin_document(&tenant, &id, begun, &record).await?))
    }

    /// The record of a document.
    ///
    /// # Errors
    /// The store is not available, or the row is of another version.
    pub async fn document(&self, tenant: &str, id: &str) -> Result<Option<Value>, StoreError> {
        let row = on!(self, store => store.document(&text::escape(tenant), &text::escape(id)).await?);
        row.map(decode).transpose()
    }

    /// Keeps an entry of a document. What is there already under the key stays. Returns the one that stands.
    ///
    /// # Errors
    /// There is no such document, a field is too long, or the store is not available.
    pub async fn keep_document_entry(
        &self,
        (tenant, document): (&str, &str),
        key: &str,
        at: Timestamp,
        entry: &Value,
    ) -> Result<Value, StoreError> {
        let at = within_calendar(at)?;
        let (stored_tenant, stored_document, key) = (text::escape(tenant), text::escape(document), text::escape(key));
        let entry = entry.to_string();
        limits::refuse_beyond("key", key.len(), limits::NAME_BYTES)?;
        limits::refuse_beyond("entry", entry.len(), JSON_BYTES)?;
        let place = (&*stored_tenant, &*stored_document, &*key);
        let standing = on!(self, store => store.keep_document_entry(place, at, &entry).await?);
        let missing = || StoreError::Query(format!("there is no document `{document}`; begin it first"));
        read("entry", &standing.ok_or_else(missing)?)
    }

    /// The entry of a document under a key.
    ///
    /// # Errors
    /// The store is not available.
    pub async fn document_entry(
        &self,
        (tenant, document): (&str, &str),
        key: &str,
    ) -> Result<Option<Value>, StoreError> {
        let (tenant, document, key) = (text::escape(tenant), text::escape(document), text::escape(key));
        let entry = on!(self, store => store.document_entry((&tenant, &document, &key)).await?);
        entry.map(|entry| read("entry", &entry)).transpose()
    }

    /// Removes documents that were begun before a time, the oldest first, with all their entries. Returns how many; there may
    /// be more when it is [`Self::FORGOTTEN_AT_ONCE`].
    ///
    /// # Errors
    /// The store is not available.
    pub async fn forget_documents(&self, tenant: &str, before: Timestamp) -> Result<u64, StoreError> {
        let before = within_calendar(before)?;
        on!(self, store => store.forget_documents(&text::escape(tenant), before, Self::FORGOTTEN_AT_ONCE).await)
    }
}

fn decode((version, record): (String, String)) -> Result<Value, StoreError> {
    if version != DOCUMENT_VERSION {
        return Err(StoreError::Unreadable(format!("a document's record is of version `{version}`")));
    }
    read("record", &record)
}

fn read(column: &str, json: &str) -> Result<Value, StoreError> {
    serde_json::from_str(json).map_err(|error| StoreError::Unreadable(format!("column `{column}`: {error}")))
}
