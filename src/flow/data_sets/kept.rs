//! What is kept in memory for readers: the catalogue for a moment, data sets while there is room, outlines for good.

use super::catalogue::{Catalogue, DataSetVersion};
use crate::domain::identifier::ReleaseId;
use crate::publish::dataset::{DataSet, Outline};
use bytes::Bytes;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use tokio::sync::OnceCell;
use uuid::Uuid;

/// How long another process's publication may go unseen; this process's own is seen at once.
const CATALOGUE_LASTS: Duration = Duration::from_secs(1);
/// About how many bytes of data sets stay in memory.
const ROOM: usize = 256 * 1024 * 1024;

/// A data set and the releases that it was made of: what these hold never changes.
type Key = (Uuid, Vec<ReleaseId>);
type Cell = Arc<OnceCell<Arc<Held>>>;

/// The kinds of fields that a reader asks a data set about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum FieldKind {
    Filters,
    Indicators,
    Locations,
    TimePeriods,
}

impl FieldKind {
    pub const ALL: [Self; 4] = [Self::Filters, Self::Indicators, Self::Locations, Self::TimePeriods];
}

/// A data set, and what was written of its fields for readers: once for each set of kinds, of which there are few.
#[derive(Debug)]
pub(super) struct Held {
    pub(super) data: Arc<DataSet>,
    fields: Mutex<BTreeMap<BTreeSet<FieldKind>, Bytes>>,
}

impl Held {
    pub(super) const fn new(data: Arc<DataSet>) -> Self {
        Self { data, fields: Mutex::new(BTreeMap::new()) }
    }

    fn written(&self) -> MutexGuard<'_, BTreeMap<BTreeSet<FieldKind>, Bytes>> {
        // Every change is whole, so a poisoned lock is still good.
        self.fields.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn fields(&self, kinds: &BTreeSet<FieldKind>) -> Option<Bytes> {
        self.written().get(kinds).cloned()
    }

    pub(super) fn keep_fields(&self, kinds: BTreeSet<FieldKind>, written: Bytes) {
        self.written().insert(kinds, written);
    }

    fn weight(&self) -> usize {
        self.data.weight() + self.written().values().map(Bytes::len).sum::<usize>()
    }
}

#[derive(Debug)]
pub(in super::super) struct DataSets {
    inside: Mutex<Inside>,
    room: usize,
}

#[derive(Debug, Default)]
struct Inside {
    /// Grows with every publication of this process.
    publications: u64,
    catalogue: Option<(Instant, Arc<Catalogue>)>,
    outlines: BTreeMap<Key, Arc<Outline>>,
    cells: BTreeMap<Key, (u64, Cell)>,
    /// Grows with every use of a data set.
    uses: u64,
}

impl Default for DataSets {
    fn default() -> Self {
        Self::with_room(ROOM)
    }
}

impl DataSets {
    pub(super) fn with_room(room: usize) -> Self {
        Self { inside: Mutex::default(), room }
    }

    fn inside(&self) -> MutexGuard<'_, Inside> {
        // Every change below is whole before anything that could panic, so a poisoned lock is still good.
        self.inside.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn catalogue(&self) -> Option<Arc<Catalogue>> {
        let inside = self.inside();
        let (made, catalogue) = inside.catalogue.as_ref()?;
        (made.elapsed() < CATALOGUE_LASTS).then(|| Arc::clone(catalogue))
    }

    /// What was published so far, to be given back with a catalogue that is worked out from it.
    pub(super) fn mark(&self) -> u64 {
        self.inside().publications
    }

    /// Keeps a catalogue, unless something was published while it was worked out.
    pub(super) fn keep_catalogue(&self, mark: u64, catalogue: Arc<Catalogue>) {
        let mut inside = self.inside();
        if inside.publications == mark {
            inside.catalogue = Some((Instant::now(), catalogue));
        }
    }

    /// Something was published: the catalogue is worked out anew.
    pub(in super::super) fn published(&self) {
        let mut inside = self.inside();
        inside.publications += 1;
        inside.catalogue = None;
    }

    pub(super) fn outline(&self, version: &DataSetVersion) -> Option<Arc<Outline>> {
        self.inside().outlines.get(&key(version)).cloned()
    }

    pub(super) fn keep_outline(&self, version: &DataSetVersion, outline: Arc<Outline>) {
        self.inside().outlines.insert(key(version), outline);
    }

    /// The cell of a data set; whoever comes first fills it, and others wait for that one.
    pub(super) fn cell(&self, version: &DataSetVersion) -> Cell {
        let mut inside = self.inside();
        inside.uses += 1;
        let uses = inside.uses;
        let (used, cell) = inside.cells.entry(key(version)).or_default();
        *used = uses;
        Arc::clone(cell)
    }

    /// Lets go of the data sets that were not used for longest until the others have room. One is always kept.
    pub(super) fn make_room(&self) {
        let mut inside = self.inside();
        let mut filled: Vec<(u64, Key, usize)> = inside
            .cells
            .iter()
            .filter_map(|(key, (used, cell))| Some((*used, key.clone(), cell.get()?.weight())))
            .collect();
        let mut total: usize = filled.iter().map(|(_, _, weight)| weight).sum();
        filled.sort();
        filled.pop();
        for (_, key, weight) in filled {
            if total <= self.room {
                break;
            }
            inside.cells.remove(&key);
            total -= weight;
        }
    }
}

fn key(version: &DataSetVersion) -> Key {
    (version.data_set, version.releases.clone())
}
