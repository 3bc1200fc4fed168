//! Makes national sample returns: valid, seeded, and like what authorities would send.
//!
//! Children's lives are made first, whole, and then cut at the end of a year; so all collections made from one seed tell
//! one history, in which nothing is told otherwise later but what is put right on order (`corrections`). This room never reads a real record. It knows this collection's tables, which is its job; which codes are
//! valid and in which order fields stand it takes from the specification. Called by the other commands and by tests.

mod archive;
#[cfg(test)]
mod calibration;
mod care;
mod chance;
mod codes;
#[cfg(test)]
mod coherence;
mod corrections;
mod faults;
mod history;
mod home;
mod life;
mod names;
mod options;
mod outcomes;
mod plan;
mod practice;
mod stays;
mod support;
mod tables;
#[cfg(test)]
mod tests;

pub use faults::{Beside, PlantedFault, Scene, Spoiler, spoilers};
pub use options::{Authorities, SampleError, SampleOptions};

pub use crate::cli::rows::CsvTable;
use crate::spec::{Collection, Specification};
use chrono::NaiveDate;
use codes::Codes;
use names::Names;
use plan::{Plan, plans};
use stays::{Stay, moves};
use std::collections::BTreeMap;

/// One authority's return.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SampleReturn {
    /// The three-digit code.
    pub authority: String,
    /// In the specification's order.
    pub tables: Vec<CsvTable>,
    /// The faults that were planted on order; none are otherwise.
    pub planted: Vec<PlantedFault>,
}

impl SampleReturn {
    /// The rows of all tables together, without headings.
    pub fn rows(&self) -> u64 {
        self.tables.iter().map(|table| table.rows).sum()
    }

    pub fn table(&self, name: &str) -> Option<&CsvTable> {
        self.tables.iter().find(|table| table.name == name)
    }
}

/// What is the same for all authorities of one sample.
struct Maker<'s> {
    specification: &'s Specification,
    collection: &'s Collection,
    seed: u64,
    codes: Codes<'s>,
    names: Names,
    /// The first day of a start that `starts` shows.
    horizon: NaiveDate,
    /// The first day of a return home that the return shows.
    window: NaiveDate,
    moves: BTreeMap<u16, Vec<Stay>>,
    /// The share of children of whom something is put right.
    corrections: f64,
}

/// Makes the returns one after the other, in the order of the register. Everything that can be wrong with the asking is
/// found before the first is made.
pub fn generate<'s>(
    options: &SampleOptions,
    specification: &'s Specification,
) -> Result<impl Iterator<Item = Result<SampleReturn, SampleError>> + 's, SampleError> {
    let collection = specification.collection(&options.collection).ok_or_else(|| {
        let known: Vec<&str> = specification.collections.iter().map(|collection| collection.id.as_str()).collect();
        SampleError::UnknownCollection(options.collection.clone(), known.join(", "))
    })?;
    for size in [Some(options.scale), options.returns_a_year].into_iter().flatten() {
        if !(size > 0.0 && size < 100_000.0) {
            return Err(SampleError::Size(size));
        }
    }
    if let Some(rate) = options.faults.filter(|rate| !(0.0..=1.0).contains(rate)) {
        return Err(SampleError::Faults(rate));
    }
    if !(0.0..=1.0).contains(&options.corrections) {
        return Err(SampleError::Corrections(options.corrections));
    }
    let codes = Codes::new(specification, collection.year)?;
    let plans = plans(options, &specification.register, &codes);
    let chosen = choose(options, specification, collection, &plans)?;
    let maker = Maker {
        specification,
        collection,
        seed: options.seed,
        moves: moves(options, &codes, &plans, collection.year),
        codes,
        names: Names::new(options.seed),
        horizon: collection.horizon_start(specification.horizon),
        window: collection.window_start(specification.horizon),
        corrections: options.corrections,
    };
    let (returns_a_year, faults) = (options.returns_a_year, options.faults);
    Ok(chosen.into_iter().map(move |plan| {
        let plan = plan.resized(returns_a_year);
        let tables = history::tables_of(&maker, &plan)?;
        let mut made = SampleReturn { authority: plan.code.to_owned(), tables, planted: Vec::new() };
        if let Some(rate) = faults {
            made.planted = faults::plant(&mut made, rate, maker.seed, maker.specification, maker.collection);
        }
        Ok(made)
    }))
}

fn choose<'s>(
    options: &SampleOptions,
    specification: &'s Specification,
    collection: &Collection,
    plans: &[Plan<'s>],
) -> Result<Vec<Plan<'s>>, SampleError> {
    let live = || plans.iter().filter(|plan| plan.live_on(collection.period.end));
    match &options.authorities {
        Authorities::All => Ok(live().cloned().collect()),
        Authorities::First(count) => Ok(live().take(*count).cloned().collect()),
        Authorities::Some(codes) => codes
            .iter()
            .map(|code| {
                let unknown = || SampleError::UnknownAuthority(code.clone());
                let line = specification.register.live_in(code, collection.period).ok_or_else(unknown)?;
                live().find(|plan| plan.code == line.code).cloned().ok_or_else(unknown)
            })
            .collect(),
    }
}
