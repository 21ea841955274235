//! Fuzzes edits of bodies.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let holds = parapet_test_properties::property("edits");
    holds(data);
});
