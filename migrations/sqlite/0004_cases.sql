-- What guards are generated after: past cases, each of which entered on evidence, and the index that finds those whose
-- text is nearest.
--
-- A case is never changed: a correction is a new one. Only `parapet memory forget` removes one.

create table cases (
    -- Word of the record's format. A reader refuses what it does not know.
    version       text    not null,
    tenant        text    not null,
    -- UUIDv7, so that the order of the key is the order of time.
    id            blob    not null,
    created_at    integer not null,
    -- The texts that are compared stand before the long ones: SQLite reads a row from its beginning.
    agent         text    not null,
    input         text    not null,
    output        text    not null,
    request       text    not null,
    verdict       text    not null,
    guard         text    not null,
    guard_hash    text    not null,
    -- Why it may be here: `approved`, by whom and with how many tests, or `feedback` on a decision of the log.
    evidence      text    not null,
    -- The `by` of the evidence.
    vouched_by    text    not null,
    tests_passed  integer,
    decision      blob,
    was_right     integer,
    note          text    not null,
    plan          text    not null,
    code          text    not null,
    -- Facts, patterns, phrases and tests of the guard, as JSON.
    settings      text    not null,
    -- Digest over what the case says, whoever vouched for it and when: the same case does not enter twice.
    digest        text    not null,
    -- The case's rows in `case_grams`, as 64-bit integers, little-endian: forgetting removes exactly these.
    grams         blob    not null,

    constraint cases_key primary key (tenant, id),
    constraint cases_tenant_length check (length(cast(tenant as blob)) <= 256),
    constraint cases_guard_length check (length(cast(guard as blob)) <= 256),
    constraint cases_guard_hash_length check (length(cast(guard_hash as blob)) <= 256),
    constraint cases_vouched_by_length check (length(cast(vouched_by as blob)) between 1 and 256),
    constraint cases_verdict_known check (verdict in ('allow', 'redact', 'ask', 'deny')),
    -- No row without evidence of one of the two kinds, complete.
    constraint cases_evidence_known check (
        (evidence = 'approved' and tests_passed is not null and tests_passed > 0 and decision is null and was_right is null)
        or (evidence = 'feedback' and tests_passed is null and decision is not null
            and was_right is not null and was_right in (0, 1)))
) strict;

create unique index cases_by_digest on cases (tenant, digest);
-- One piece of feedback on a decision.
create unique index cases_by_decision on cases (tenant, decision) where decision is not null;

-- The index: which cases have which gram, a hash of a few neighbouring characters. A case has some dozens of them, chosen
-- by the value of the hash, so that two texts that share most of their characters share most of their grams.
create table case_grams (
    tenant text    not null,
    gram   integer not null,
    id     blob    not null,

    constraint case_grams_key primary key (tenant, gram, id)
) strict, without rowid;

-- In how many cases a gram stands. A search reads the rarest grams first, and no more rows than its budget.
create table case_gram_counts (
    tenant text    not null,
    gram   integer not null,
    cases  integer not null,

    constraint case_gram_counts_key primary key (tenant, gram),
    constraint case_gram_counts_positive check (cases > 0)
) strict, without rowid;
