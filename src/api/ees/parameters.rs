//! The parameters of an address: each is taken by its name, what is left over is unknown, and every fault is told at once.

use super::super::problems::{Problem, ProblemItem, REQUEST_INVALID};
use crate::flow::VersionSelector;
use crate::publish::dataset::{Message, Paging, QueryError};
use axum::extract::{FromRequestParts, Query};
use axum::http::request::Parts;
use chrono::{DateTime, Utc};

/// The parameters that nobody has taken yet, decoded.
#[derive(Debug)]
pub(super) struct Parameters {
    left: Vec<(String, String)>,
    known: Vec<&'static str>,
    faults: Vec<QueryError>,
}

impl<S: Send + Sync> FromRequestParts<S> for Parameters {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let read = Query::<Vec<(String, String)>>::from_request_parts(parts, state).await;
        let Query(left) = read.map_err(|_| refused(vec![Message::invalid("query", "name=value, joined by &")]))?;
        Ok(Self { left, known: Vec::new(), faults: Vec::new() })
    }
}

/// Which version of a data set is meant, and how it stood when.
#[derive(Debug, Clone, Copy)]
pub(super) struct Meant {
    pub(super) version: Option<VersionSelector>,
    pub(super) as_of: Option<DateTime<Utc>>,
}

impl Meant {
    /// Whether the answer is the same for ever.
    pub(super) fn is_pinned(&self) -> bool {
        self.as_of.is_some() || self.version.is_some_and(|version| version.is_pinned())
    }
}

impl Parameters {
    /// The value of a parameter that stands at most once.
    pub(super) fn take(&mut self, name: &'static str) -> Option<String> {
        self.known.push(name);
        let at = self.left.iter().position(|(known, _)| known == name)?;
        let (_, value) = self.left.remove(at);
        if self.left.iter().any(|(known, _)| known == name) {
            self.left.retain(|(known, _)| known != name);
            self.faults.push(Message::invalid(name, "one value"));
        }
        Some(value)
    }

    pub(super) fn fault(&mut self, fault: Message) {
        self.faults.push(fault);
    }

    /// The time that `asOf` names: it must have passed, so that what stood then is certain.
    pub(super) fn as_of(&mut self, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let text = self.take("asOf")?;
        // A plus that was not escaped arrives as a blank.
        let read = DateTime::parse_from_rfc3339(text.trim().replace(' ', "+").as_str()).ok();
        let read = read.map(|at| at.with_timezone(&Utc)).filter(|at| *at <= now);
        if read.is_none() {
            self.faults.push(Message::invalid("asOf", "a time that has passed, such as 2026-10-01T09:30:00Z"));
        }
        read
    }

    /// The version that `dataSetVersion` names, `asOf` with it. A version that cannot be read names nothing.
    pub(super) fn meant(&mut self, now: DateTime<Utc>) -> Result<Meant, Problem> {
        let version = match self.take("dataSetVersion") {
            Some(text) => Some(VersionSelector::parse(&text).ok_or_else(Problem::not_found)?),
            None => None,
        };
        Ok(Meant { version, as_of: self.as_of(now) })
    }

    /// Which page; the results are counted later.
    pub(super) fn paging(&mut self, size: u64, largest: u64) -> Paging {
        let number = |text: Option<String>| text.map(|text| text.trim().parse::<i64>());
        let page = match number(self.take("page")) {
            None => 1,
            Some(Ok(page)) if page >= 1 => page.unsigned_abs(),
            Some(Ok(page)) => {
                self.faults.push(Message::too_small("page", page, 1));
                1
            }
            Some(Err(_)) => {
                self.faults.push(Message::invalid("page", "a whole number"));
                1
            }
        };
        let size = match number(self.take("pageSize")) {
            None => size,
            Some(Ok(wanted)) if (1..=largest).contains(&wanted.unsigned_abs()) && wanted > 0 => wanted.unsigned_abs(),
            Some(Ok(wanted)) => {
                self.faults.push(Message::not_between("pageSize", wanted, 1, largest));
                size
            }
            Some(Err(_)) => {
                self.faults.push(Message::invalid("pageSize", "a whole number"));
                size
            }
        };
        Paging::new(page, size, 0)
    }

    /// The parameters that nobody took, for what reads them itself.
    pub(super) fn rest(&mut self) -> Vec<(String, String)> {
        std::mem::take(&mut self.left)
    }

    /// Nothing may be left, and nothing may be wrong.
    pub(super) fn finish(mut self) -> Result<(), Problem> {
        for (name, _) in &self.left {
            let name: String = name.chars().take(60).collect();
            self.faults.push(Message::unknown_field(name.clone(), &name, &self.known));
        }
        if self.faults.is_empty() { Ok(()) } else { Err(refused(self.faults)) }
    }

    /// The same, with the faults of what was read besides.
    pub(super) fn finish_with<T>(mut self, read: Result<T, Vec<QueryError>>) -> Result<T, Problem> {
        match read {
            Ok(read) => self.finish().map(|()| read),
            Err(faults) => {
                self.faults.extend(faults);
                self.finish().and(Err(Problem::new(REQUEST_INVALID, REQUEST_INVALID.help)))
            }
        }
    }
}

/// A problem with everything that is wrong about a request.
pub(super) fn refused(errors: Vec<QueryError>) -> Problem {
    let item = |error: QueryError| ProblemItem {
        message: error.message,
        path: error.path,
        code: error.code.to_owned(),
        detail: error.detail,
    };
    let detail = match errors.as_slice() {
        [one] => format!("{}: {}", one.path, one.message),
        more => format!("{} parts of the request are wrong; each of `errors` says which.", more.len()),
    };
    let mut problem = Problem::new(REQUEST_INVALID, detail);
    problem.errors = errors.into_iter().map(item).collect();
    problem
}
