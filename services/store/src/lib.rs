//! parapet-store
