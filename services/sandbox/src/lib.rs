//! parapet-sandbox
