//! A value that could tell something about a child, and that nothing prints by accident.

use std::fmt;

/// Holds a value of a record. It has no `Display` and no `Serialize`, and its `Debug` says nothing:
/// whoever shows it to the person it belongs to must write [`Guarded::reveal`], which is easy to search for.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct Guarded<T>(T);

impl<T> Guarded<T> {
    pub const fn new(value: T) -> Self {
        Self(value)
    }

    /// The value itself, for the report that goes back to the authority whose record it is, and for nobody else.
    pub const fn reveal(&self) -> &T {
        &self.0
    }

    pub fn into_revealed(self) -> T {
        self.0
    }
}

impl<T> fmt::Debug for Guarded<T> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("[withheld]")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_never_shows_the_value() {
        assert_eq!(format!("{:?}", Guarded::new("QQ123456C")), "[withheld]");
    }
}
