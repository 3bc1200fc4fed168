//! The tables of one return, as columns in memory.

use super::error::EngineError;
use super::session::EngineCore;
use arrow::record_batch::RecordBatch;
use datafusion::execution::TaskContext;
use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, OnceLock};

/// The tables of one return by qualified name. Copies share the data. A table that was never put in is empty.
#[derive(Clone, Default)]
pub struct Tables {
    held: Arc<Held>,
}

#[derive(Default)]
struct Held {
    batches: BTreeMap<String, Arc<[RecordBatch]>>,
    /// The tables made ready for the first engine that ran a query over them, so that all its queries share the work.
    ready: OnceLock<Ready>,
}

struct Ready {
    engine: u64,
    context: Result<Arc<TaskContext>, EngineError>,
}

impl Clone for Held {
    fn clone(&self) -> Self {
        Self { batches: self.batches.clone(), ready: OnceLock::new() }
    }
}

impl Tables {
    pub fn new() -> Self {
        Self::default()
    }

    /// Puts a table in, or in the place of what stood there. Its columns are checked when a query first runs. One large
    /// batch is best; batches that are slices of one array would each count as much memory as the whole array.
    pub fn insert(&mut self, qualified_name: impl Into<String>, batches: Vec<RecordBatch>) {
        let held = Arc::make_mut(&mut self.held);
        held.ready = OnceLock::new();
        held.batches.insert(qualified_name.into(), batches.into());
    }

    /// The rows of a table; none when it was never put in.
    pub fn rows(&self, qualified_name: &str) -> usize {
        self.held.batches.get(qualified_name).map_or(0, |batches| row_count(batches))
    }

    /// The tables that were put in, by name.
    pub(super) fn iter(&self) -> impl Iterator<Item = (&String, &Arc<[RecordBatch]>)> {
        self.held.batches.iter()
    }

    /// The context in which an engine's queries run over these tables, made once and shared by all of them.
    pub(super) fn context(&self, core: &EngineCore) -> Result<Arc<TaskContext>, EngineError> {
        let ready = self.held.ready.get_or_init(|| Ready { engine: core.number(), context: core.context(self) });
        if ready.engine == core.number() {
            return ready.context.clone();
        }
        core.context(self)
    }
}

fn row_count(batches: &[RecordBatch]) -> usize {
    batches.iter().map(RecordBatch::num_rows).sum()
}

impl fmt::Debug for Tables {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let rows = self.held.batches.iter().map(|(name, batches)| (name, row_count(batches)));
        out.debug_map().entries(rows).finish()
    }
}
