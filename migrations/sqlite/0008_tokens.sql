-- How many tokens a decision has to do with, by kind; never which values they stand for. Null for the many that have none.

alter table decisions add column tokens text;
