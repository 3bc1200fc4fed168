//! Every address of the API, as a table of contents; the OpenAPI document comes from the same lines.

use super::bodies::{Bodies, paced};
use super::document::complete;
use super::observe::{Observation, observe};
use super::problems::{METHOD_NOT_ALLOWED, Problem};
use super::rates;
use super::request::JSON_BYTES;
use super::state::ApiState;
use super::{
    accounts, changes, collection_moves, collections, confirmations, ees, explanations, moves, problem_pages, receipts,
    release_moves, releases, removals, returns, sign_in,
};
use crate::domain::collecting::{self, CollectionMove, CollectionState};
use crate::domain::state::{self, ReturnMove, ReturnState};
use axum::extract::DefaultBodyLimit;
use axum::http::header::CONTENT_TYPE;
use axum::response::IntoResponse as _;
use axum::routing::get;
use axum::{Router, middleware};
use bytes::Bytes;
use utoipa::openapi::security::{ApiKey, ApiKeyValue, Http, HttpAuthScheme, SecurityScheme};
use utoipa::{Modify, OpenApi};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Homeward",
        description = "Authorities' anonymised returns on children who go home from care: checked, signed, accepted, and \
                       turned into statistics that are safe to publish. Errors are problem documents (RFC 9457) with a stable \
                       `code`; their `type` leads to an explanation."
    ),
    modifiers(&KeyScheme, &Lifecycles),
    components(schemas(Problem)),
    tags(
        (name = "returns", description = "Checking, sending, explaining, signing, accepting"),
        (name = "collections", description = "Calendar, coverage and specification"),
        (name = "releases", description = "Statistics: built, approved, published, revised, downloaded"),
        (name = "data sets", description = "Published figures, queried in the shape of DfE's public data API"),
        (name = "sessions", description = "People who sign in: by the department's provider, or with a password"),
        (name = "accounts", description = "Organisations, people, and the keys of machines"),
        (name = "problems", description = "What errors mean")
    )
)]
struct Document;

struct KeyScheme;

impl Modify for KeyScheme {
    fn modify(&self, document: &mut utoipa::openapi::OpenApi) {
        let scheme = SecurityScheme::Http(Http::new(HttpAuthScheme::Bearer));
        let components = document.components.get_or_insert_default();
        components.add_security_scheme("key", scheme);
        let cookie = SecurityScheme::ApiKey(ApiKey::Cookie(ApiKeyValue::new("__Host-homeward")));
        components.add_security_scheme("session", cookie);
    }
}

/// Says of each tag how its things live, and of each move what it takes, from the tables of the domain.
struct Lifecycles;

impl Modify for Lifecycles {
    fn modify(&self, document: &mut utoipa::openapi::OpenApi) {
        for tag in document.tags.iter_mut().flatten() {
            let table = match tag.name.as_str() {
                "returns" => state::moves_as_markdown(),
                "collections" => collecting::moves_as_markdown(),
                _ => continue,
            };
            tag.description = Some(format!("{}\n\n{table}", tag.description.as_deref().unwrap_or_default()));
        }
    }
}

/// Adds to the description of each move what its table says of it.
fn with_lifecycles(mut document: utoipa::openapi::OpenApi) -> utoipa::openapi::OpenApi {
    let of_returns = ReturnMove::ALL.into_iter().filter(|step| step.is_made_by_people()).map(|step| {
        let from: Vec<&str> = step.from().map(ReturnState::name).collect();
        let told = format!("Takes a return that is {}: {}.", from.join(" or "), step.condition());
        (format!("/v1/returns/{{id}}/{step}"), told)
    });
    let of_collections = CollectionMove::ALL.into_iter().filter(|step| !step.who().is_empty()).map(|step| {
        let from: Vec<&str> = CollectionState::ALL
            .into_iter()
            .filter(|state| state.after(step).is_some())
            .map(CollectionState::name)
            .collect();
        let told = format!("Takes a collection that is {}: {}.", from.join(" or "), step.condition());
        (format!("/v1/collections/{{collection}}/{step}"), told)
    });
    for (path, told) in of_returns.chain(of_collections) {
        let operation = document.paths.paths.get_mut(&path).and_then(|item| item.post.as_mut());
        if let Some(operation) = operation {
            let written = operation.description.take().map(|text| text + "\n\n").unwrap_or_default();
            operation.description = Some(written + &told);
        }
    }
    document
}

