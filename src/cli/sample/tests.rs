//! Tests of whole samples.
