//! What the end-to-end tests and the measurements share: the real binary, started as a process, and the servers around it.

pub mod client;
pub mod command;
pub mod guards;
pub mod postgres;
pub mod sidecar;
pub mod upstream;
pub mod world;
