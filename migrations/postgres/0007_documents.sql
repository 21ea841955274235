-- Long documents while they are written: what is needed to take one up again, and what was answered and ruled by then. Rows are only
-- added; a document goes with all that belongs to it.

create table documents (
    -- Word of the record's format. A reader refuses what it does not know.
    version text        not null,
    tenant  text        not null,
    id      text        not null,
    begun   timestamptz not null,
    -- The brief, the settings, and what the caller put beside them.
    record  json        not null,

    constraint documents_key primary key (tenant, id),
    constraint documents_tenant_length check (octet_length(tenant) <= 256),
    constraint documents_id_length check (octet_length(id) <= 256),
    constraint documents_record_length check (octet_length(record::text) <= 1048576)
);

-- For removing what is old.
create index documents_by_begun on documents (tenant, begun);

create table document_entries (
    tenant   text        not null,
    document text        not null,
    -- Hash of all that went into the answer or ruling.
    key      text        not null,
    at       timestamptz not null,
    -- An answer of the model with what it took, or a ruling. The text of the document is in these.
    entry    json        not null,

    constraint document_entries_key primary key (tenant, document, key),
    constraint document_entries_document foreign key (tenant, document) references documents (tenant, id) on delete cascade,
    constraint document_entries_key_length check (octet_length(key) <= 256),
    constraint document_entries_entry_length check (octet_length(entry::text) <= 1048576)
);
