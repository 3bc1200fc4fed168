//! Puts several years' exports together into one care journey for each child.

use super::export::{Child, Episode, Export, LocalId};
use chrono::NaiveDate;
use std::collections::BTreeMap;

/// Every child of the exports with its episodes in order, short breaks left out.
pub(super) struct Journeys {
    pub children: BTreeMap<LocalId, Journey>,
    pub short_breaks: usize,
    /// Periods of care that went on into a short break, so that the reason for their end is left for a person.
    pub ended_in_short_breaks: usize,
    /// Episodes of children who are in no header.
    pub without_header: usize,
    /// Open episodes of an earlier export that the newest does not have.
    pub never_closed: usize,
    /// Scores of OC2 in the newest export.
    pub scores: usize,
}

pub(super) struct Journey {
    pub child: Child,
    pub episodes: Vec<Episode>,
}

/// Agreed series of short breaks: outside the collection.
fn is_short_break(episode: &Episode) -> bool {
    matches!(episode.legal.as_str(), "V3" | "V4")
}

/// Merges exports, given oldest first: of two rows for one episode or child, the later export's stands.
pub(super) fn merge(exports: Vec<Export>) -> Journeys {
    let mut children: BTreeMap<LocalId, Child> = BTreeMap::new();
    let mut episodes: BTreeMap<(LocalId, NaiveDate), (usize, Episode)> = BTreeMap::new();
    let (last, mut scores) = (exports.len().saturating_sub(1), 0);
    for (number, export) in exports.into_iter().enumerate() {
        scores = export.scores;
        for (id, mut child) in export.children {
            // Once an unaccompanied child, always one: the flag says "at any time in the care journey".
            child.asylum |= children.get(&id).is_some_and(|known| known.asylum);
            children.insert(id, child);
        }
        episodes.extend(export.episodes.into_iter().map(|(key, episode)| (key, (number, episode))));
    }
    let mut journeys = Journeys {
        children: children.into_iter().map(|(id, child)| (id, Journey { child, episodes: Vec::new() })).collect(),
        short_breaks: 0,
        ended_in_short_breaks: 0,
        without_header: 0,
        never_closed: 0,
        scores,
    };
    for ((id, _), (number, episode)) in episodes {
        journeys.never_closed += usize::from(number < last && episode.ceased.is_none());
        match journeys.children.get_mut(&id) {
            Some(journey) => journey.episodes.push(episode),
            None => journeys.without_header += 1,
        }
    }
    for journey in journeys.children.values_mut() {
        let (left_out, ended) = leave_out_short_breaks(&mut journey.episodes);
        journeys.short_breaks += left_out;
        journeys.ended_in_short_breaks += ended;
    }
    journeys
}

/// Takes short breaks out. The first episode after them starts a period of care, and one that led into them has ended it
/// for a reason that only a person can give. How many episodes were left out, and how many lost their reason.
fn leave_out_short_breaks(episodes: &mut Vec<Episode>) -> (usize, usize) {
    let (before, mut ended) = (episodes.len(), 0);
    let mut kept: Vec<Episode> = Vec::with_capacity(before);
    let mut after_break = false;
    for mut episode in episodes.drain(..) {
        if is_short_break(&episode) {
            if let Some(last) = kept.last_mut().filter(|last| last.reason_ceased == "X1" && !after_break) {
                last.reason_ceased.clear();
                last.place_change.clear();
                ended += 1;
            }
            after_break = true;
        } else {
            if after_break {
                "S".clone_into(&mut episode.reason_new);
            }
            after_break = false;
            kept.push(episode);
        }
    }
    *episodes = kept;
    (before - episodes.len(), ended)
}

impl Journey {
    /// What of the journey had happened by the end of a day.
    pub(super) fn until(&mut self, day: NaiveDate) {
        self.episodes.retain(|episode| episode.commenced <= day);
        for episode in &mut self.episodes {
            if episode.ceased.is_some_and(|ceased| ceased > day) {
                episode.ceased = None;
                episode.reason_ceased.clear();
                episode.place_change.clear();
            }
        }
    }

    /// The periods of care: runs of episodes from one with RNE S to the first end other than X1.
    pub(super) fn periods(&self) -> impl Iterator<Item = &[Episode]> {
        self.episodes.chunk_by(|one, next| one.reason_ceased == "X1" && next.reason_new != "S")
    }
}
