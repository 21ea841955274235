-- What waits for a person, and what the person said. An approval goes forward only: pending → approved, denied or expired;
-- approved → used or expired. Every step is one compare-and-set on `state`, and one row of `approval_events`.

create table approvals (
    -- Word of the record's format. A reader refuses what it does not know.
    version      text    not null,
    tenant       text    not null,
    -- UUIDv7, so that the order of the key is the order of time.
    id           blob    not null,
    -- Keyed digest over all that the approval is bound to: equal digests are the same question.
    binding      text    not null,
    created_at   integer not null,
    expires_at   integer not null,
    exchange_id  blob    not null,
    route        text    not null,
    agent        text    not null,
    -- The user, and how the identity was established; null where there was none.
    principal    text,
    principal_by text,
    session      text,
    stage        text    not null,
    tool         text,
    -- Keyed digest over the canonical content, to tell two calls apart whose content is not kept.
    call_digest  text    not null,
    -- Each guard that asks, with its hash, reason and message, as JSON.
    questions    text    not null,
    guard_set    text    not null,
    -- What the person sees: the parts after redaction. Null where the route keeps none.
    content      text,
    state        text    not null,
    -- Who answered, when and why.
    decided_by   text,
    decided_at   integer,
    note         text    not null,
    -- The decision that used it up.
    used_by      blob,

    constraint approvals_key primary key (tenant, id),
    constraint approvals_tenant_length check (length(cast(tenant as blob)) <= 256),
    constraint approvals_principal_length check (length(cast(principal as blob)) <= 1024),
    constraint approvals_decided_by_length check (length(cast(decided_by as blob)) between 1 and 256),
    constraint approvals_state_known check (state in ('pending', 'approved', 'denied', 'expired', 'used')),
    -- No yes and no no without somebody who said it, no use without a decision.
    constraint approvals_answered check (state not in ('approved', 'denied', 'used') or (decided_by is not null and decided_at is not null)),
    constraint approvals_used check ((state = 'used') = (used_by is not null))
) strict;

-- One open question at a time for the same call.
create unique index approvals_open on approvals (tenant, binding) where state in ('pending', 'approved');
-- A no is found until its time runs out.
create index approvals_denied on approvals (tenant, binding) where state = 'denied';
-- For the limit on what one user may have waiting.
create index approvals_of_user on approvals (tenant, route, principal) where state = 'pending';
create index approvals_by_state on approvals (tenant, state, id);
-- For what is overdue.
create index approvals_overdue on approvals (tenant, state, expires_at) where state in ('pending', 'approved');

-- Every step of every approval; rows are only added. The key allows each step once.
create table approval_events (
    tenant   text    not null,
    approval blob    not null,
    state    text    not null,
    at       integer not null,
    -- The person as told, or `parapet`.
    by       text    not null,
    note     text    not null,

    constraint approval_events_key primary key (tenant, approval, state)
) strict, without rowid;

-- What a decision had to do with an approval.
alter table decisions add column approval_id blob;
alter table decisions add column approval_state text
    constraint approval_state_known check (approval_state in ('pending', 'approved', 'denied', 'expired', 'used'));
alter table decisions add column approval_by text;
