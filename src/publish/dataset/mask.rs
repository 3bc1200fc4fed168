//! Which rows are taken: a bit for each row.

/// The bits of a word.
const WORD: usize = u64::BITS as usize;

/// For each row of a data set, whether it is taken. Bits after the last row are nought.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Mask {
    words: Vec<u64>,
    rows: usize,
}

impl Mask {
    pub(super) fn every(rows: usize, taken: bool) -> Self {
        let mut mask = Self { words: vec![if taken { u64::MAX } else { 0 }; rows.div_ceil(WORD)], rows };
        mask.clear_rest();
        mask
    }

    /// For each of so many numbers, the rows whose cell is that number.
    pub(super) fn of_each(numbers: usize, cells: &[u32]) -> Vec<Self> {
        let mut masks = vec![Self::every(cells.len(), false); numbers];
        for (row, number) in cells.iter().enumerate() {
            // The number after the last stands for nothing, and nobody asks for it.
            if let Some(mask) = masks.get_mut(*number as usize) {
                mask.words[row / WORD] |= 1 << (row % WORD);
            }
        }
        masks
    }

    pub(super) fn and(&mut self, other: &Self) {
        self.words.iter_mut().zip(&other.words).for_each(|(one, other)| *one &= other);
    }

    pub(super) fn or(&mut self, other: &Self) {
        self.words.iter_mut().zip(&other.words).for_each(|(one, other)| *one |= other);
    }

    pub(super) fn invert(&mut self) {
        self.words.iter_mut().for_each(|word| *word = !*word);
        self.clear_rest();
    }

    /// How many rows are taken.
    pub(super) fn count(&self) -> usize {
        self.words.iter().map(|word| word.count_ones() as usize).sum()
    }

    /// The numbers of the rows taken, in their order, without the first ones.
    pub(super) fn rows_after(&self, mut skipped: usize) -> impl Iterator<Item = u32> {
        let mut words = self.words.iter().enumerate();
        let mut word = 0;
        let mut at = 0;
        std::iter::from_fn(move || {
            while word == 0 {
                let (next, bits) = words.next()?;
                let taken = bits.count_ones() as usize;
                if taken <= skipped {
                    skipped -= taken;
                    continue;
                }
                (at, word) = (next, *bits);
                for _ in 0..std::mem::take(&mut skipped) {
                    word &= word - 1;
                }
            }
            let bit = word.trailing_zeros() as usize;
            word &= word - 1;
            u32::try_from(at * WORD + bit).ok()
        })
    }

    /// How many bytes it takes.
    pub(super) fn weight(rows: usize) -> usize {
        rows.div_ceil(WORD) * WORD / 8 + size_of::<Self>()
    }

    fn clear_rest(&mut self) {
        let rest = self.rows % WORD;
        if let Some(last) = self.words.last_mut().filter(|_| rest > 0) {
            *last &= (1 << rest) - 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn the_same_rows_as_looking_at_each_cell(cells in prop::collection::vec(0_u32..4, 0..300), skipped in 0_usize..310) {
            let masks = Mask::of_each(3, &cells);
            let wanted = |taken: &dyn Fn(u32) -> bool| -> Vec<u32> {
                (0..).zip(&cells).filter(|(_, cell)| taken(**cell)).map(|(row, _)| row).collect()
            };
            for (number, mask) in (0..).zip(&masks) {
                prop_assert_eq!(mask.rows_after(0).collect::<Vec<_>>(), wanted(&|cell| cell == number));
            }
            let mut either = masks[0].clone();
            either.or(&masks[2]);
            let found = wanted(&|cell| cell == 0 || cell == 2);
            prop_assert_eq!(either.count(), found.len());
            prop_assert_eq!(either.rows_after(skipped).collect::<Vec<_>>(), found[skipped.min(found.len())..].to_vec());
            either.invert();
            prop_assert_eq!(either.rows_after(0).collect::<Vec<_>>(), wanted(&|cell| cell == 1 || cell == 3));
            either.and(&masks[1]);
            prop_assert_eq!(either.rows_after(0).collect::<Vec<_>>(), wanted(&|cell| cell == 1));
            let mut none = Mask::every(cells.len(), true);
            none.invert();
            prop_assert_eq!(none.count(), 0);
        }
    }
}
