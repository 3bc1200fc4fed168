//! Earlier releases of the year among what the attacker knows.

use super::super::earlier::Known;
use super::published::{Fact, Number, Published};

impl Published {
    /// Adds what is known from earlier releases: a number that is still the same gets their bounds too, any other is a
    /// number of its own. Gives the number of each number known.
    pub(super) fn absorb(&mut self, known: &Known) -> Vec<u32> {
        let mut numbers = Vec::with_capacity(known.numbers.len());
        for one in &known.numbers {
            let cell = self.by_name.get(&one.name);
            let now = cell.and_then(|cell| self.number_of.get(&(*cell, one.place))).filter(|_| one.is_now);
            let Some(&now) = now else {
                self.numbers.push(Number { truth: one.truth, low: one.low, high: one.high });
                numbers.push((self.numbers.len() - 1) as u32);
                continue;
            };
            let number = &mut self.numbers[now as usize];
            number.low = number.low.max(one.low);
            number.high = number.high.min(one.high);
            if number.truth < number.low || number.truth > number.high {
                self.contradictions.push((one.name.clone(), one.place));
            }
            numbers.push(now);
        }
        for fact in &known.facts {
            let terms = fact.terms.iter().map(|(at, sign)| (numbers[*at as usize], *sign)).collect();
            self.facts.push(Fact { terms, ..fact.clone() });
        }
        for (kind, facts) in [
            ("a bound or a sum of an earlier release of the year", known.of_the_year),
            ("a bound or a sum of another year's release", known.years.iter().map(|one| one.facts).sum()),
            (
                "a number of some months and the numbers that make up its months, over several years",
                known.years.iter().map(|one| one.sums).sum(),
            ),
        ] {
            if facts > 0 {
                self.relations.insert(kind, facts);
            }
        }
        numbers
    }
}
