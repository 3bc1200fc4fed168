//! The program. Everything it does is in the library; see `src/ARCHITECTURE.md`.

use std::process::ExitCode;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    homeward::telemetry::withhold_panic_messages();
    homeward::telemetry::withhold_memory_from_dumps();
    homeward::cli::run(std::env::args_os())
}
