//! Which specification a command works with.

use super::Trouble;
use crate::spec::{Specification, SpecificationFiles};
use std::path::Path;
use std::sync::Arc;

/// The specification in the folder, or the one in the program.
pub(super) fn load(folder: Option<&Path>) -> Result<Arc<Specification>, Trouble> {
    let specification = match folder {
        Some(folder) => Specification::load(SpecificationFiles::from_folder(folder)?)?,
        None => Specification::embedded()?,
    };
    Ok(Arc::new(specification))
}
