//! The ways to Parapet that are no HTTP: gRPC, and the lines of a command.

pub(crate) mod grpc;
pub(crate) mod stdio;

/// How a client reaches Parapet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Transport {
    Http,
    Grpc,
    Stdio,
}

impl Transport {
    /// What is said of it after the name of a surface.
    pub(crate) const fn over(self) -> &'static str {
        match self {
            Self::Http => "",
            Self::Grpc => " over gRPC",
            Self::Stdio => " over stdio",
        }
    }
}
