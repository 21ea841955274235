-- The audit log: one row per decision.
--
-- Migrations only go forward. A file that has been released is never changed: the store compares checksums and
-- refuses a database whose migrations differ from its own.
--
-- Conventions of all tables:
--   * STRICT, so a value of the wrong type is an error and not a surprise.
--   * `tenant` is the first column of every key and index, so no query can cross tenants by leaving something out.
--   * Times are whole microseconds since 1970-01-01T00:00:00Z. Ids are the 16 bytes of a UUID.
--   * Text is stored with U+0000 written as U+0010 `0` and U+0010 written twice, as in Postgres: SQLite's own
--     functions and its shell end a text at U+0000. Nothing else is changed.
--   * Every index that serves a filter ends in (at, id): newest first and "after this row" are then one index scan,
--     whatever the size of the table.

-- "Prpt" in ASCII. Tells a database of Parapet from any other file, so that a wrong path is not migrated by mistake.
pragma application_id = 1349677172;

create table decisions (
    -- Word of the record's format. A reader refuses what it does not know.
    version        text    not null,
    -- UUIDv7 of the decision, given before the first attempt to write, so a retry finds its own row.
    id             blob    not null,
    event_id       blob    not null,
    exchange_id    blob    not null,
    sequence       integer not null,
    -- When the event was taken.
    at             integer not null,
    tenant         text    not null,
    route          text    not null,
    agent          text    not null,
    principal      text,
    roles          text    not null,
    session        text,
    trace_id       text,
    stage          text    not null,
    surface        text    not null,
    -- Keyed digest (HMAC): equal content can be found, but not guessed from the log alone. The key lives elsewhere.
    content_digest text    not null,
    coverage       text    not null,
    runs           text    not null,
    -- How many of `runs` failed. Counted when written, so that an overview need not open the JSON.
    failures       integer not null,
    -- Most severe of all guards, those in shadow mode included; and what was enforced.
    folded         text    not null,
    enforced       text    not null,
    -- Empty for `allow`.
    reason_code    text    not null,
    message        text    not null,
    decided_by     text,
    guard_set      text    not null,
    engine         text    not null,
    duration_us    integer not null,
    -- Null unless the route stores content, and then after redaction.
    content        text,
    -- Room for the hash chain: position within the tenant's chain, digest of this row, key that signed it.
    chain_sequence integer,
    chain_digest   text,
    chain_key_id   text,

    -- Also the index for reading newest first. The table keeps its rowid: rows are wide, and a B-tree of wide rows
    -- (WITHOUT ROWID) would be deep.
    constraint decisions_key primary key (tenant, at, id),
    -- The same limits as in Postgres, where they keep index entries small enough.
    constraint tenant_length check (length(cast(tenant as blob)) <= 256),
    constraint route_length check (length(cast(route as blob)) <= 256),
    constraint agent_length check (length(cast(agent as blob)) <= 256),
    constraint principal_length check (length(cast(principal as blob)) <= 1024),
    constraint session_length check (length(cast(session as blob)) <= 1024),
    constraint reason_code_length check (length(cast(reason_code as blob)) <= 256),
    constraint stage_known check (stage in ('input', 'output', 'tool_call', 'tool_result')),
    constraint folded_known check (folded in ('allow', 'redact', 'ask', 'deny')),
    constraint enforced_known check (enforced in ('allow', 'redact', 'ask', 'deny')),
    constraint sequence_not_negative check (sequence >= 0),
    constraint duration_not_negative check (duration_us >= 0)
) strict;

create index decisions_by_id on decisions (tenant, id);
create index decisions_by_exchange on decisions (tenant, exchange_id, at, id);
create index decisions_by_agent on decisions (tenant, agent, at, id);
create index decisions_by_stage on decisions (tenant, stage, at, id);
create index decisions_by_enforced on decisions (tenant, enforced, at, id);
-- Partial where most rows have nothing to find.
create index decisions_by_principal on decisions (tenant, principal, at, id) where principal is not null;
create index decisions_by_session on decisions (tenant, session, at, id) where session is not null;
create index decisions_by_reason on decisions (tenant, reason_code, at, id) where reason_code <> '';

-- Which guard ran in which decision and how it ended: what `--guard` and `--failure` look up.
--
-- One row for each question that the decision answers, with '' for "any":
--   (guard, '')       the guard ran
--   (guard, outcome)  it ended so; only when the outcome is not `allow`
--   ('', outcome)     some guard ended so; only when the outcome is not `allow`
-- Every lookup is then an equality on (tenant, guard, outcome), and the rest of the key gives the order.
-- `outcome` is a verdict (redact, ask, deny) or a kind of failure (out_of_fuel, timed_out, ...).
create table decision_marks (
    tenant  text    not null,
    guard   text    not null,
    outcome text    not null,
    at      integer not null,
    id      blob    not null,

    constraint decision_marks_key primary key (tenant, guard, outcome, at, id),
    constraint guard_length check (length(cast(guard as blob)) <= 256)
) strict, without rowid;
