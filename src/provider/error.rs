//! Why a provider could not vouch for somebody. No text holds anything that a token or an answer said.

use openidconnect::core::CoreErrorResponseType;
use openidconnect::{
    ClaimsVerificationError, DiscoveryError, RequestTokenError, SignatureVerificationError, StandardErrorResponse,
    UserInfoError,
};

/// What went wrong between this service and its provider.
#[derive(Debug, thiserror::Error)]
pub enum ProviderError {
    #[error("{setting} of [signin] cannot be used: {problem}")]
    Settings { setting: &'static str, problem: String },
    /// It is down, or what it answers is no OpenID Connect.
    #[error("the provider cannot be used: {0}")]
    Unusable(String),
    /// It did not vouch for the person, or not so that it can be believed.
    #[error("the provider's word was not taken: {0}")]
    Refused(&'static str),
}

/// Why a request to the provider brought no answer.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(super) struct NoAnswer(pub(super) String);

impl From<DiscoveryError<NoAnswer>> for ProviderError {
    fn from(error: DiscoveryError<NoAnswer>) -> Self {
        Self::Unusable(match error {
            DiscoveryError::Request(reason) => reason.0,
            DiscoveryError::Response(status, ..) => format!("it describes itself with status {}", status.as_u16()),
            DiscoveryError::Parse(_) => "its description of itself cannot be read".to_owned(),
            DiscoveryError::Validation(_) => "it says that it is another issuer than the one configured".to_owned(),
            _ => "its description of itself cannot be asked for".to_owned(),
        })
    }
}

type TokenError = RequestTokenError<NoAnswer, StandardErrorResponse<CoreErrorResponseType>>;

impl From<TokenError> for ProviderError {
    fn from(error: TokenError) -> Self {
        match error {
            RequestTokenError::ServerResponse(answer) => match answer.error() {
                CoreErrorResponseType::InvalidClient | CoreErrorResponseType::UnauthorizedClient => {
                    Self::Unusable("it does not know this service by its client_id and client_secret".to_owned())
                }
                CoreErrorResponseType::InvalidGrant => Self::Refused("the code was used before or is not its own"),
                _ => Self::Refused("the code was refused"),
            },
            RequestTokenError::Request(reason) => Self::Unusable(reason.0),
            RequestTokenError::Parse(..) | RequestTokenError::Other(_) => {
                Self::Unusable("its answer to a code cannot be read".to_owned())
            }
        }
    }
}

impl From<ClaimsVerificationError> for ProviderError {
    fn from(error: ClaimsVerificationError) -> Self {
        Self::Refused(match error {
            ClaimsVerificationError::Expired(_) => "the token has expired",
            ClaimsVerificationError::InvalidAudience(_) => "the token is meant for another service",
            ClaimsVerificationError::InvalidIssuer(_) => "the token comes from another issuer",
            ClaimsVerificationError::InvalidNonce(_) => "the token belongs to another sign-in",
            ClaimsVerificationError::InvalidSubject(_) => {
                "the token and what is known of the person are not of one person"
            }
            ClaimsVerificationError::SignatureVerification(error) => return error.into(),
            _ => "the token is not one that this service takes",
        })
    }
}

impl From<SignatureVerificationError> for ProviderError {
    fn from(error: SignatureVerificationError) -> Self {
        Self::Refused(match error {
            SignatureVerificationError::NoMatchingKey => {
                "the token is signed with a key that the provider does not show"
            }
            SignatureVerificationError::DisallowedAlg(_) | SignatureVerificationError::UnsupportedAlg(_) => {
                "the token is signed in a way that this service does not take"
            }
            _ => "the signature of the token is wrong",
        })
    }
}

impl From<UserInfoError<NoAnswer>> for ProviderError {
    fn from(error: UserInfoError<NoAnswer>) -> Self {
        match error {
            UserInfoError::ClaimsVerification(error) => error.into(),
            UserInfoError::Request(reason) => Self::Unusable(reason.0),
            _ => Self::Unusable("what it knows of the person cannot be read".to_owned()),
        }
    }
}
