//! Statistical methods, each in a small file with its reference and numbers made by an independent implementation.

mod wilson;

pub use wilson::wilson;
