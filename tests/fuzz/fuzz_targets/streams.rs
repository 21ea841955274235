//! Fuzzes streamed answers, held and in windows.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let holds = parapet_test_properties::property("streams");
    holds(data);
});
