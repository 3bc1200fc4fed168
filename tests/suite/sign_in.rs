//! Sessions of people who sign in with a password: begun, used, idle, ended; and what tells nothing.

use super::service_support::{AUTHORITY, House};
use axum::Router;
use axum::body::Body;
use axum::http::{Method, Request};
use chrono::Duration;
use homeward::api::{ApiState, Observation, Pace, PerMinute, RateLimits, SignInDoor, router};
use homeward::domain::account::{Role, Roles};
use homeward::domain::identifier::PersonId;
use homeward::domain::organisation::Organisation;
use homeward::flow::{NewKey, hash_password};
use homeward::store::{Ledger, PersonAction, PersonRecord, PersonStep, SignIn};
use serde_json::{Value, json};
use std::sync::Arc;
use tower::ServiceExt as _;

const PATIENCE: std::time::Duration = std::time::Duration::from_secs(60);
const PASSWORD: &str = "seven herons on a wall";

/// A service with one person, who is a submitter with a user name and a password.
struct Door {
    house: House,
    router: Router,
    person: PersonId,
}

/// An answer, read whole.
struct Answer {
    status: u16,
    cookie: String,
    retry_after: Option<u64>,
    body: Value,
}

impl Door {
    async fn new(tries_per_minute: u32) -> Self {
        let house = House::new().await;
        let state = ApiState {
            service: house.service.clone(),
            rates: Arc::new(RateLimits::new(PerMinute {
                requests: 10_000,
                uploads: 10_000,
                anonymous: 10_000,
                address_requests: 10_000,
                address_uploads: 10_000,
                sign_ins: tries_per_minute,
                address_sign_ins: 10_000,
            })),
            sign_in: Arc::new(SignInDoor::new(true, None).expect("random bytes")),
            pace: Pace { idle: PATIENCE, patience: PATIENCE, bytes_per_second: 1 },
        };
        let metrics = house.service.metrics().clone();
        let router = router(state, Observation { metrics, timeout: PATIENCE, encrypted: true });
        let id = PersonId::new(house.clock_time());
        let password = hash_password(PASSWORD).expect("is hashed");
        let person = PersonRecord {
            id,
            organisation: Organisation::Authority(AUTHORITY.to_owned()),
            name: "Kestrel Officer".to_owned(),
            email: None,
            sign_in: SignIn::Local { user_name: "kestrel".to_owned(), password },
            roles: Roles::from(Role::Submitter),
            created: house.clock_time(),
            created_by: None,
            waiting: None,
            disabled: None,
            erased: None,
        };
        house.data.ledger.add_person(&person).await.expect("is added");
        Self { house, router, person: id }
    }

    async fn ask(&self, method: Method, path: &str, headers: &[(&str, &str)], body: Option<Value>) -> Answer {
        let mut request = Request::builder().method(method).uri(path);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let body = body.map_or_else(Body::empty, |body| Body::from(body.to_string()));
        let response = self.router.clone().oneshot(request.body(body).expect("a request")).await.expect("an answer");
        let header = |name: &str| response.headers().get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
        let (cookie, retry_after) = (header("set-cookie"), header("retry-after"));
        let status = response.status().as_u16();
        let bytes = http_body_util::BodyExt::collect(response.into_body()).await.expect("its body").to_bytes();
        let body = serde_json::from_slice(&bytes).unwrap_or(Value::Null);
        let retry_after = retry_after.and_then(|seconds| seconds.parse().ok());
        Answer { status, cookie: cookie.unwrap_or_default(), retry_after, body }
    }

    async fn try_to_sign_in(&self, user_name: &str, password: &str) -> Answer {
        let given = json!({ "user_name": user_name, "password": password, "bearer": true });
        self.ask(Method::POST, "/v1/session", &[], Some(given)).await
    }

    /// The key of a new session.
    async fn signed_in(&self) -> String {
        let answer = self.try_to_sign_in("Kestrel", PASSWORD).await;
        assert_eq!((answer.status, answer.cookie.as_str()), (201, ""), "{}", answer.body);
        answer.body["key"].as_str().expect("a key").to_owned()
    }

    async fn who(&self, key: &str) -> Answer {
        self.ask(Method::GET, "/v1/session", &[("authorization", &format!("Bearer {key}"))], None).await
    }
}

#[tokio::test]
async fn a_person_signs_in_with_a_password_and_out_again() {
    let door = Door::new(100).await;
    let key = door.signed_in().await;
    let who = door.who(&key).await;
    assert_eq!(who.status, 200, "{}", who.body);
    assert_eq!(who.body["name"], "Kestrel Officer");
    assert_eq!((&who.body["organisation"], &who.body["roles"]), (&json!("330"), &json!(["submitter"])));
    assert_eq!((&who.body["kind"], &who.body["person"]), (&json!("session"), &json!(door.person.to_string())));
    let bearer = format!("Bearer {key}");
    let out = door.ask(Method::DELETE, "/v1/session", &[("authorization", &bearer)], None).await;
    assert_eq!(out.status, 204);
    assert_eq!(door.who(&key).await.status, 401, "the session ended at once");
}

