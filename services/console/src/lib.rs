//! parapet-console
