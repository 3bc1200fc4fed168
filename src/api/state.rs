//! What every handler works with.

use super::rates::RateLimits;
use crate::flow::Service;
use std::sync::Arc;
use std::time::Duration;

#[derive(Debug, Clone)]
pub struct ApiState {
    pub service: Service,
    pub rates: Arc<RateLimits>,
    /// How long a body may pause before the upload is given up.
    pub body_idle: Duration,
}

impl ApiState {
    pub(super) fn count_limited(&self, limit: &str) {
        self.service.metrics().rate_limited_total.with_label_values(&[limit]).inc();
    }
}
