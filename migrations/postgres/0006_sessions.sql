-- What is remembered of sessions, when the configuration has `[sessions] store = "database"`. Rows are only added, one for what
-- each released body adds, so that two replicas cannot undo each other's; they go when they are older than `ttl_s`.

create table session_deltas (
    -- Word of the record's format. A reader refuses what it does not know.
    version text        not null,
    tenant  text        not null,
    -- Digest over tenant, route, agent, principal and the caller's session id; or over all but the last, for what is counted
    -- over all sessions of a principal.
    session text        not null,
    at      timestamptz not null,
    -- UUIDv7.
    id      uuid        not null,
    -- Calls, and the keyed digests of the words that were seen. No text of the conversation.
    delta   json        not null,

    constraint session_deltas_key primary key (tenant, session, at, id),
    constraint session_deltas_tenant_length check (octet_length(tenant) <= 256)
);

-- For removing what is old.
create index session_deltas_by_at on session_deltas (tenant, at);
