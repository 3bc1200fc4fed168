//! How people sign in, and for how long.

use super::Secret;
use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// People sign in by the department's own OpenID provider where one is named, and with a password where none is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SigninSection {
    /// The provider's issuer identifier; its description lies under it at `/.well-known/openid-configuration`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub issuer: Option<String>,
    /// By what the provider knows this service.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client_id: Option<String>,
    /// The secret that the provider gave with it; better in a file.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client_secret: Option<Secret>,
    /// The file that holds the secret.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client_secret_file: Option<PathBuf>,
    /// This service's `/v1/sign-in/callback` as browsers reach it, as it is entered at the provider.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub redirect_address: Option<String>,
    /// What the provider is asked to tell. The address is needed once, to find who was invited by it.
    pub scopes: Vec<String>,
    /// Authorities to trust beside this machine's own when the provider is spoken to, as PEM.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub authorities_file: Option<PathBuf>,
    /// Minutes after which a session that is not used ends.
    pub idle_minutes: u32,
    /// Hours after which a session ends, however it is used.
    pub session_hours: u32,
}

impl Default for SigninSection {
    fn default() -> Self {
        Self {
            issuer: None,
            client_id: None,
            client_secret: None,
            client_secret_file: None,
            redirect_address: None,
            scopes: vec!["email".to_owned()],
            authorities_file: None,
            idle_minutes: 30,
            session_hours: 10,
        }
    }
}
