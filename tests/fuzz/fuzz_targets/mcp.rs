//! Fuzzes messages of the Model Context Protocol.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let holds = parapet_test_properties::property("mcp");
    holds(data);
});
