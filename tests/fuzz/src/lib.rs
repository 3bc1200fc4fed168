//! The rooms that read uploads, taken from the project's own files, and what must hold for every upload whatever it is.
//!
//! Only floors 0 to 2 are here, so that the fuzzer builds in a minute; `tests/fuzz/README.md` says how to run it.
#![allow(missing_debug_implementations, reason = "as the project has it")]

// What must hold is written once, for the fuzzer and for the project's own tests, which know the rooms by this name.
extern crate self as homeward;

#[path = "../../../src/domain/mod.rs"]
pub mod domain;
mod held;
#[path = "../../../src/intake/mod.rs"]
pub mod intake;
#[path = "../../../src/spec/mod.rs"]
pub mod spec;

pub use held::run;

/// The whole of a target: what the fuzzer calls or, without the fuzzer, a program that repeats cases.
#[macro_export]
macro_rules! target {
    ($name:literal) => {
        #[cfg(fuzzing)]
        libfuzzer_sys::fuzz_target!(|bytes: &[u8]| $crate::run($name, bytes));

        #[cfg(not(fuzzing))]
        fn main() -> std::io::Result<()> {
            $crate::repeat($name, std::env::args_os().skip(1))
        }
    };
}

/// Runs the cases in these files; a panic tells what does not hold.
pub fn repeat(target: &str, cases: impl Iterator<Item = std::ffi::OsString>) -> std::io::Result<()> {
    for case in cases {
        run(target, &std::fs::read(case)?);
    }
    Ok(())
}
