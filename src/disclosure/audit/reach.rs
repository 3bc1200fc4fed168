//! How far the other tables found so far put each number that must stay uncertain.

use super::attack::Wanted;
use super::published::{Published, Sensitive};
use std::collections::BTreeMap;

pub(super) struct Reach<'a> {
    published: &'a Published,
    /// For a sensitive fact, its least and greatest move.
    moves: BTreeMap<u32, (i64, i64)>,
}

impl<'a> Reach<'a> {
    pub(super) const fn new(published: &'a Published) -> Self {
        Self { published, moves: BTreeMap::new() }
    }

    /// Notes the facts that another table moves.
    pub(super) fn note(&mut self, moved: BTreeMap<u32, i64>) {
        for (fact, by) in moved {
            if self.published.facts[fact as usize].sensitive.is_some() {
                let (least, most) = self.moves.entry(fact).or_default();
                (*least, *most) = (by.min(*least), by.max(*most));
            }
        }
    }

    /// Of a number of the past the truth is not known here: two tables so far apart leave one of them far enough from it,
    /// whatever it was.
    pub(super) fn wanted(&self, fact: u32) -> Wanted {
        match self.published.facts[fact as usize].sensitive {
            Some(Sensitive::Earlier) => Wanted::Apart(2 * self.published.width - 1),
            // Its own release put it so far from the truth. From now on two tables so far apart say that it is known
            // neither exactly nor as one of two neighbours.
            Some(Sensitive::OtherYear) => Wanted::Apart(self.published.width),
            _ => Wanted::FromTheTruth(self.published.width),
        }
    }

    pub(super) fn is_far(&self, fact: u32) -> bool {
        self.moves.get(&fact).is_some_and(|(least, most)| self.wanted(fact).is_met(*least, *most))
    }

    /// The distance that is proved: from the truth, or for a number of the past between two tables.
    pub(super) fn distance(&self, fact: u32) -> i64 {
        let (least, most) = self.moves.get(&fact).copied().unwrap_or_default();
        match self.wanted(fact) {
            Wanted::FromTheTruth(_) => most.max(-least),
            Wanted::Apart(_) => most - least,
        }
    }
}
