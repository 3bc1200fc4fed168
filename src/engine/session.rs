//! Sets DataFusion up for many small queries on one thread each, and plans them.

use super::catalog::ShapeProvider;
use super::error::EngineError;
use super::in_order::UnionsInOrder;
use super::parameters::{Parameter, substitute};
use super::planned::Planned;
use super::scan::RunTables;
use super::shape::TableShape;
use super::tables::Tables;
use super::{PlannedQuery, QueryEngine, functions};
use arrow::datatypes::Schema;
use arrow::record_batch::RecordBatch;
use datafusion::catalog::{
    CatalogProvider, CatalogProviderList, MemoryCatalogProvider, MemoryCatalogProviderList, MemorySchemaProvider,
    SchemaProvider,
};
use datafusion::common::DataFusionError;
use datafusion::config::Dialect;
use datafusion::execution::disk_manager::{DiskManagerBuilder, DiskManagerMode};
use datafusion::execution::memory_pool::GreedyMemoryPool;
use datafusion::execution::runtime_env::RuntimeEnvBuilder;
use datafusion::execution::{SessionState, SessionStateBuilder, SessionStateDefaults, TaskContext};
use datafusion::logical_expr::Volatility;
use datafusion::physical_optimizer::PhysicalOptimizerRule;
use datafusion::physical_optimizer::optimizer::PhysicalOptimizer;
use datafusion::prelude::SessionConfig;
use datafusion::sql::parser::Statement;
use datafusion::sql::sqlparser::ast::Statement as SqlStatement;
use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// What the queries of one return may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// The memory that all the queries running over the same [`Tables`] may hold together, in bytes, beside the tables
    /// themselves: hash tables, sorts, groups and answers.
    pub memory_bytes: usize,
}

impl Default for Limits {
    /// One gibibyte.
    fn default() -> Self {
        Self { memory_bytes: 1 << 30 }
    }
}

/// Runs queries in this process with DataFusion.
pub struct DataFusionEngine {
    core: Arc<EngineCore>,
    state: SessionState,
    parameters: BTreeMap<String, Parameter>,
}

/// What planned queries keep of the engine that planned them.
pub(super) struct EngineCore {
    number: u64,
    config: SessionConfig,
    limits: Limits,
    tables: Vec<(String, Arc<Schema>)>,
}

const CATALOG: &str = "datafusion";
const RETURN_SCHEMA: &str = "public";

/// Optimiser rules that would be of no use here: they serve several partitions, tasks that must yield to others, or
/// filters that change while a query runs, which would tie a plan to one run.
pub(super) const LEFT_OUT: [&str; 3] = ["EnsureCooperative", "TopKRepartition", "FilterPushdown(Post)"];

impl DataFusionEngine {
    /// An engine over tables of these shapes, with the default limits.
    pub fn new(shapes: &[TableShape], parameters: &BTreeMap<String, Parameter>) -> Result<Self, EngineError> {
        Self::with_limits(shapes, parameters, Limits::default())
    }

    pub fn with_limits(
        shapes: &[TableShape],
        parameters: &BTreeMap<String, Parameter>,
        limits: Limits,
    ) -> Result<Self, EngineError> {
        static ENGINES: AtomicU64 = AtomicU64::new(1);
        let catalogs = MemoryCatalogProviderList::new();
        let catalog = Arc::new(MemoryCatalogProvider::new());
        let mut schemas: BTreeMap<&str, Arc<MemorySchemaProvider>> = BTreeMap::new();
        schemas.insert(RETURN_SCHEMA, Arc::new(MemorySchemaProvider::new()));
        let mut tables = Vec::with_capacity(shapes.len());
        let setting_up = |error: DataFusionError| EngineError::planning(&error);
        for (number, shape) in shapes.iter().enumerate() {
            let schema = schemas.entry(shape.schema.as_deref().unwrap_or(RETURN_SCHEMA)).or_default();
            let provider = ShapeProvider {
                number,
                qualified_name: shape.qualified_name().into(),
                columns: Arc::clone(&shape.columns),
            };
            schema.register_table(shape.name.clone(), Arc::new(provider)).map_err(setting_up)?;
            tables.push((shape.qualified_name(), Arc::clone(&shape.columns)));
        }
        for (name, schema) in schemas {
            catalog.register_schema(name, schema).map_err(setting_up)?;
        }
        catalogs.register_catalog(CATALOG.to_owned(), catalog);
        let config = configuration();
        let mut callable = SessionStateDefaults::default_scalar_functions();
        callable.retain(|function| function.signature().volatility == Volatility::Immutable);
        callable.extend(functions::all());
        let state = SessionStateBuilder::new()
            .with_session_id("homeward".to_owned())
            .with_config(config.clone())
            .with_catalog_list(Arc::new(catalogs))
            .with_scalar_functions(callable)
            .with_aggregate_functions(SessionStateDefaults::default_aggregate_functions())
            .with_window_functions(SessionStateDefaults::default_window_functions())
            .with_expr_planners(SessionStateDefaults::default_expr_planners())
            .with_physical_optimizer_rules(physical_rules())
            .build();
        let core = EngineCore { number: ENGINES.fetch_add(1, Ordering::Relaxed), config, limits, tables };
        Ok(Self { core: Arc::new(core), state, parameters: parameters.clone() })
    }

