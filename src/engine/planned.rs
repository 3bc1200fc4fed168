//! A planned query and its run.

use super::PlannedQuery;
use super::error::EngineError;
use super::scan::ScanExec;
use super::session::EngineCore;
use super::tables::Tables;
use arrow::compute::concat_batches;
use arrow::datatypes::SchemaRef;
use arrow::record_batch::RecordBatch;
use datafusion::common::tree_node::{TreeNode, TreeNodeRecursion};
use datafusion::common::{DataFusionError, Result};
use datafusion::execution::TaskContext;
use datafusion::execution::memory_pool::MemoryConsumer;
use datafusion::physical_plan::aggregates::AggregateExec;
use datafusion::physical_plan::execution_plan::reset_plan_states;
use datafusion::physical_plan::filter::FilterExec;
use datafusion::physical_plan::joins::{CrossJoinExec, NestedLoopJoinExec};
use datafusion::physical_plan::placeholder_row::PlaceholderRowExec;
use datafusion::physical_plan::projection::ProjectionExec;
use datafusion::physical_plan::{ExecutionPlan, ExecutionPlanProperties};
use futures::TryStreamExt;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::Arc;

/// A physical plan that has never been run. Each run takes a copy with fresh state, so that runs do not meet.
pub(super) struct Planned {
    core: Arc<EngineCore>,
    plan: Arc<dyn ExecutionPlan>,
    columns: SchemaRef,
    tables: Vec<String>,
    scanned: BTreeMap<String, BTreeSet<String>>,
    joins_without_equality: usize,
}

impl Planned {
    pub(super) fn new(core: Arc<EngineCore>, plan: Arc<dyn ExecutionPlan>) -> Result<Self> {
        let mut scanned: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        let mut joins_without_equality = 0;
        plan.apply(|node| {
            // Several partitions would need tasks, and a run has only its own thread.
            if node.output_partitioning().partition_count() != 1 {
                return Err(DataFusionError::Plan(format!("{} does not run on one thread", node.name())));
            }
            if let Some(scan) = node.downcast_ref::<ScanExec>() {
                scanned.entry(scan.qualified_name().to_owned()).or_default().extend(scan.column_names());
            }
            let without_equality = node.is::<CrossJoinExec>() || node.is::<NestedLoopJoinExec>();
            if without_equality && !node.children().into_iter().any(has_one_row_at_most) {
                joins_without_equality += 1;
            }
            Ok(TreeNodeRecursion::Continue)
        })?;
        let tables = scanned.keys().cloned().collect();
        Ok(Self { core, columns: plan.schema(), plan, tables, scanned, joins_without_equality })
    }

    fn collect(&self, context: Arc<TaskContext>) -> Result<RecordBatch> {
        let answer = MemoryConsumer::new("answer").register(context.memory_pool());
        let plan = reset_plan_states(Arc::clone(&self.plan))?;
        let mut rows = plan.execute(0, context)?;
        let collected = async {
            let mut batches: Vec<RecordBatch> = Vec::new();
            while let Some(batch) = rows.try_next().await? {
                if batch.num_rows() > 0 {
                    if !batches.is_empty() {
                        answer.try_grow(slice_bytes(&batch)?)?;
                    }
                    batches.push(batch);
                }
            }
            Ok::<_, DataFusionError>(batches)
        };
        // A thread of the service's runtime gives each task a budget; a query that runs to its end has no use for it.
        let mut batches = futures::executor::block_on(tokio::task::unconstrained(collected))?;
        match batches.len() {
            0 => Ok(RecordBatch::new_empty(Arc::clone(&self.columns))),
            1 => Ok(batches.swap_remove(0)),
            _ => Ok(concat_batches(&self.columns, &batches)?),
        }
    }
}

/// Whether it can be told from the plan alone that there is no second row: a count or a greatest value of all rows.
fn has_one_row_at_most(plan: &Arc<dyn ExecutionPlan>) -> bool {
    if let Some(groups) = plan.downcast_ref::<AggregateExec>() {
        return groups.group_expr().is_true_no_grouping();
    }
    let passes_rows_on = plan.is::<FilterExec>() || plan.is::<ProjectionExec>();
    plan.is::<PlaceholderRowExec>()
        || plan.fetch() == Some(1)
        || passes_rows_on && plan.children().into_iter().all(has_one_row_at_most)
}

/// The bytes of the rows of a batch, without the rest of the arrays that it is cut from.
fn slice_bytes(batch: &RecordBatch) -> Result<usize> {
    batch.columns().iter().try_fold(0, |sum, column| Ok(sum + column.to_data().get_slice_memory_size()?))
}

impl PlannedQuery for Planned {
    fn tables(&self) -> &[String] {
        &self.tables
    }

    fn columns(&self) -> &SchemaRef {
        &self.columns
    }

    fn scanned_columns(&self) -> &BTreeMap<String, BTreeSet<String>> {
        &self.scanned
    }

    fn joins_without_equality(&self) -> usize {
        self.joins_without_equality
    }

    fn run(&self, tables: &Tables) -> Result<RecordBatch, EngineError> {
        let context = tables.context(&self.core)?;
        self.collect(context).map_err(|error| EngineError::running(&error, self.core.limits().memory_bytes))
    }
}

impl fmt::Debug for Planned {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Planned").field("scanned", &self.scanned).finish_non_exhaustive()
    }
}

#[cfg(test)]
impl Planned {
    /// The names of the plan's operators, the last to run first.
    pub(super) fn operators(&self) -> Vec<String> {
        let mut names = Vec::new();
        let walked = self.plan.apply(|node| {
            names.push(node.name().to_owned());
            Ok(TreeNodeRecursion::Continue)
        });
        assert!(walked.is_ok(), "walking a plan cannot fail");
        names
    }
}
