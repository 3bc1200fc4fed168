//! What every handler works with.

use super::bodies::Pace;
use super::problems::Problem;
use super::rates::{RateLimits, Standing, Told, TooFast};
use super::sign_in::SignInDoor;
use crate::flow::Service;
use std::sync::Arc;

#[derive(Debug, Clone)]
pub struct ApiState {
    pub service: Service,
    pub rates: Arc<RateLimits>,
    pub sign_in: Arc<SignInDoor>,
    /// The pace that bodies must keep.
    pub pace: Pace,
}

impl ApiState {
    /// Notes for the answer where the request stands with a limit; counts a refusal.
    pub(super) fn within(&self, told: Option<&Told>, counted: Result<Standing, TooFast>) -> Result<(), Problem> {
        let (standing, outcome) = match counted {
            Ok(standing) => (standing, Ok(())),
            Err(TooFast { limit, standing, problem }) => {
                self.service.metrics().refused(limit);
                (standing, Err(*problem))
            }
        };
        if let Some(told) = told {
            told.note(standing);
        }
        outcome
    }
}
