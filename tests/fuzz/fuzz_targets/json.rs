#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| homeward_fuzz::run("json", bytes));
