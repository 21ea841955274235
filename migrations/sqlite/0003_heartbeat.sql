-- One row that a store in doubt updates to learn whether writing works again. A query that only reads would also
-- succeed on a full disk.

create table heartbeat (
    only_row integer not null default 1,
    at       integer not null,

    constraint heartbeat_key primary key (only_row),
    constraint heartbeat_single check (only_row = 1)
) strict;

insert into heartbeat (at) values (0);
