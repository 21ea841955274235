//! parapet-judge
