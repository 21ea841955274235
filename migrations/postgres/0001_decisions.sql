-- The audit log: one row per decision, partitioned by the time of the event.
--
-- Migrations only go forward. A file that has been released is never changed: the store compares checksums and
-- refuses a database whose migrations differ from its own.
--
-- Conventions of all tables:
--   * `tenant` is the first column of every key and index, so no query can cross tenants by leaving something out.
--   * Text is stored with U+0000 written as U+0010 `0` and U+0010 written twice, because Postgres text cannot hold
--     U+0000. Nothing else is changed, so ordinary text reads as it is.
--   * Every index that serves a filter ends in (at, id): newest first and "after this row" are then one index scan,
--     whatever the size of the table.

create table decisions (
    -- Word of the record's format. A reader refuses what it does not know.
    version        text        not null,
    -- UUIDv7 of the decision, given before the first attempt to write, so a retry finds its own row.
    id             uuid        not null,
    event_id       uuid        not null,
    exchange_id    uuid        not null,
    sequence       bigint      not null,
    -- When the event was taken. The partition key: never changed between attempts to write the same row.
    at             timestamptz not null,
    tenant         text        not null,
    route          text        not null,
    agent          text        not null,
    principal      text,
    roles          json        not null,
    session        text,
    trace_id       text,
    stage          text        not null,
    surface        text        not null,
    -- Keyed digest (HMAC): equal content can be found, but not guessed from the log alone. The key lives elsewhere.
    content_digest text        not null,
    -- `json`, not `jsonb`: jsonb rewrites numbers (1e16 becomes an integer) and refuses U+0000. A record has to come
    -- back as it was, or its digest in the chain would no longer match.
    coverage       json        not null,
    runs           json        not null,
    -- How many of `runs` failed. Counted when written, so that an overview need not open the JSON.
    failures       integer     not null,
    -- Most severe of all guards, those in shadow mode included; and what was enforced.
    folded         text        not null,
    enforced       text        not null,
    -- Empty for `allow`.
    reason_code    text        not null,
    message        text        not null,
    decided_by     text,
    guard_set      text        not null,
    engine         json        not null,
    duration_us    bigint      not null,
    -- Null unless the route stores content, and then after redaction.
    content        json,
    -- Room for the hash chain: position within the tenant's chain, digest of this row, key that signed it.
    chain_sequence bigint,
    chain_digest   text,
    chain_key_id   text,

    -- A partitioned key has to contain the partition key. It also is the index for reading newest first.
    constraint decisions_key primary key (tenant, at, id),
    -- Index entries in Postgres end near 2,700 bytes; these limits keep all of them below that.
    constraint tenant_length check (octet_length(tenant) <= 256),
    constraint route_length check (octet_length(route) <= 256),
    constraint agent_length check (octet_length(agent) <= 256),
    constraint principal_length check (octet_length(principal) <= 1024),
    constraint session_length check (octet_length(session) <= 1024),
    constraint reason_code_length check (octet_length(reason_code) <= 256),
    constraint stage_known check (stage in ('input', 'output', 'tool_call', 'tool_result')),
    constraint folded_known check (folded in ('allow', 'redact', 'ask', 'deny')),
    constraint enforced_known check (enforced in ('allow', 'redact', 'ask', 'deny')),
    constraint sequence_not_negative check (sequence >= 0),
    constraint duration_not_negative check (duration_us >= 0)
) partition by range (at);

-- Months are created ahead by the writer. What finds no month lands here, so no row is ever refused for its time.
create table decisions_default partition of decisions default;

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
-- Every lookup is then an equality on (tenant, guard, outcome), and the rest of the key gives the order. A GIN index
-- over an array would find the rows but not in order, so a page of a common guard would sort all of its history.
-- `outcome` is a verdict (redact, ask, deny) or a kind of failure (out_of_fuel, timed_out, ...).
create table decision_marks (
    tenant  text        not null,
    guard   text        not null,
    outcome text        not null,
    at      timestamptz not null,
    id      uuid        not null,

    constraint decision_marks_key primary key (tenant, guard, outcome, at, id),
    constraint guard_length check (octet_length(guard) <= 256)
) partition by range (at);

create table decision_marks_default partition of decision_marks default;
