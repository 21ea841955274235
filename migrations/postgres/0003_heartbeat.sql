-- One row that a store in doubt updates to learn whether writing works again. A query that only reads would also
-- succeed on a full disk or on a standby.

create table heartbeat (
    only_row boolean     not null default true,
    at       timestamptz not null,

    constraint heartbeat_key primary key (only_row),
    constraint heartbeat_single check (only_row)
);

insert into heartbeat (at) values ('epoch');
