//! parapet-toolbox
