-- Long documents while they are written: what is needed to take one up again, and what was answered and ruled by then. Rows are only
-- added; a document goes with all that belongs to it.

create table documents (
    -- Word of the record's format. A reader refuses what it does not know.
    version text    not null,
    tenant  text    not null,
    id      text    not null,
    begun   integer not null,
    -- The brief, the settings, and what the caller put beside them.
    record  text    not null,

    constraint documents_key primary key (tenant, id),
    constraint documents_tenant_length check (length(cast(tenant as blob)) <= 256),
    constraint documents_id_length check (length(cast(id as blob)) <= 256),
    constraint documents_record_length check (length(cast(record as blob)) <= 1048576)
) strict;

-- For removing what is old.
create index documents_by_begun on documents (tenant, begun);

create table document_entries (
    tenant   text    not null,
    document text    not null,
    -- Hash of all that went into the answer or ruling.
    key      text    not null,
    at       integer not null,
    -- An answer of the model with what it took, or a ruling. The text of the document is in these.
    entry    text    not null,

    constraint document_entries_key primary key (tenant, document, key),
    constraint document_entries_document foreign key (tenant, document) references documents (tenant, id) on delete cascade,
    constraint document_entries_key_length check (length(cast(key as blob)) <= 256),
    constraint document_entries_entry_length check (length(cast(entry as blob)) <= 1048576)
) strict;
