//! Counts the children of a very small authority in the row of a larger one beside it.
//!
//! A place with a handful of children a year leaves nothing to show: each of its numbers is small, and to keep them
//! uncertain the figures of its whole region would go. So the sum of the two is what is published, in the row of the
//! larger; the smaller's own row says that it is hidden, in every column and whatever it counted.

use super::earlier::Earlier;
use super::error::DisclosureError;
use super::policy::Policies;
use crate::aggregate::RawTables;
use crate::domain::digest::Digest;
use std::collections::BTreeMap;

/// What is protected: the tables with some authorities counted in others' rows.
pub(super) struct Merged {
    pub(super) raw: RawTables,
    /// (the small authority, the one in whose row it is counted), in the order of the first.
    pub(super) pairs: Vec<(usize, usize)>,
}

/// Merges where both authorities made a return; else the other's own row says what it would say anyway. What was published
/// of one of them alone in this year keeps them apart: the row of both less the row of one would be the other.
pub(super) fn merge(raw: &RawTables, policies: &Policies, earlier: &Earlier) -> Result<Merged, DisclosureError> {
    let geography = &raw.geography;
    let mut pairs = Vec::new();
    for merge in &policies.merges {
        let find = |code: &str| geography.authorities.iter().position(|one| one.code == code);
        // An authority of another year has no row to merge.
        let (Some(from), Some(to)) = (find(&merge.authority), find(&merge.with)) else { continue };
        if geography.region_of[from] != geography.region_of[to] {
            return Err(DisclosureError::MergedAcross { authority: merge.authority.clone(), with: merge.with.clone() });
        }
        if policies.merges.iter().any(|other| other.authority == merge.with) {
            return Err(DisclosureError::MergedTwice { authority: merge.with.clone() });
        }
        let alone = earlier
            .of_year(raw.year)
            .any(|release| release.returns.contains_key(&merge.authority) != release.returns.contains_key(&merge.with));
        if raw.has_return[from] && raw.has_return[to] && !alone {
            pairs.push((from, to));
        }
    }
    pairs.sort_unstable();
    let mut tables = Vec::new();
    for table in &raw.tables {
        let protect = policies.of(&table.definition.id, &table.definition.policy)?.protect;
        tables.push(table.merged(if protect { &pairs } else { &[] }));
    }
    let mut has_return = raw.has_return.clone();
    for (from, _) in &pairs {
        has_return[*from] = false;
    }
    let raw = RawTables { year: raw.year, geography: geography.clone(), has_return, tables, notes: raw.notes.clone() };
    Ok(Merged { raw, pairs })
}

impl Merged {
    /// Earlier releases as they were protected: two authorities in one row sent again when either did.
    pub(super) fn earlier(&self, earlier: &Earlier) -> Earlier {
        let mut earlier = earlier.clone();
        for (from, to) in &self.pairs {
            let code = |at: &usize| self.raw.geography.authorities[*at].code.as_str();
            join(&mut earlier.returns, code(from), code(to));
            for release in &mut earlier.releases {
                if release.returns.contains_key(code(from)) != release.returns.contains_key(code(to)) {
                    // Another year, in which the row was one authority's: it is no number of both.
                    release.returns.remove(code(to));
                }
                join(&mut release.returns, code(from), code(to));
            }
        }
        earlier
    }
}

fn join(returns: &mut BTreeMap<String, Digest>, from: &str, to: &str) {
    let (Some(one), Some(other)) = (returns.remove(from), returns.get_mut(to)) else { return };
    *other = Digest::of(format!("{one} {other}").as_bytes());
}
