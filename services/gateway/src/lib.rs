//! parapet-gateway
