//! From what a use case refused to the problem document that says so.

use super::problems::{Problem, ProblemItem};
use crate::domain::state::ReturnMove;
use crate::flow::FlowError;

impl From<FlowError> for Problem {
    fn from(error: FlowError) -> Self {
        if let Some(cause) = error.cause() {
            // The cause is for the operator; the client's text names neither files nor folders of the service.
            tracing::error!(cause, code = error.code(), "a request failed");
        }
        let mut problem = Self::of_code(error.code(), sentence(&error.to_string()));
        match error {
            FlowError::Busy { retry_after_seconds } | FlowError::TooManyUploads { retry_after_seconds, .. } => {
                problem = problem.retry_after(retry_after_seconds);
            }
            FlowError::NoSpace => problem = problem.retry_after(60),
            FlowError::ProviderUnusable { .. } => problem = problem.retry_after(30),
            FlowError::NotFound => problem = Self::not_found(),
            FlowError::IdentifyingText { found } => {
                problem.errors.extend(found.into_iter().map(|one| ProblemItem {
                    message: format!("The text seems to hold {}.", one.kind.name),
                    path: one.field,
                    code: one.kind.code.to_owned(),
                    detail: "expected a text without anything that could identify somebody".into(),
                }));
            }
            FlowError::WrongState { found, .. } => {
                problem.errors.push(ProblemItem {
                    message: format!("What can be done now: {}.", found.possible()),
                    path: "$.state".to_owned(),
                    code: "wrong-state".to_owned(),
                    detail: serde_json::json!({
                        "found": found.name(),
                        "possible": found.moves().filter(|step| step.is_made_by_people()).map(ReturnMove::name).collect::<Vec<_>>(),
                    }),
                });
            }
            FlowError::NotReadyToSign { remaining } => {
                problem.errors.extend(remaining.into_iter().map(|rule| ProblemItem {
                    message: rule.advice,
                    path: format!("$.findings[?@.code=='{}']", rule.code),
                    code: rule.code,
                    detail: format!("{} open", rule.findings).into(),
                }));
            }
            _ => {}
        }
        problem
    }
}

/// A text as a sentence: a capital first, a full stop last.
fn sentence(text: &str) -> String {
    let mut letters = text.chars();
    let first = letters.next().map(|letter| letter.to_uppercase().to_string()).unwrap_or_default();
    let rest = letters.as_str().trim_end_matches('.');
    format!("{first}{rest}.")
}

#[cfg(test)]
mod tests {
    use super::super::problems::ALL;
    use super::*;
    use crate::domain::release::{ReleaseMove, ReleaseState};

    #[test]
    fn what_failed_inside_is_not_told_outside() {
        let error = FlowError::Internal { doing: "read the return", cause: "no such file: /var/secret".to_owned() };
        let problem = Problem::from(error);
        assert_eq!((problem.status, problem.code.as_str()), (500, "internal"));
        assert!(!problem.detail.contains("secret"));
    }

    #[test]
    fn every_code_of_a_use_case_is_in_the_registry() {
        let errors = [
            FlowError::KeyUnknown,
            FlowError::NotFound,
            FlowError::RequestInvalid("x".to_owned()),
            FlowError::NotReadyToSign { remaining: Vec::new() },
            FlowError::IdentifyingText { found: Vec::new() },
            FlowError::NothingToCompare("x".to_owned()),
            FlowError::IdempotencyConflict,
            FlowError::Busy { retry_after_seconds: 1 },
            FlowError::TooManyUploads { whose: "key", most: 1, retry_after_seconds: 1 },
            FlowError::NoSpace,
            FlowError::CollectionClosed { collection: "x".to_owned(), since: chrono::DateTime::UNIX_EPOCH },
            FlowError::CollectionWrongState("x".to_owned()),
            FlowError::ReleaseRefused("x".to_owned()),
            FlowError::LaterVersionInForce { in_force: 2 },
            FlowError::ReleaseWrongState { found: ReleaseState::Draft, wanted: ReleaseMove::Publish },
            FlowError::SecondPersonNeeded,
            FlowError::AuthorMayNotSign,
            FlowError::OwnRoles,
            FlowError::NotYoursToGive("x"),
            FlowError::Taken("x".to_owned()),
            FlowError::KeyEnded("x".to_owned()),
            FlowError::ReleaseOvertaken("x".to_owned()),
            FlowError::SignInFailed("x"),
            FlowError::SignInElsewhere("x".to_owned()),
            FlowError::PersonUnknown { issuer: "x".to_owned(), subject: "x".to_owned() },
            FlowError::ProviderUnusable { cause: "x".to_owned() },
        ];
        for error in errors {
            assert!(ALL.iter().any(|kind| kind.code == error.code()), "{}", error.code());
        }
    }
}
