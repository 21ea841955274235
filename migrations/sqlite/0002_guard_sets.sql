-- Which guard sets were in force, and when: an auditor resolves the `guard_set` of a decision here.

create table guard_sets (
    tenant   text not null,
    -- SHA-256 over the set's content, with its prefix. The same hash is the same set, so a row is never changed.
    hash     text not null,
    -- Each guard of the set with its id, hash, request, plan, mode, match and budget.
    manifest text not null,

    constraint guard_sets_key primary key (tenant, hash),
    constraint guard_set_tenant_length check (length(cast(tenant as blob)) <= 256),
    constraint guard_set_hash_length check (length(cast(hash as blob)) <= 256)
) strict;

-- One row each time a set came into force. The same set can come back, and every replica reports for itself.
create table guard_set_activations (
    tenant text    not null,
    at     integer not null,
    hash   text    not null,

    constraint guard_set_activations_key primary key (tenant, at, hash),
    constraint guard_set_known foreign key (tenant, hash) references guard_sets (tenant, hash)
) strict, without rowid;

create index guard_set_activations_by_hash on guard_set_activations (tenant, hash, at);
