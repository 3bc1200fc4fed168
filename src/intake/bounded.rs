//! A reader that counts the bytes it gives out and stops at the limits, whatever sizes were declared.

use crate::spec::Limits;
use std::cell::Cell;
use std::io::{self, Read};

/// Which limit of an archive was passed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Breach {
    Total,
    Ratio,
}

/// Bytes produced by all members of an archive so far, and the limit that was passed.
#[derive(Debug, Default)]
pub(super) struct Produced {
    total: Cell<u64>,
    breach: Cell<Option<Breach>>,
}

impl Produced {
    pub(super) fn breach(&self) -> Option<Breach> {
        self.breach.get()
    }
}

/// One member of an archive while it is decompressed.
pub(super) struct Bounded<'a, R> {
    inner: R,
    produced: &'a Produced,
    limits: &'a Limits,
    compressed: u64,
    given: u64,
}

impl<'a, R: Read> Bounded<'a, R> {
    /// `compressed` is how many bytes of the archive the member takes at most.
    pub(super) const fn new(inner: R, compressed: u64, limits: &'a Limits, produced: &'a Produced) -> Self {
        Self { inner, produced, limits, compressed, given: 0 }
    }
}

impl<R: Read> Read for Bounded<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(buffer)?;
        self.given += count as u64;
        self.produced.total.set(self.produced.total.get() + count as u64);
        let ratio = self.compressed.max(1).saturating_mul(self.limits.expansion_ratio);
        let breach = if self.produced.total.get() > self.limits.expanded_bytes {
            Some(Breach::Total)
        } else if self.given > self.limits.expansion_ratio_from_bytes && self.given > ratio {
            Some(Breach::Ratio)
        } else {
            None
        };
        match breach {
            None => Ok(count),
            Some(breach) => {
                self.produced.breach.set(Some(breach));
                Err(io::Error::other("a limit of the archive was passed"))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limits() -> Limits {
        let mut limits = crate::spec::Specification::embedded().expect("the specification loads").limits;
        (limits.expanded_bytes, limits.expansion_ratio, limits.expansion_ratio_from_bytes) = (1000, 10, 100);
        limits
    }

    #[test]
    fn what_is_produced_is_counted_and_not_what_is_declared() {
        let (limits, produced) = (limits(), Produced::default());
        let read = |bytes: u64, compressed: u64| {
            io::copy(&mut Bounded::new(io::repeat(0).take(bytes), compressed, &limits, &produced), &mut io::sink())
        };
        assert_eq!(read(100, 1).ok(), Some(100), "small members may be of any ratio");
        assert!(read(300, 20).is_err());
        assert_eq!(produced.breach(), Some(Breach::Ratio));
        assert!(read(900, 500).is_err(), "the total counts all members");
        assert_eq!(produced.breach(), Some(Breach::Total));
    }
}
