//! Fuzzes what a guard hands to the host.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let holds = parapet_test_properties::property("abi");
    holds(data);
});
