//! The leaf of every plan: it takes its table from the context of the run, so that one plan serves every return.

use arrow::datatypes::SchemaRef;
use arrow::record_batch::{RecordBatch, RecordBatchOptions};
use datafusion::common::tree_node::TreeNodeRecursion;
use datafusion::common::{DataFusionError, Result};
use datafusion::execution::{RecordBatchStream, SendableRecordBatchStream, TaskContext};
use datafusion::physical_expr::{EquivalenceProperties, Partitioning, PhysicalExpr};
use datafusion::physical_plan::execution_plan::{Boundedness, EmissionType, ReplaceChildrenOptions, SchedulingType};
use datafusion::physical_plan::{DisplayAs, DisplayFormatType, ExecutionPlan, PlanProperties};
use futures::Stream;
use std::collections::BTreeSet;
use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

/// The tables of one run by their number in the engine; it travels in the context of the run.
#[derive(Debug)]
pub(super) struct RunTables(pub(super) Vec<Arc<[RecordBatch]>>);

/// Reads the wanted columns of one table of the run.
#[derive(Debug)]
pub(super) struct ScanExec {
    number: usize,
    qualified_name: Arc<str>,
    wanted: Arc<[usize]>,
    columns: SchemaRef,
    properties: Arc<PlanProperties>,
}

impl ScanExec {
    pub(super) fn new(number: usize, qualified_name: Arc<str>, table: &SchemaRef, wanted: Vec<usize>) -> Result<Self> {
        let columns = Arc::new(table.project(&wanted)?);
        let properties = PlanProperties::new(
            EquivalenceProperties::new(Arc::clone(&columns)),
            Partitioning::UnknownPartitioning(1),
            EmissionType::Incremental,
            Boundedness::Bounded,
        )
        .with_scheduling_type(SchedulingType::Cooperative);
        Ok(Self { number, qualified_name, wanted: wanted.into(), columns, properties: Arc::new(properties) })
    }

    pub(super) fn qualified_name(&self) -> &str {
        &self.qualified_name
    }

    pub(super) fn column_names(&self) -> BTreeSet<String> {
        self.columns.fields().iter().map(|field| field.name().clone()).collect()
    }
}

impl DisplayAs for ScanExec {
    fn fmt_as(&self, _format: DisplayFormatType, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<_> = self.columns.fields().iter().map(|field| field.name().as_str()).collect();
        write!(out, "ScanExec: table={}, columns=[{}]", self.qualified_name, names.join(", "))
    }
}

impl ExecutionPlan for ScanExec {
    fn name(&self) -> &'static str {
        "ScanExec"
    }

    fn properties(&self) -> &Arc<PlanProperties> {
        &self.properties
    }

    fn children(&self) -> Vec<&Arc<dyn ExecutionPlan>> {
        Vec::new()
    }

    fn apply_expressions(
        &self,
        _visit: &mut dyn FnMut(&Arc<dyn PhysicalExpr>) -> Result<TreeNodeRecursion>,
    ) -> Result<TreeNodeRecursion> {
        Ok(TreeNodeRecursion::Continue)
    }

    fn replace_children(
        self: Arc<Self>,
        _children: Vec<Arc<dyn ExecutionPlan>>,
        _options: ReplaceChildrenOptions,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        Ok(self)
    }

    fn with_new_children(self: Arc<Self>, _children: Vec<Arc<dyn ExecutionPlan>>) -> Result<Arc<dyn ExecutionPlan>> {
        Ok(self)
    }

    fn execute(&self, _partition: usize, context: Arc<TaskContext>) -> Result<SendableRecordBatchStream> {
        let tables = context
            .session_config()
            .get_extension::<RunTables>()
            .ok_or_else(|| DataFusionError::Internal("the run has no tables".to_owned()))?;
        let batches = tables
            .0
            .get(self.number)
            .cloned()
            .ok_or_else(|| DataFusionError::Internal("the run lacks a table of the plan".to_owned()))?;
        Ok(Box::pin(ScanStream {
            batches,
            wanted: Arc::clone(&self.wanted),
            columns: Arc::clone(&self.columns),
            next: 0,
        }))
    }
}

/// Hands out the wanted columns of each batch; nothing is copied. Batches are not cut: the pieces of one would each
/// count as much memory as the whole.
struct ScanStream {
    batches: Arc<[RecordBatch]>,
    wanted: Arc<[usize]>,
    columns: SchemaRef,
    next: usize,
}

impl Stream for ScanStream {
    type Item = Result<RecordBatch>;

    fn poll_next(mut self: Pin<&mut Self>, _context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = &mut *self;
        let Some(batch) = this.batches.get(this.next) else {
            return Poll::Ready(None);
        };
        this.next += 1;
        let arrays = this.wanted.iter().map(|&at| Arc::clone(batch.column(at))).collect();
        let options = RecordBatchOptions::new().with_row_count(Some(batch.num_rows()));
        let wanted = RecordBatch::try_new_with_options(Arc::clone(&this.columns), arrays, &options);
        Poll::Ready(Some(wanted.map_err(DataFusionError::from)))
    }
}

impl RecordBatchStream for ScanStream {
    fn schema(&self) -> SchemaRef {
        Arc::clone(&self.columns)
    }
}
