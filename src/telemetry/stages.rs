//! What each stage of a release takes: seconds, processor time and memory, for the metrics and for whoever asks.

use super::Metrics;
use super::process::{Taken, forget_peak, taken};
use crate::domain::stage::Stage;
use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Instant;

/// What a stage took.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct StageCost {
    pub seconds: f64,
    /// Of all threads of the process together; nought where the system does not tell.
    pub cpu_seconds: f64,
    /// The most memory that the process held at once; nought where the system does not tell.
    pub peak_bytes: i64,
}

/// Measures the stages of one release. It is told when each begins; the last ends with [`Self::end`] or when this is
/// dropped, so that a stage in which a release is refused counts too.
#[derive(Debug)]
pub struct StageWatch {
    metrics: Option<Metrics>,
    inside: Mutex<Inside>,
}

#[derive(Debug, Default)]
struct Inside {
    now: Option<(Stage, Instant, f64)>,
    costs: BTreeMap<Stage, StageCost>,
}

impl StageWatch {
    /// For the service: seconds go to the metrics. Processor time and memory are those of the whole process, which does
    /// other things meanwhile.
    pub fn metered(metrics: Metrics) -> Self {
        Self { metrics: Some(metrics), inside: Mutex::default() }
    }

    /// For a process that does nothing else: the peak of memory is that of each stage by itself.
    pub fn alone() -> Self {
        Self { metrics: None, inside: Mutex::default() }
    }

    /// The stage before ends and this one begins.
    pub fn begin(&self, stage: Stage) {
        let mut inside = self.inside();
        let at_its_end = self.end_of(&mut inside);
        if self.metrics.is_none() {
            forget_peak();
        }
        let cpu_seconds = at_its_end.or_else(taken).map_or(0.0, |taken| taken.cpu_seconds);
        inside.now = Some((stage, Instant::now(), cpu_seconds));
    }

    /// The last stage ends. What each took, in the order of a release; one that began several times is the sum.
    pub fn end(&self) -> BTreeMap<Stage, StageCost> {
        let mut inside = self.inside();
        self.end_of(&mut inside);
        inside.costs.clone()
    }

    /// What the process had taken by the end of the stage; none where there was no stage, or the system does not tell.
    fn end_of(&self, inside: &mut Inside) -> Option<Taken> {
        let (stage, begun, cpu_before) = inside.now.take()?;
        let seconds = begun.elapsed().as_secs_f64();
        let taken = taken();
        let (cpu, peak) = taken.map_or((cpu_before, 0), |taken| (taken.cpu_seconds, taken.peak_bytes));
        let cost = inside.costs.entry(stage).or_default();
        cost.seconds += seconds;
        cost.cpu_seconds += (cpu - cpu_before).max(0.0);
        cost.peak_bytes = cost.peak_bytes.max(peak);
        if let Some(metrics) = &self.metrics {
            metrics.release_stage_seconds.with_label_values(&[stage.name()]).observe(seconds);
            tracing::info!(stage = stage.name(), seconds, "a stage of the release ended");
        }
        taken
    }

    fn inside(&self) -> MutexGuard<'_, Inside> {
        // Every change is whole, so a poisoned lock is still good.
        self.inside.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for StageWatch {
    fn drop(&mut self) {
        self.end();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn each_stage_takes_what_it_takes() {
        let watch = StageWatch::alone();
        watch.begin(Stage::Read);
        std::thread::sleep(Duration::from_millis(30));
        watch.begin(Stage::Count);
        watch.begin(Stage::Read);
        let costs = watch.end();
        assert_eq!(costs.keys().copied().collect::<Vec<_>>(), [Stage::Read, Stage::Count]);
        assert!(costs[&Stage::Read].seconds >= 0.03, "{costs:?}");
        assert!(costs[&Stage::Count].seconds < costs[&Stage::Read].seconds, "{costs:?}");
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn the_peak_of_a_stage_is_its_own() {
        let watch = StageWatch::alone();
        let much = 512 << 20;
        watch.begin(Stage::Count);
        // Every page is written, or the system gives none.
        drop(std::hint::black_box(vec![1_u8; much]));
        watch.begin(Stage::Audit);
        let costs = watch.end();
        let (count, audit) = (costs[&Stage::Count].peak_bytes, costs[&Stage::Audit].peak_bytes);
        assert!(count > much as i64, "{count}");
        // Other tests of the process have memory of their own meanwhile.
        assert!(audit < count - (much / 2) as i64, "{audit} of {count}");
    }

    #[test]
    fn a_stage_that_nobody_ends_is_counted_all_the_same() {
        let metrics = Metrics::new().expect("the metrics register");
        let watch = StageWatch::metered(metrics.clone());
        watch.begin(Stage::Audit);
        drop(watch);
        let seen = metrics.release_stage_seconds.with_label_values(&["audit"]).get_sample_count();
        assert_eq!(seen, 1);
        let text = metrics.render().expect("renders");
        for stage in Stage::ALL {
            assert!(text.contains(&format!("homeward_release_stage_seconds_count{{stage=\"{}\"}}", stage.name())));
        }
    }
}
