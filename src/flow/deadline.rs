//! Until when a return is on time, and whether it is late: for who sends it.

use super::Service;
use super::collections::course_of;
use super::coverage::{first_received, is_on_time};
use super::error::FlowError;
use crate::domain::state::ReturnState;
use crate::store::{ReturnFilter, ReturnRecord};
use chrono::NaiveDate;

/// The deadline of a return.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Deadline {
    /// The last day on which it is on time: the authority's own, where it was extended.
    pub day: NaiveDate,
    /// Whether the first version that was kept came after it.
    pub late: bool,
}

impl Service {
    /// The deadline of a return that stands; none of one that does not, or that answers no collection.
    pub async fn deadline_of(&self, record: &ReturnRecord) -> Result<Option<Deadline>, FlowError> {
        let stands = matches!(record.state, ReturnState::Checked | ReturnState::Signed | ReturnState::Accepted);
        let collection = record.collection.as_deref().and_then(|name| self.specification().collection(name));
        let Some(collection) = collection.filter(|_| stands) else { return Ok(None) };
        let now = self.now();
        let (course, _) = course_of(self.ledger(), collection).await?;
        let day = course.deadline_of(Some(&record.authority), now);
        let (authority, collection) = (Some(record.authority.clone()), record.collection.clone());
        let filter = ReturnFilter { authority, collection, state: None };
        let times = self.ledger().version_times(&filter).await.map_err(FlowError::store("look up the deadline"))?;
        let first = first_received(&times, now).get(record.authority.as_str()).copied();
        Ok(Some(Deadline { day, late: !is_on_time(first.unwrap_or(record.received), day) }))
    }
}
