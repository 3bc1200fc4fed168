//! The department's own provider of identities, spoken to by OpenID Connect: where people are sent, and who comes back.
//!
//! This room never decides what somebody may do and never keeps anything about a person. `flow` calls it.

mod error;
mod http;
mod settings;
mod token;

pub use error::ProviderError;
pub use settings::ProviderSettings;

use chrono::{DateTime, Duration, Utc};
use http::Http;
use openidconnect::core::{CoreAuthenticationFlow, CoreClient, CoreClientAuthMethod};
use openidconnect::{
    AuthType, ClientId, ClientSecret, CsrfToken, EndpointMaybeSet, EndpointNotSet, EndpointSet, IssuerUrl,
    LogoutRequest, Nonce, PkceCodeChallenge, PostLogoutRedirectUrl, ProviderMetadataWithLogout, RedirectUrl, Scope,
};
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

/// How long what a provider says of itself is taken for true. New keys are noticed before, by the first token they sign.
const KNOWN_FOR: Duration = Duration::hours(1);

type Client =
    CoreClient<EndpointSet, EndpointNotSet, EndpointNotSet, EndpointNotSet, EndpointMaybeSet, EndpointMaybeSet>;

/// One provider. Cloning it is cheap; the clones are one.
#[derive(Clone)]
pub struct Provider(Arc<Inside>);

struct Inside {
    issuer: IssuerUrl,
    client: ClientId,
    secret: Option<ClientSecret>,
    redirect: RedirectUrl,
    signed_out: PostLogoutRedirectUrl,
    scopes: Vec<Scope>,
    http: Http,
    known: Mutex<Option<Known>>,
}

/// What the provider says of itself: its addresses and keys.
#[derive(Clone)]
struct Known {
    metadata: ProviderMetadataWithLogout,
    read: DateTime<Utc>,
}

/// A sign-in that has begun. What it holds besides the address must come back with the person, and be told to nobody else.
pub struct Begun {
    /// Where the browser goes now.
    pub address: String,
    pub state: String,
    pub nonce: String,
    /// The secret half of the proof that whoever began is whoever ends (PKCE, RFC 7636).
    pub verifier: String,
}

/// A sign-out that has begun.
pub struct Leaving {
    /// Where the browser goes now.
    pub address: String,
    /// Comes back with the person.
    pub state: String,
}

/// What came back with the person.
pub struct Returned {
    pub code: String,
    pub nonce: String,
    pub verifier: String,
}

/// Somebody whom the provider vouches for.
pub struct Identity {
    pub issuer: String,
    pub subject: String,
    /// Only where the provider says that it is verified.
    pub email: Option<String>,
}

macro_rules! withheld {
    ($($name:ident),*) => {
        $(impl fmt::Debug for $name {
            fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                out.write_str(stringify!($name))
            }
        })*
    };
}

withheld!(Provider, Begun, Leaving, Returned, Identity);

impl Provider {
    /// Reads the settings. The provider itself is asked at the first sign-in, so that the service starts without it.
    pub fn new(settings: ProviderSettings) -> Result<Self, ProviderError> {
        let read = settings.read()?;
        Ok(Self(Arc::new(Inside {
            issuer: read.issuer,
            client: ClientId::new(settings.client_id),
            secret: settings.client_secret.map(ClientSecret::new),
            redirect: read.redirect,
            signed_out: read.signed_out,
            scopes: settings.scopes.into_iter().filter(|scope| scope != "openid").map(Scope::new).collect(),
            http: Http::new(settings.authorities.as_deref())?,
            known: Mutex::new(None),
        })))
    }

    pub fn issuer(&self) -> &str {
        self.0.issuer.as_str()
    }

    /// Where to send somebody who wants to sign in.
    pub async fn begin(&self, now: DateTime<Utc>) -> Result<Begun, ProviderError> {
        let client = self.client(&self.known(now).await?);
        let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
        let flow = CoreAuthenticationFlow::AuthorizationCode;
        let request = client.authorize_url(flow, CsrfToken::new_random, Nonce::new_random);
        let (address, state, nonce) = request.add_scopes(self.0.scopes.clone()).set_pkce_challenge(challenge).url();
        Ok(Begun {
            address: address.into(),
            state: state.into_secret(),
            nonce: nonce.secret().clone(),
            verifier: verifier.into_secret(),
        })
    }

    /// Exchanges the code that the person brought back for who they are, and checks everything that is said.
    pub async fn finish(&self, returned: Returned, now: DateTime<Utc>) -> Result<Identity, ProviderError> {
        token::exchange(self, returned, now).await
    }

    /// Where to send somebody whose session ended here, so that they are signed out at the provider too (OpenID Connect
    /// RP-Initiated Logout 1.0); none where it offers no such thing.
    ///
    /// The service names itself by its `client_id` and shows no ID token: it would have to keep one for every session, and who
    /// reads it knows a person. So the provider asks them whether they mean it, as the standard says. A `logout_hint` is not
    /// given either: what it means is up to each provider, and in an address it would stand in histories and logs.
    pub async fn leave(&self, now: DateTime<Utc>) -> Result<Option<Leaving>, ProviderError> {
        let known = self.known(now).await?;
        let ends = known.metadata.additional_metadata().end_session_endpoint.clone();
        let Some(ends) = ends.filter(|address| settings::is_encrypted_or_local(address.url())) else { return Ok(None) };
        let state = CsrfToken::new_random();
        let request = LogoutRequest::from(ends)
            .set_client_id(self.0.client.clone())
            .set_post_logout_redirect_uri(self.0.signed_out.clone())
            .set_state(state.clone());
        Ok(Some(Leaving { address: request.http_get_url().into(), state: state.into_secret() }))
    }

    /// What the provider says of itself, asked again when it was long ago.
    async fn known(&self, now: DateTime<Utc>) -> Result<Known, ProviderError> {
        let kept = self.kept().clone().filter(|known| now < known.read + KNOWN_FOR && known.read <= now);
        match kept {
            Some(known) => Ok(known),
            None => self.ask_again(now).await,
        }
    }

    async fn ask_again(&self, now: DateTime<Utc>) -> Result<Known, ProviderError> {
        let metadata = ProviderMetadataWithLogout::discover_async(self.0.issuer.clone(), &self.0.http).await?;
        let known = Known { metadata, read: now };
        *self.kept() = Some(known.clone());
        Ok(known)
    }

    fn kept(&self) -> std::sync::MutexGuard<'_, Option<Known>> {
        // It is replaced as a whole, so a poisoned lock is still good.
        self.0.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn client(&self, known: &Known) -> Client {
        let (metadata, inside) = (known.metadata.clone(), &self.0);
        let methods = metadata.token_endpoint_auth_methods_supported().cloned().unwrap_or_default();
        let takes = |method| methods.contains(&method);
        let in_body = takes(CoreClientAuthMethod::ClientSecretPost) && !takes(CoreClientAuthMethod::ClientSecretBasic);
        let client = CoreClient::from_provider_metadata(metadata, inside.client.clone(), inside.secret.clone());
        let client = client.set_redirect_uri(inside.redirect.clone());
        if in_body { client.set_auth_type(AuthType::RequestBody) } else { client }
    }
}
