//! parapet-surfaces
