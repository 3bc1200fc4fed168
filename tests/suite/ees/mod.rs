//! The public data API, asked over its real router: every address, its faults, its tags, its versions.

mod addresses;
mod clients;
mod faults;
mod history;

use super::service_support::{House, YEAR, sample};
use axum::body::Body;
use axum::http::{HeaderMap, Request};
use homeward::api::{ApiState, Observation, Pace, PerMinute, RateLimits, SignInDoor, router};
use homeward::domain::account::Role;
use homeward::flow::{NewRelease, Service};
use homeward::store::ReleaseRecord;
use http_body_util::BodyExt as _;
use serde_json::Value;
use std::sync::Arc;
use std::time::Duration;
use tower::ServiceExt as _;

pub(super) const AUTHORITIES: [&str; 3] = ["330", "331", "332"];

/// A house with its API.
pub(super) struct Published {
    pub(super) house: House,
    router: axum::Router,
}

/// An answer, read whole.
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) headers: HeaderMap,
    pub(super) body: Vec<u8>,
}

impl Answer {
    pub(super) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|_| panic!("not JSON: {}", self.text()))
    }

    pub(super) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    pub(super) fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }
}

fn router_of(service: Service) -> axum::Router {
    let state = ApiState {
        sign_in: Arc::new(SignInDoor::new(false, None).expect("random bytes")),
        service: service.clone(),
        rates: Arc::new(RateLimits::new(PerMinute {
            requests: 10_000,
            uploads: 10_000,
            anonymous: 10_000,
            address_requests: 1_000_000,
            address_uploads: 10_000,
            sign_ins: 10_000,
            address_sign_ins: 10_000,
        })),
        pace: Pace { idle: Duration::from_secs(5), patience: Duration::from_secs(5), bytes_per_second: 1 },
    };
    let observation =
        Observation { metrics: service.metrics().clone(), timeout: Duration::from_secs(60), encrypted: false };
    router(state, observation)
}

impl Published {
    /// A house in which a release of the authorities' returns is published.
    pub(super) async fn new() -> Self {
        let house = House::new().await;
        for code in AUTHORITIES {
            house.accept(code, &sample(YEAR, code, 1)).await;
        }
        let published = Self { router: router_of(house.service.clone()), house };
        published.release(NewRelease::of(YEAR)).await;
        published
    }

    /// The same house after another start, with nothing in memory.
    pub(super) fn started_again(self) -> Self {
        Self { router: router_of(self.house.started_again()), house: self.house }
    }

    pub(super) async fn draft(&self, new: NewRelease) -> ReleaseRecord {
        let collector = self.house.account(Role::Collector).await;
        self.house.service.build_release(&collector, new).await.expect("is built")
    }

    /// Builds, approves and publishes a release.
    pub(super) async fn release(&self, new: NewRelease) -> ReleaseRecord {
        let service = &self.house.service;
        let draft = self.draft(new).await;
        let second = self.house.account(Role::Collector).await;
        service.approve_release(&second, draft.id).await.expect("is approved");
        service.publish_release(&second, draft.id, None).await.expect("is published")
    }

    pub(super) async fn send(&self, request: Request<Body>) -> Answer {
        let response = self.router.clone().oneshot(request).await.expect("is answered");
        let (parts, body) = response.into_parts();
        let body = body.collect().await.expect("arrives").to_bytes().to_vec();
        Answer { status: parts.status.as_u16(), headers: parts.headers, body }
    }

    pub(super) async fn get(&self, path: &str) -> Answer {
        self.send(Request::get(path).body(Body::empty()).expect("is a request")).await
    }

    pub(super) async fn get_with(&self, path: &str, header: (&str, &str)) -> Answer {
        let request = Request::get(path).header(header.0, header.1).body(Body::empty());
        self.send(request.expect("is a request")).await
    }

    pub(super) async fn post(&self, path: &str, body: &str) -> Answer {
        let request = Request::post(path).header("content-type", "application/json");
        self.send(request.body(Body::from(body.to_owned())).expect("is a request")).await
    }

    /// The addresses of all data sets.
    pub(super) async fn data_sets(&self) -> Vec<String> {
        let publications = self.get("/v1/publications").await.json();
        let publication = publications["results"][0]["id"].as_str().expect("is published").to_owned();
        let list = self.get(&format!("/v1/publications/{publication}/data-sets?pageSize=20")).await.json();
        let ids = list["results"].as_array().expect("data sets").iter().map(|one| one["id"].as_str().expect("an id"));
        ids.map(|id| format!("/v1/data-sets/{id}")).collect()
    }

    /// The address of a data set that has a filter.
    pub(super) async fn data_set(&self) -> String {
        for path in self.data_sets().await {
            let summary = self.get(&path).await.json();
            if summary["latestVersion"]["filters"].as_array().is_some_and(|filters| !filters.is_empty()) {
                return path;
            }
        }
        panic!("no data set has a filter")
    }
}
