//! What the system says of this process: `/proc/self`, which is there on Linux; elsewhere nothing is told.

use super::Metrics;

/// Ticks a second in which Linux counts the time of processes, the same on every machine that the program runs on.
const TICKS: f64 = 100.0;
/// The place of the field `utime` among those after the name of the program (proc(5)).
const USER_TIME: usize = 11;
const SYSTEM_TIME: usize = 12;

/// What a process takes of its machine.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(super) struct Taken {
    pub(super) cpu_seconds: f64,
    threads: i64,
    resident_bytes: i64,
    /// The most that was resident since the process began, or since [`forget_peak`].
    pub(super) peak_bytes: i64,
    virtual_bytes: i64,
    open_files: i64,
    most_files: i64,
}

impl Metrics {
    /// Brings the metrics of the process up to date. It reads a handful of files that the system makes in memory.
    pub fn count_process(&self) {
        let Some(taken) = taken() else { return };
        let before = self.process_cpu_seconds_total.get();
        self.process_cpu_seconds_total.inc_by((taken.cpu_seconds - before).max(0.0));
        self.process_threads.set(taken.threads);
        self.process_resident_memory_bytes.set(taken.resident_bytes);
        self.process_virtual_memory_bytes.set(taken.virtual_bytes);
        self.process_open_fds.set(taken.open_files);
        self.process_max_fds.set(taken.most_files);
    }
}

/// The peak of memory is counted anew from here (proc(5), `clear_refs`); where the system does not do so it stays.
pub(super) fn forget_peak() {
    let _ = std::fs::write("/proc/self/clear_refs", "5");
}

pub(super) fn taken() -> Option<Taken> {
    let stat = std::fs::read_to_string("/proc/self/stat").ok()?;
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let limits = std::fs::read_to_string("/proc/self/limits").ok()?;
    let open_files = std::fs::read_dir("/proc/self/fd").ok()?.count();
    read(&stat, &status, &limits, i64::try_from(open_files).ok()?)
}

fn read(stat: &str, status: &str, limits: &str, open_files: i64) -> Option<Taken> {
    // The name of the program stands in brackets and may hold anything, brackets too.
    let fields: Vec<&str> = stat.rsplit_once(") ")?.1.split_whitespace().collect();
    let ticks = |at: usize| fields.get(at)?.parse::<f64>().ok();
    let line = |name: &str| status.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
    let kibibytes = |name: &str| line(name)?.trim().strip_suffix(" kB")?.trim().parse::<i64>().ok();
    let most = limits.lines().find_map(|line| line.strip_prefix("Max open files"))?;
    Some(Taken {
        cpu_seconds: (ticks(USER_TIME)? + ticks(SYSTEM_TIME)?) / TICKS,
        threads: line("Threads")?.trim().parse().ok()?,
        resident_bytes: kibibytes("VmRSS")? * 1024,
        peak_bytes: kibibytes("VmHWM").or_else(|| kibibytes("VmRSS"))? * 1024,
        virtual_bytes: kibibytes("VmSize")? * 1024,
        open_files,
        // "unlimited" is no number, and tells as much.
        most_files: most.split_whitespace().next()?.parse().unwrap_or(i64::MAX),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_files_of_the_system_are_read() {
        let stat = "7 (odd) name) S 1 7 7 0 -1 4194560 100 0 0 0 250 50 0 0 20 0 9 0 12345 1000 200\n";
        let status = "Name:\todd\nVmSize:\t  2000 kB\nVmHWM:\t  1500 kB\nVmRSS:\t  1000 kB\nThreads:\t9\n";
        let limits =
            "Limit  Soft  Hard  Units\nMax open files            1024                 4096                 files\n";
        let expected = Taken {
            cpu_seconds: 3.0,
            threads: 9,
            resident_bytes: 1_024_000,
            peak_bytes: 1_536_000,
            virtual_bytes: 2_048_000,
            open_files: 4,
            most_files: 1024,
        };
        assert_eq!(read(stat, status, limits, 4), Some(expected));
        assert_eq!(read("", status, limits, 4), None);
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn this_process_is_told_of() {
        let metrics = Metrics::new().expect("the metrics register");
        metrics.count_process();
        assert!(metrics.process_threads.get() >= 1 && metrics.process_open_fds.get() >= 3);
        assert!(metrics.process_resident_memory_bytes.get() > 1_000_000);
    }
}
