//! From the code that a person brings back to who they are.

use super::{Identity, Known, Provider, ProviderError, Returned};
use chrono::{DateTime, Duration, Utc};
use openidconnect::core::{
    CoreIdToken, CoreIdTokenClaims, CoreIdTokenVerifier, CoreJwsSigningAlgorithm as Algorithm, CoreTokenResponse,
    CoreUserInfoClaims,
};
use openidconnect::{
    AccessTokenHash, AuthorizationCode, ClaimsVerificationError, Nonce, OAuth2TokenResponse as _, PkceCodeVerifier,
    TokenResponse as _,
};

/// Signatures that only the provider can make; none, and those under a secret that is shared, are not taken.
const SIGNATURES: [Algorithm; 9] = [
    Algorithm::RsaSsaPkcs1V15Sha256,
    Algorithm::RsaSsaPkcs1V15Sha384,
    Algorithm::RsaSsaPkcs1V15Sha512,
    Algorithm::RsaSsaPssSha256,
    Algorithm::RsaSsaPssSha384,
    Algorithm::RsaSsaPssSha512,
    Algorithm::EcdsaP256Sha256,
    Algorithm::EcdsaP384Sha384,
    Algorithm::EdDsa,
];

/// How far the provider's clock may be ahead.
const CLOCKS_DIFFER: Duration = Duration::minutes(2);

pub(super) async fn exchange(
    provider: &Provider,
    returned: Returned,
    now: DateTime<Utc>,
) -> Result<Identity, ProviderError> {
    let known = provider.known(now).await?;
    let client = provider.client(&known);
    let request = client.exchange_code(AuthorizationCode::new(returned.code));
    let request = request.map_err(|_| ProviderError::Unusable("it names no address for tokens".to_owned()))?;
    let verifier = PkceCodeVerifier::new(returned.verifier);
    let answer = request.set_pkce_verifier(verifier).request_async(&provider.0.http).await?;
    let token = answer.id_token().ok_or(ProviderError::Refused("no ID token came with the code"))?;
    let nonce = Nonce::new(returned.nonce);
    let (known, claims) = match verified(provider, &known, token, &nonce, now) {
        // The provider may have new keys since it was asked.
        Err(ClaimsVerificationError::SignatureVerification(_)) => {
            let known = provider.ask_again(now).await?;
            let claims = verified(provider, &known, token, &nonce, now)?;
            (known, claims)
        }
        outcome => (known, outcome?),
    };
    is_of_one_answer(provider, &known, token, claims, &answer)?;
    let email = match verified_email(claims.email(), claims.email_verified()) {
        Some(email) => Some(email),
        None => email_asked_for(provider, &known, claims, &answer).await?,
    };
    Ok(Identity { issuer: claims.issuer().to_string(), subject: claims.subject().to_string(), email })
}

/// The token's claims, once signature, issuer, audience, expiry and nonce are right.
fn verified<'token>(
    provider: &Provider,
    known: &Known,
    token: &'token CoreIdToken,
    nonce: &Nonce,
    now: DateTime<Utc>,
) -> Result<&'token CoreIdTokenClaims, ClaimsVerificationError> {
    token.claims(&verifier(provider, known, now), nonce)
}

fn verifier(provider: &Provider, known: &Known, now: DateTime<Utc>) -> CoreIdTokenVerifier<'static> {
    let (client, issuer) = (provider.0.client.clone(), provider.0.issuer.clone());
    CoreIdTokenVerifier::new_public_client(client, issuer, known.metadata.jwks().clone())
        .set_allowed_algs(SIGNATURES)
        .set_time_fn(move || now)
        .set_issue_time_verifier_fn(move |issued| {
            if issued <= now + CLOCKS_DIFFER { Ok(()) } else { Err("issued in the future".to_owned()) }
        })
}

/// An access token that came with an ID token of another answer is not used.
fn is_of_one_answer(
    provider: &Provider,
    known: &Known,
    token: &CoreIdToken,
    claims: &CoreIdTokenClaims,
    answer: &CoreTokenResponse,
) -> Result<(), ProviderError> {
    let Some(told) = claims.access_token_hash() else { return Ok(()) };
    let verifier = verifier(provider, known, claims.issue_time());
    let key = token.signing_key(&verifier)?;
    let made = AccessTokenHash::from_token(answer.access_token(), token.signing_alg()?, key);
    let made =
        made.map_err(|_| ProviderError::Refused("the token names its access token in a way that is not known"))?;
    if made == *told { Ok(()) } else { Err(ProviderError::Refused("the token came with another access token")) }
}

/// Providers that keep to the standard tell an address only when they are asked for it.
async fn email_asked_for(
    provider: &Provider,
    known: &Known,
    claims: &CoreIdTokenClaims,
    answer: &CoreTokenResponse,
) -> Result<Option<String>, ProviderError> {
    let is_wanted = provider.0.scopes.iter().any(|scope| scope.as_str() == "email");
    let can_be_sent = answer.access_token().secret().bytes().all(|byte| byte.is_ascii_graphic());
    let client = provider.client(known);
    let request = client.user_info(answer.access_token().clone(), Some(claims.subject().clone()));
    let (true, true, Ok(request)) = (is_wanted, can_be_sent, request) else { return Ok(None) };
    let told: CoreUserInfoClaims = request.request_async(&provider.0.http).await?;
    Ok(verified_email(told.email(), told.email_verified()))
}

fn verified_email(email: Option<&openidconnect::EndUserEmail>, is_verified: Option<bool>) -> Option<String> {
    email.filter(|_| is_verified == Some(true)).map(|email| email.to_string())
}
