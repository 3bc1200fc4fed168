//! The tables as the planner sees them: names and columns, no data and no statistics.

use super::scan::ScanExec;
use arrow::datatypes::SchemaRef;
use async_trait::async_trait;
use datafusion::catalog::{Session, TableProvider};
use datafusion::common::Result;
use datafusion::logical_expr::{Expr, TableType};
use datafusion::physical_plan::ExecutionPlan;
use std::sync::Arc;

/// A table without data; scanning it makes a leaf that takes the data of the return at hand.
#[derive(Debug)]
pub(super) struct ShapeProvider {
    /// Its number among the engine's tables.
    pub(super) number: usize,
    pub(super) qualified_name: Arc<str>,
    pub(super) columns: SchemaRef,
}

#[async_trait]
impl TableProvider for ShapeProvider {
    fn schema(&self) -> SchemaRef {
        Arc::clone(&self.columns)
    }

    fn table_type(&self) -> TableType {
        TableType::Base
    }

    async fn scan(
        &self,
        _state: &dyn Session,
        projection: Option<&Vec<usize>>,
        _filters: &[Expr],
        _limit: Option<usize>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        let all: Vec<usize> = (0..self.columns.fields().len()).collect();
        let wanted = projection.cloned().unwrap_or(all);
        Ok(Arc::new(ScanExec::new(self.number, Arc::clone(&self.qualified_name), &self.columns, wanted)?))
    }
}
