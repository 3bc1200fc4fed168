//! A dump of the process would hold what it was working on, keys and returns among it, so no memory goes into one.

/// From here on a dump of this process, should it die, holds none of its memory (core(5), `coredump_filter`). Where the system
/// has no such setting nothing is changed, and the limit on dumps (`LimitCORE=0`, `ulimits`) is all that there is.
pub fn withhold_memory_from_dumps() {
    let _ = std::fs::write("/proc/self/coredump_filter", "0");
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn no_kind_of_memory_goes_into_a_dump() {
        withhold_memory_from_dumps();
        let kinds = std::fs::read_to_string("/proc/self/coredump_filter").expect("Linux tells");
        assert_eq!(u32::from_str_radix(kinds.trim(), 16), Ok(0), "{kinds}");
    }
}
