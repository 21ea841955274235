//! parapet-tests
