//! Months cut where any number begins or ends: the pieces of which each number is the sum.

use super::super::audit::published::OPEN;

/// A number of a group: of another year by its place among what is known, or of now by its slot.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Term {
    Past(u32),
    Now(usize),
}

/// A number over some months.
#[derive(Debug, Clone)]
pub(super) struct Cell {
    pub(super) from: i64,
    pub(super) to: i64,
    pub(super) term: Term,
    low: i64,
    high: i64,
    pub(super) truth: i64,
}

/// Months that no number divides.
#[derive(Debug, Clone)]
pub(super) struct Piece {
    pub(super) from: i64,
    pub(super) to: i64,
    /// The first number that counts just these months.
    pub(super) is: Option<usize>,
    pub(super) truth: i64,
    low: i64,
    high: i64,
}

/// The numbers of one kind of unit in one place, and the pieces of their months.
#[derive(Debug)]
pub(super) struct Pieces {
    pub(super) cells: Vec<Cell>,
    pub(super) pieces: Vec<Piece>,
}

impl Pieces {
    /// The numbers that share months with a number of now, with one that does, and so on; none where no number of
    /// another year does.
    pub(super) fn new(cells: Vec<(i64, i64, Term)>) -> Option<Self> {
        let meet = |one: &(i64, i64, Term), other: &(i64, i64, Term)| one.0 > other.1 && other.0 > one.1;
        let (mut near, mut far): (Vec<_>, Vec<_>) =
            cells.into_iter().partition(|(_, _, term)| matches!(term, Term::Now(_)));
        let of_now = near.len();
        loop {
            let (found, left): (Vec<_>, Vec<_>) =
                far.into_iter().partition(|one| near.iter().any(|other| meet(one, other)));
            far = left;
            if found.is_empty() {
                break;
            }
            near.extend(found);
        }
        if near.len() == of_now {
            return None;
        }
        let meets = |at: &usize| (0..near.len()).any(|other| other != *at && meet(&near[*at], &near[other]));
        let kept: Vec<(i64, i64, Term)> = (0..near.len()).filter(meets).map(|at| near[at]).collect();
        let mut ends: Vec<i64> = kept.iter().flat_map(|(from, to, _)| [*from, *to]).collect();
        ends.sort_unstable_by(|one, other| other.cmp(one));
        ends.dedup();
        let cell = |(from, to, term)| Cell { from, to, term, low: 0, high: OPEN, truth: 0 };
        let cells: Vec<Cell> = kept.into_iter().map(cell).collect();
        let piece = |ends: &[i64]| {
            let (from, to) = (ends[0], ends[1]);
            let is = cells.iter().position(|cell| (cell.from, cell.to) == (from, to));
            let counted = cells.iter().any(|cell| cell.from >= from && to >= cell.to);
            counted.then_some(Piece { from, to, is, truth: 0, low: 0, high: OPEN })
        };
        let pieces = ends.windows(2).filter_map(piece).collect();
        Some(Self { cells, pieces })
    }

    /// Gives each number its bounds and what it is, or is supposed to be.
    pub(super) fn bound(&mut self, known: impl Fn(&Term) -> (i64, i64, i64)) {
        for cell in &mut self.cells {
            (cell.low, cell.high, cell.truth) = known(&cell.term);
        }
    }

    fn of(&self, cell: usize) -> impl Iterator<Item = usize> + '_ {
        let (from, to) = (self.cells[cell].from, self.cells[cell].to);
        (0..self.pieces.len()).filter(move |at| self.pieces[*at].from <= from && to <= self.pieces[*at].to)
    }

    /// Whether no pieces that are numbers of units can make up what is shown.
    pub(super) fn contradict(&mut self) -> bool {
        for _ in 0..8 {
            for cell in 0..self.cells.len() {
                let inside: Vec<usize> = self.of(cell).collect();
                let bounds: Vec<(i64, i64)> =
                    inside.iter().map(|at| (self.pieces[*at].low, self.pieces[*at].high)).collect();
                let low: i64 = bounds.iter().map(|(low, _)| low).sum();
                let endless = bounds.iter().filter(|(_, high)| *high >= OPEN).count();
                let high: i64 = bounds.iter().map(|(_, high)| *high).filter(|high| *high < OPEN).sum();
                let (least, most) = (self.cells[cell].low, self.cells[cell].high);
                if low > most || (endless == 0 && high < least) {
                    return true;
                }
                for (at, (own_low, own_high)) in inside.into_iter().zip(bounds) {
                    let piece = &mut self.pieces[at];
                    if most < OPEN {
                        piece.high = piece.high.min(most - (low - own_low));
                    }
                    if endless == usize::from(own_high >= OPEN) {
                        let others = if own_high < OPEN { high - own_high } else { high };
                        piece.low = piece.low.max(least - others);
                    }
                    if piece.low > piece.high {
                        return true;
                    }
                }
            }
        }
        false
    }

    /// What each piece is, or may be: a number's own, what the returns of now tell of it, or what is left of a number
    /// whose other pieces are known; else as little as can be.
    pub(super) fn suppose(&mut self, told: impl Fn(i64, i64) -> Option<i64>) {
        let mut known = vec![false; self.pieces.len()];
        for (piece, known) in self.pieces.iter_mut().zip(&mut known) {
            let own = piece.is.map(|cell| self.cells[cell].truth);
            if let Some(truth) = own.or_else(|| told(piece.from, piece.to)) {
                piece.truth = truth.clamp(piece.low, piece.high);
                *known = true;
            }
        }
        let mut again = true;
        while again {
            again = false;
            for cell in 0..self.cells.len() {
                let inside: Vec<usize> = self.of(cell).collect();
                let open: Vec<usize> = inside.iter().copied().filter(|at| !known[*at]).collect();
                let [one] = open[..] else { continue };
                let others: i64 = inside.iter().filter(|at| **at != one).map(|at| self.pieces[*at].truth).sum();
                let piece = &mut self.pieces[one];
                piece.truth = (self.cells[cell].truth - others).clamp(piece.low, piece.high);
                (known[one], again) = (true, true);
            }
        }
        for (piece, _) in self.pieces.iter_mut().zip(known).filter(|(_, known)| !known) {
            piece.truth = piece.low;
        }
    }
}
