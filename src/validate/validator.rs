//! Keeps what is compiled of a specification: schemas and plans, once a collection year.

use super::ValidateError;
use super::collect::Collected;
use super::privacy::{Headings, Identifier};
use super::refused::Refused;
use super::rules::YearPlans;
use super::templates::Templates;
use super::values::{self, TypedReturn, ValuesContext, YearSchemas};
use crate::domain::table::TextReturn;
use crate::spec::{Collection, Specification};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};

/// The rules that Rust carries out; their pages must be in the specification.
const BUILT_IN: [&str; 16] =
    ["P01", "P02", "P03", "P04", "P05", "P06", "P07", "P08", "V01", "V02", "V03", "V04", "V05", "V06", "V07", "V08"];

/// Checks returns against one specification. Share it: it holds every compiled schema and planned query.
#[derive(Debug)]
pub struct Validator {
    specification: Arc<Specification>,
    pub(super) templates: Templates,
    pub(super) headings: Headings,
    years: Mutex<BTreeMap<i32, Arc<Year>>>,
}

/// What is compiled for one collection year.
#[derive(Debug)]
pub(super) struct Year {
    pub(super) collection: Collection,
    pub(super) schemas: YearSchemas,
    pub(super) plans: YearPlans,
}

impl Validator {
    /// A validator that compiles a year when it is first asked for; [`Validator::plan_all`] does them all at once.
    pub fn new(specification: Arc<Specification>) -> Result<Self, ValidateError> {
        if let Some(code) = BUILT_IN.iter().find(|code| !specification.rules.contains_key(**code)) {
            return Err(ValidateError::MissingRule { code });
        }
        Ok(Self {
            templates: Templates::of(&specification),
            headings: Headings::of(&specification)?,
            specification,
            years: Mutex::default(),
        })
    }

    pub const fn specification(&self) -> &Arc<Specification> {
        &self.specification
    }

    /// Compiles every year's schemas and plans every year's rules, so that nothing is found wrong later.
    pub fn plan_all(&self) -> Result<(), ValidateError> {
        self.specification.collections.iter().try_for_each(|collection| self.year(collection).map(|_| ()))
    }

    /// The typed columns of a return alone, without its findings: for a return that was checked before.
    pub fn read_values(&self, text: &TextReturn, collection: &Collection) -> Result<TypedReturn, ValidateError> {
        let year = self.year(collection)?;
        let context = ValuesContext {
            specification: &self.specification,
            collection: &year.collection,
            schemas: &year.schemas,
            templates: &self.templates,
            incomplete: &BTreeSet::new(),
            absent_is_missing: true,
            show_values: false,
            refused: &Refused::default(),
        };
        values::check(&context, text, &mut Collected::default()).map(|(typed, _)| typed)
    }

    /// The kinds of direct identifier that an explanation or a note seems to hold, which must then not be kept.
    pub fn identifiers_in(&self, text: &str) -> Vec<Identifier> {
        self.headings.identifiers_in(text)
    }

    /// What of other authorities' returns must be given to a check of this collection: for each table that a rule reads,
    /// its columns. Nothing where no rule reads others.
    pub fn columns_of_others(
        &self,
        collection: &Collection,
    ) -> Result<BTreeMap<String, BTreeSet<String>>, ValidateError> {
        Ok(self.year(collection)?.plans.columns_of_others())
    }

    /// Puts the rules of a collection in another order.
    #[cfg(test)]
    pub(crate) fn turn_rules(&self, collection: &Collection, by: usize) {
        self.year(collection).expect("the year plans");
        let mut years = self.years.lock().expect("no thread panicked");
        let year = years.get_mut(&collection.year).and_then(Arc::get_mut);
        year.expect("nothing else holds the year").plans.turn(by);
    }

    pub(super) fn year(&self, collection: &Collection) -> Result<Arc<Year>, ValidateError> {
        let mut years = self.years.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(year) = years.get(&collection.year) {
            return Ok(Arc::clone(year));
        }
        let year = Arc::new(Year {
            schemas: YearSchemas::compile(&self.specification, collection)?,
            plans: on_plain_thread(|| YearPlans::plan(&self.specification, collection))?,
            collection: collection.clone(),
        });
        years.insert(collection.year, Arc::clone(&year));
        Ok(year)
    }
}

/// Planning blocks on the engine; on a thread of an asynchronous runtime it would wait for that very thread.
fn on_plain_thread<T: Send>(work: impl FnOnce() -> T + Send) -> T {
    std::thread::scope(|scope| {
        let done = scope.spawn(work).join();
        done.unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    })
}