#[tokio::test]
async fn a_browser_gets_a_cookie_that_changes_nothing_for_other_pages() {
    let door = Door::new(100).await;
    let given = || Some(json!({ "user_name": "kestrel", "password": PASSWORD }));
    let refused = door.ask(Method::POST, "/v1/session", &[("origin", "https://evil.example")], given()).await;
    assert_eq!((refused.status, refused.body["code"].as_str()), (403, Some("cross-site")));
    let begun = door.ask(Method::POST, "/v1/session", &[("sec-fetch-site", "same-origin")], given()).await;
    assert_eq!((begun.status, begun.body.get("key")), (201, None));
    let mut parts = begun.cookie.split("; ");
    let pair = parts.next().expect("a cookie").to_owned();
    assert!(pair.starts_with("__Host-homeward=hw_"), "{pair}");
    assert_eq!(parts.collect::<Vec<_>>(), ["HttpOnly", "SameSite=Lax", "Secure", "Path=/", "Max-Age=36000"]);
    let read = door.ask(Method::GET, "/v1/session", &[("cookie", &pair)], None).await;
    assert_eq!(read.status, 200);
    for headers in [vec![], vec![("origin", "https://evil.example")], vec![("sec-fetch-site", "same-site")]] {
        let headers = [headers, vec![("cookie", pair.as_str()), ("host", "homeward.example")]].concat();
        let refused = door.ask(Method::DELETE, "/v1/session", &headers, None).await;
        assert_eq!((refused.status, refused.body["code"].as_str()), (403, Some("cross-site")), "{headers:?}");
    }
    let own = [("cookie", pair.as_str()), ("host", "homeward.example"), ("origin", "https://homeward.example")];
    let out = door.ask(Method::DELETE, "/v1/session", &own, None).await;
    assert_eq!(out.status, 204);
    assert!(out.cookie.starts_with("__Host-homeward=; ") && out.cookie.ends_with("Max-Age=0"), "{}", out.cookie);
    let new = NewKey::machine(Organisation::Department, Role::Collector, "a test");
    let machine = door.house.service.key_keeper().make(new).await.expect("makes a key");
    let cookie = format!("__Host-homeward={}", machine.text);
    let refused = door.ask(Method::GET, "/v1/session", &[("cookie", &cookie)], None).await;
    assert_eq!(refused.status, 401, "the key of a machine is no session");
}

#[tokio::test]
async fn who_is_unknown_wrong_or_disabled_is_answered_alike() {
    let door = Door::new(100).await;
    let unknown = door.try_to_sign_in("nobody", PASSWORD).await;
    let wrong = door.try_to_sign_in("kestrel", "seven herons on a gate").await;
    let step = PersonStep {
        id: door.person,
        action: PersonAction::Disable,
        at: door.house.clock_time(),
        by: None,
        confirmed_by_another: Roles::NONE,
    };
    let session = door.signed_in().await;
    door.house.data.ledger.change_person(&step).await.expect("is disabled");
    let disabled = door.try_to_sign_in("kestrel", PASSWORD).await;
    assert_eq!((unknown.status, unknown.body["code"].as_str()), (401, Some("sign-in-failed")));
    assert_eq!(unknown.body, wrong.body);
    assert_eq!(unknown.body, disabled.body);
    assert_eq!(door.who(&session).await.status, 401, "a session ends with its person");
}

#[tokio::test]
async fn a_session_ends_when_it_is_not_used_and_when_it_is_old() {
    let door = Door::new(100).await;
    let key = door.signed_in().await;
    for _ in 0..10 {
        door.house.clock.advance(Duration::minutes(29));
        assert_eq!(door.who(&key).await.status, 200, "use keeps it open");
    }
    door.house.clock.advance(Duration::minutes(32));
    assert_eq!(door.who(&key).await.status, 401, "nobody used it for half an hour");
    let key = door.signed_in().await;
    for _ in 0..20 {
        door.house.clock.advance(Duration::minutes(29));
        assert_eq!(door.who(&key).await.status, 200);
    }
    door.house.clock.advance(Duration::minutes(20));
    assert_eq!(door.who(&key).await.status, 401, "ten hours are over, however it was used");
}

#[tokio::test]
async fn trying_passwords_is_slowed() {
    let door = Door::new(3).await;
    for _ in 0..3 {
        assert_eq!(door.try_to_sign_in("kestrel", "not the password").await.status, 401);
    }
    let slowed = door.try_to_sign_in("kestrel", PASSWORD).await;
    assert_eq!((slowed.status, slowed.body["code"].as_str()), (429, Some("too-many-requests")));
    assert!(slowed.retry_after.is_some_and(|seconds| seconds > 0));
    assert_eq!(door.try_to_sign_in("another", PASSWORD).await.status, 401, "others are not slowed");
}