fn documented() -> OpenApiRouter<ApiState> {
    OpenApiRouter::with_openapi(Document::openapi())
        .routes(routes!(returns::check))
        .routes(routes!(returns::submit, returns::list))
        .routes(routes!(returns::read))
        .routes(routes!(returns::findings))
        .routes(routes!(returns::history))
        .routes(routes!(receipts::receipt))
        .routes(routes!(receipts::keys))
        .routes(routes!(removals::remove))
        .routes(routes!(changes::changes))
        .routes(routes!(moves::explain, moves::explanations))
        .routes(routes!(moves::sign))
        .routes(routes!(moves::withdraw))
        .routes(routes!(moves::accept))
        .routes(routes!(moves::send_back))
        .routes(routes!(collections::list))
        .routes(routes!(collection_moves::read))
        .routes(routes!(collection_moves::open))
        .routes(routes!(collection_moves::extend))
        .routes(routes!(collection_moves::close))
        .routes(routes!(collection_moves::reopen))
        .routes(routes!(collections::coverage))
        .routes(routes!(collections::profile))
        .routes(routes!(explanations::across))
        .routes(routes!(collections::specification))
        .routes(routes!(collections::catalogue))
        .routes(routes!(collections::rule))
        .merge(
            OpenApiRouter::new()
                .routes(routes!(release_moves::build, releases::list))
                .routes(routes!(releases::latest))
                .routes(routes!(releases::read))
                .routes(routes!(releases::changes))
                .layer(middleware::from_fn(ees::conditional)),
        )
        .routes(routes!(release_moves::approve))
        .routes(routes!(release_moves::publish))
        .routes(routes!(release_moves::discard))
        .routes(routes!(releases::file))
        .merge(ees::documented())
        .routes(routes!(sign_in::page::begin))
        .routes(routes!(sign_in::page::callback))
        .routes(routes!(sign_in::leave::begin))
        .routes(routes!(sign_in::leave::callback))
        .routes(routes!(sign_in::session::create, sign_in::session::read, sign_in::session::end))
        .routes(routes!(accounts::organisations))
        .routes(routes!(accounts::people, accounts::add_person))
        .routes(routes!(accounts::change_person))
        .routes(routes!(accounts::keys, accounts::new_key))
        .routes(routes!(accounts::rotate))
        .routes(routes!(accounts::end_key))
        .routes(routes!(confirmations::confirm_key))
        .routes(routes!(confirmations::refuse_key))
        .routes(routes!(confirmations::confirm_roles))
        .routes(routes!(confirmations::refuse_roles))
        .routes(routes!(problem_pages::list))
        .routes(routes!(problem_pages::read))
}

/// The OpenAPI 3.1 document of the API.
pub fn openapi() -> serde_json::Value {
    complete(&with_lifecycles(documented().split_for_parts().1))
}

/// The public API.
pub fn router(state: ApiState, observation: Observation) -> Router {
    let (router, document) = documented().split_for_parts();
    let document = complete(&with_lifecycles(document));
    // Written once: it is long, and the same for everybody.
    let document = Bytes::from(serde_json::to_vec(&document).unwrap_or_default());
    let bodies = Bodies::new(state.pace, observation.metrics.clone());
    router
        .merge(ees::as_one_point_nought(state.clone()))
        .route("/v1/openapi.json", get(move || async move { ([(CONTENT_TYPE, "application/json")], document) }))
        .fallback(|| async { Problem::not_found() })
        .method_not_allowed_fallback(|| async {
            Problem::new(METHOD_NOT_ALLOWED, METHOD_NOT_ALLOWED.help).into_response()
        })
        .layer(DefaultBodyLimit::max(JSON_BYTES))
        .layer(middleware::from_fn_with_state(state.clone(), rates::told))
        .layer(middleware::from_fn_with_state(bodies, paced))
        .layer(middleware::from_fn_with_state(observation, observe))
        .with_state(state)
}
