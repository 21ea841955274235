//! End-to-end tests and measurements of Parapet as a whole; see `tests/` and `src/bin/`.
