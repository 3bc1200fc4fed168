//! Signing people in: by the department's provider, or by a password where there is none, into a session that ends.

use super::error::FlowError;
use super::keys::NewKey;
use super::{Account, Service};
use crate::domain::account::{KeyKind, Roles};
use crate::domain::identifier::{KeyId, PersonId};
use crate::domain::organisation::Organisation;
use crate::provider::{Begun, Identity, Leaving, Provider, Returned};
use crate::store::{KeyRecord, KnownAs, PersonAction, PersonRecord, PersonStep, SignIn, StoreError};
use chrono::{DateTime, Duration, Utc};
use std::fmt;

/// How people sign in, and for how long.
#[derive(Debug, Clone)]
pub struct SignInRules {
    /// Without one, people sign in with a password.
    pub provider: Option<Provider>,
    /// How long a session lasts that is not used.
    pub idle: Duration,
    /// How long any session lasts.
    pub lasts: Duration,
}

impl Default for SignInRules {
    fn default() -> Self {
        Self { provider: None, idle: Duration::minutes(30), lasts: Duration::hours(10) }
    }
}

/// A session that has begun. The key is shown once and kept nowhere.
pub struct BegunSession {
    pub key: String,
    pub ends: DateTime<Utc>,
}

impl fmt::Debug for BegunSession {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "BegunSession(until {})", self.ends)
    }
}

/// Who somebody is here.
#[derive(Clone, PartialEq, Eq)]
pub struct WhoAmI {
    pub kind: KeyKind,
    pub key: KeyId,
    pub person: Option<PersonId>,
    /// The person's name, or what the key is called.
    pub name: String,
    pub organisation: Organisation,
    pub roles: Roles,
    /// When it ends unless it is used before.
    pub idle_until: Option<DateTime<Utc>>,
    pub ends: Option<DateTime<Utc>>,
}

impl fmt::Debug for WhoAmI {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "WhoAmI({}, {})", self.key, self.organisation)
    }
}

impl SignInRules {
    /// From when on a session is not taken because nobody used it. Its use is noted by the minute, so the minute is its own.
    pub(super) fn idle_until(&self, key: &KeyRecord) -> Option<DateTime<Utc>> {
        let used = key.last_used.unwrap_or(key.created);
        (key.kind == KeyKind::Session).then(|| used + self.idle + Duration::minutes(1))
    }

    fn provider(&self) -> Result<&Provider, FlowError> {
        let elsewhere = "no provider is configured here: sign in with your user name and password at POST /v1/session";
        self.provider.as_ref().ok_or_else(|| FlowError::SignInElsewhere(elsewhere.to_owned()))
    }
}

impl Service {
    /// Whether this is the provider's own name for itself.
    pub fn is_provider(&self, issuer: &str) -> bool {
        self.sign_in_rules().provider.as_ref().is_some_and(|provider| provider.issuer() == issuer)
    }

    /// Where to send somebody who wants to sign in, and what has to come back with them.
    pub async fn begin_sign_in(&self) -> Result<Begun, FlowError> {
        Ok(self.sign_in_rules().provider()?.begin(self.now()).await?)
    }

    /// Begins a session for whom the provider vouches, if they were entered here.
    pub async fn end_sign_in(&self, returned: Returned) -> Result<BegunSession, FlowError> {
        let outcome = self.signed_in_by_provider(returned).await;
        self.count_sign_in("provider", &outcome);
        outcome
    }

    async fn signed_in_by_provider(&self, returned: Returned) -> Result<BegunSession, FlowError> {
        let identity = self.sign_in_rules().provider()?.finish(returned, self.now()).await?;
        let person = match self.known_as(subject_of(&identity)).await? {
            Some(person) if person.roles.is_empty() && person.disabled.is_none() => {
                return Err(unknown(&identity));
            }
            Some(person) => person,
            None => self.invited(&identity).await?,
        };
        self.begin_session(&person).await
    }

    /// Whoever was entered with the address that the provider verified, and never signed in: from now on known by the
    /// provider's subject. An address that was not verified could be anybody's.
    async fn invited(&self, identity: &Identity) -> Result<PersonRecord, FlowError> {
        let Identity { issuer, subject, email } = identity;
        let unknown = || unknown(identity);
        let email = email.clone().ok_or_else(unknown)?;
        let found = self.known_as(KnownAs::Email(email)).await?;
        // Whose roles still wait for a second person was not entered yet.
        let awaits = |person: &PersonRecord| person.sign_in == SignIn::NotYet && person.may_act();
        let person = found.filter(awaits).ok_or_else(unknown)?;
        let sign_in = SignIn::OpenId { issuer: issuer.clone(), subject: subject.clone() };
        let (action, confirmed_by_another) = (PersonAction::SignIn(sign_in), Roles::NONE);
        let step = PersonStep { id: person.id, action, at: self.now(), by: None, confirmed_by_another };
        match self.ledger().change_person(&step).await {
            // The same person, twice at one moment.
            Err(StoreError::Taken { .. }) => self.known_as(subject_of(identity)).await?.ok_or_else(unknown),
            changed => changed.map_err(FlowError::store("bind a person to the provider")),
        }
    }

