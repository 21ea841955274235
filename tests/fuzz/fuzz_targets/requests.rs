//! Fuzzes whole bodies of every other surface.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let holds = parapet_test_properties::property("requests");
    holds(data);
});