    pub(super) fn planned(&self, sql: &str) -> Result<Planned, EngineError> {
        let parsed = self.state.sql_to_statement(sql, &Dialect::Generic);
        let mut statement = match parsed.map_err(|error| EngineError::planning(&error))? {
            Statement::Statement(statement) => statement,
            _ => return Err(not_a_query()),
        };
        let SqlStatement::Query(query) = statement.as_mut() else {
            return Err(not_a_query());
        };
        substitute(query, &self.parameters)?;
        let planning = self.plan_statement(Statement::Statement(statement));
        // On a thread of a runtime, a task's budget would run out in the middle of a plan and never be filled again.
        let planned = futures::executor::block_on(tokio::task::unconstrained(planning));
        planned.map_err(|error| EngineError::planning(&error))
    }

    async fn plan_statement(&self, statement: Statement) -> Result<Planned, DataFusionError> {
        let logical = self.state.statement_to_plan(statement).await?;
        let physical = self.state.create_physical_plan(&logical).await?;
        Planned::new(Arc::clone(&self.core), physical)
    }
}

impl QueryEngine for DataFusionEngine {
    fn plan(&self, sql: &str) -> Result<Arc<dyn PlannedQuery>, EngineError> {
        Ok(Arc::new(self.planned(sql)?))
    }
}

fn not_a_query() -> EngineError {
    let message = "write one query that begins with SELECT or WITH; nothing else runs here".to_owned();
    EngineError::Plan { message, line: None, column: None }
}

fn configuration() -> SessionConfig {
    let mut config = SessionConfig::new()
        .with_target_partitions(1)
        .with_batch_size(8192)
        .with_default_catalog_and_schema(CATALOG, RETURN_SCHEMA)
        .with_create_default_catalog_and_schema(false)
        .with_information_schema(false)
        .with_collect_statistics(false);
    let options = config.options_mut();
    options.sql_parser.enable_ident_normalization = false;
    options.sql_parser.collect_spans = true;
    options.sql_parser.map_string_types_to_utf8view = false;
    options.execution.enable_recursive_ctes = false;
    // Sorting a table in one piece needs no second thread.
    options.execution.sort_in_place_threshold_bytes = usize::MAX;
    // Filters that change during a run would be shared by all runs of a plan, and so would the answers of subqueries.
    options.optimizer.enable_dynamic_filter_pushdown = false;
    options.optimizer.enable_topk_dynamic_filter_pushdown = false;
    options.optimizer.enable_join_dynamic_filter_pushdown = false;
    options.optimizer.enable_aggregate_dynamic_filter_pushdown = false;
    options.optimizer.enable_physical_uncorrelated_scalar_subquery = false;
    options.optimizer.enable_round_robin_repartition = false;
    options.optimizer.repartition_aggregations = false;
    options.optimizer.repartition_joins = false;
    options.optimizer.repartition_windows = false;
    options.optimizer.repartition_sorts = false;
    config
}

fn physical_rules() -> Vec<Arc<dyn PhysicalOptimizerRule + Send + Sync>> {
    let mut rules = PhysicalOptimizer::new().rules;
    rules.retain(|rule| !LEFT_OUT.contains(&rule.name()));
    rules.insert(0, Arc::new(UnionsInOrder));
    rules
}

impl EngineCore {
    pub(super) const fn number(&self) -> u64 {
        self.number
    }

    pub(super) const fn limits(&self) -> Limits {
        self.limits
    }

    /// Checks the tables against their shapes and makes the context in which queries run over them.
    pub(super) fn context(&self, given: &Tables) -> Result<Arc<TaskContext>, EngineError> {
        let mut run: Vec<Arc<[RecordBatch]>> = vec![Arc::from([]); self.tables.len()];
        for (name, batches) in given.iter() {
            let number = self.tables.iter().position(|(known, _)| known == name);
            let Some(number) = number else {
                return Err(EngineError::UnknownTable { table: name.clone() });
            };
            let shape = &self.tables[number].1;
            for batch in batches.iter() {
                check_columns(name, shape, batch.schema_ref())?;
            }
            run[number] = Arc::clone(batches);
        }
        let disk = DiskManagerBuilder::default().with_mode(DiskManagerMode::Disabled);
        let runtime = RuntimeEnvBuilder::new()
            .with_memory_pool(Arc::new(GreedyMemoryPool::new(self.limits.memory_bytes)))
            .with_disk_manager_builder(disk)
            .build_arc()
            .map_err(|error| EngineError::running(&error, self.limits.memory_bytes))?;
        Ok(Arc::new(TaskContext::new(
            None,
            String::new(),
            self.config.clone().with_extension(Arc::new(RunTables(run))),
            // Functions are looked up when a query is planned, never while it runs.
            Default::default(),
            Default::default(),
            Default::default(),
            Default::default(),
            runtime,
        )))
    }
}

fn check_columns(table: &str, shape: &Arc<Schema>, given: &Arc<Schema>) -> Result<(), EngineError> {
    if Arc::ptr_eq(shape, given) {
        return Ok(());
    }
    let fault = |what: String| Err(EngineError::Shape { table: table.to_owned(), what });
    if shape.fields().len() != given.fields().len() {
        return fault(format!("it has {} columns and should have {}", given.fields().len(), shape.fields().len()));
    }
    for (wanted, found) in shape.fields().iter().zip(given.fields()) {
        if wanted.name() != found.name() {
            return fault(format!("the column {} stands where {} should", found.name(), wanted.name()));
        }
        if wanted.data_type() != found.data_type() {
            let (found, wanted_type) = (found.data_type(), wanted.data_type());
            return fault(format!("the column {} is {found} and should be {wanted_type}", wanted.name()));
        }
    }
    Ok(())
}

impl fmt::Debug for DataFusionEngine {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.core, out)
    }
}

impl fmt::Debug for EngineCore {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let tables: Vec<_> = self.tables.iter().map(|(name, _)| name).collect();
        out.debug_struct("DataFusionEngine").field("tables", &tables).field("limits", &self.limits).finish()
    }
}