    /// Begins a session for a user name and its password. Who is not there, who is disabled and whose password is another
    /// are answered alike, and as late.
    pub async fn sign_in_with_password(&self, user_name: &str, password: String) -> Result<BegunSession, FlowError> {
        let outcome = self.signed_in_by_password(user_name, password).await;
        self.count_sign_in("password", &outcome);
        outcome
    }

    async fn signed_in_by_password(&self, user_name: &str, password: String) -> Result<BegunSession, FlowError> {
        if self.sign_in_rules().provider.is_some() {
            let elsewhere = "people sign in with the department's provider here: open /v1/sign-in in a browser";
            return Err(FlowError::SignInElsewhere(elsewhere.to_owned()));
        }
        let found = self.known_as(KnownAs::UserName(user_name.to_owned())).await?;
        let hash = found.as_ref().and_then(|person| match &person.sign_in {
            SignIn::Local { password, .. } => Some(password.clone()),
            SignIn::NotYet | SignIn::OpenId { .. } => None,
        });
        let is_right = self.passwords().is(password, hash).await?;
        let wrong = FlowError::SignInFailed("the user name or the password is wrong");
        let person = found.filter(|person| is_right && person.may_act()).ok_or(wrong)?;
        self.begin_session(&person).await
    }

    async fn begin_session(&self, person: &PersonRecord) -> Result<BegunSession, FlowError> {
        if person.disabled.is_some() {
            return Err(FlowError::SignInFailed("you may not act here any more; ask whoever runs the service"));
        }
        let ends = self.now() + self.sign_in_rules().lasts;
        let new = NewKey {
            kind: KeyKind::Session,
            organisation: person.organisation.clone(),
            person: Some(person.id),
            roles: person.roles,
            label: "signed in".to_owned(),
            certificate: None,
            expires: Some(ends),
            by: None,
            waits: false,
        };
        let made = self.key_keeper().make(new).await?;
        tracing::info!(person = %person.id, session = %made.record.id, "somebody signed in");
        Ok(BegunSession { key: made.text, ends })
    }

    /// Who the account is, and until when.
    pub async fn who_am_i(&self, account: &Account) -> Result<WhoAmI, FlowError> {
        let failed = FlowError::store("look up who somebody is");
        let key = self.ledger().key(account.key).await.map_err(&failed)?.ok_or(FlowError::KeyUnknown)?;
        let person = match account.person {
            Some(id) => self.ledger().person(id).await.map_err(&failed)?,
            None => None,
        };
        Ok(WhoAmI {
            kind: account.kind,
            key: account.key,
            person: account.person,
            name: person.map_or_else(|| key.label.clone(), |person| person.name),
            organisation: account.organisation.clone(),
            roles: account.roles,
            idle_until: self.sign_in_rules().idle_until(&key),
            ends: key.ends(),
        })
    }

    /// Ends a session at once.
    pub async fn sign_out(&self, account: &Account) -> Result<(), FlowError> {
        if account.kind != KeyKind::Session {
            let problem = "this is the key of a machine and no session; it is ended by revoking it";
            return Err(FlowError::RequestInvalid(problem.to_owned()));
        }
        let ended = self.ledger().revoke_key(account.key, self.now(), Some(account.key)).await;
        ended.map_err(FlowError::store("end the session"))?;
        tracing::info!(session = %account.key, "somebody signed out");
        Ok(())
    }

    /// Ends a session at once, and says where to sign out at the provider too: none where there is no provider, or it offers
    /// no such thing.
    pub async fn sign_out_everywhere(&self, account: &Account) -> Result<Option<Leaving>, FlowError> {
        self.sign_out(account).await?;
        match &self.sign_in_rules().provider {
            None => Ok(None),
            Some(provider) => Ok(provider.leave(self.now()).await?),
        }
    }

    async fn known_as(&self, known: KnownAs) -> Result<Option<PersonRecord>, FlowError> {
        self.ledger().person_known_as(&known).await.map_err(FlowError::store("look up a person"))
    }

    fn count_sign_in(&self, way: &'static str, outcome: &Result<BegunSession, FlowError>) {
        let outcome = match outcome {
            Ok(_) => "signed in",
            Err(FlowError::ProviderUnusable { .. } | FlowError::Internal { .. }) => "failed",
            Err(_) => "refused",
        };
        self.metrics().sign_ins_total.with_label_values(&[way, outcome]).inc();
    }
}

fn unknown(identity: &Identity) -> FlowError {
    FlowError::PersonUnknown { issuer: identity.issuer.clone(), subject: identity.subject.clone() }
}

fn subject_of(identity: &Identity) -> KnownAs {
    KnownAs::Subject { issuer: identity.issuer.clone(), subject: identity.subject.clone() }
}
