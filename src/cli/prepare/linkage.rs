//! Finds the linkage keys of children, where their NHS numbers are known.

use super::csv_export;
use super::error::PrepareError;
use super::export::LocalId;
use super::keys::{Key, NhsNumber};
use super::merge::Journeys;
use crate::domain::guarded::Guarded;
use std::collections::BTreeMap;
use std::path::Path;

/// The linkage keys of the children, and what stood in the way of others.
#[derive(Default)]
pub(super) struct Linkage {
    pub keys: BTreeMap<LocalId, String>,
    /// Numbers whose check digit is wrong.
    pub wrong: usize,
    /// Children left without a key because another child has the same number.
    pub shared: usize,
    /// Numbers in the export that no key was given for.
    pub without_key: usize,
}

/// Looks for NHS numbers in the export's own column and in a file of CHILD and NHS_NUMBER, which goes before it.
pub(super) fn linkage(journeys: &Journeys, numbers: Option<&Path>, key: Option<&Key>) -> Result<Linkage, PrepareError> {
    let mut written: BTreeMap<LocalId, Guarded<String>> =
        journeys.children.iter().map(|(id, journey)| (id.clone(), journey.child.nhs_number.clone())).collect();
    if let Some(file) = numbers {
        if key.is_none() {
            return Err(PrepareError::NoLinkageKey);
        }
        csv_export::rows(file, &["CHILD", "NHS_NUMBER"], 2, |_, cells| {
            if let Some(known) = written.get_mut(&Guarded::new(cells.get("CHILD").to_owned())) {
                *known = Guarded::new(cells.get("NHS_NUMBER").to_owned());
            }
        })?;
    }
    let mut linkage = Linkage::default();
    let mut holders: BTreeMap<NhsNumber, Vec<LocalId>> = BTreeMap::new();
    for (id, number) in written.into_iter().filter(|(_, number)| !number.reveal().is_empty()) {
        match NhsNumber::read(number.reveal()) {
            Some(number) => holders.entry(number).or_default().push(id),
            None => linkage.wrong += 1,
        }
    }
    for (number, ids) in holders {
        match (key, ids.as_slice()) {
            (None, ids) => linkage.without_key += ids.len(),
            (Some(key), [only]) => {
                linkage.keys.insert(only.clone(), key.linkage_key(&number));
            }
            (Some(_), several) => linkage.shared += several.len(),
        }
    }
    Ok(linkage)
}
