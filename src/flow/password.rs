//! Passwords of people where there is no provider: Argon2id, slow on purpose and beside the listener.

use super::error::FlowError;
use super::threads::{NotDone, Threads};
use crate::store::PasswordHash;
use argon2::Argon2;
use argon2::password_hash::{PasswordHasher as _, PasswordVerifier as _};
use std::fmt;
use std::sync::{Arc, OnceLock};

/// The shortest password, in characters.
const SHORTEST: usize = 12;
/// The longest, in bytes: nobody types more, and hashing it would be work for whoever sends it.
const LONGEST: usize = 1024;
/// Passwords that are verified at the same time. Each takes 19 MiB and a core for a while.
const AT_ONCE: usize = 2;

/// The hash under which a password is kept.
pub fn hash_password(password: &str) -> Result<PasswordHash, FlowError> {
    if password.chars().count() < SHORTEST {
        let problem = format!(
            "a password has at least {SHORTEST} characters; a few words that belong together only to you do well"
        );
        return Err(FlowError::RequestInvalid(problem));
    }
    if password.len() > LONGEST {
        return Err(FlowError::RequestInvalid(format!("a password has at most {LONGEST} bytes")));
    }
    hashed(password)
}

fn hashed(password: &str) -> Result<PasswordHash, FlowError> {
    let mut salt = [0; 16];
    getrandom::fill(&mut salt).map_err(|error| FlowError::internal("draw a salt", error))?;
    // The defaults are Argon2id with 19 MiB and two passes, as OWASP's password storage cheat sheet asks for.
    let hash = Argon2::default().hash_password_with_salt(password.as_bytes(), &salt);
    hash.map(|hash| PasswordHash(hash.to_string())).map_err(|error| FlowError::internal("hash a password", error))
}

/// Verifies passwords, a few at a time.
pub(super) struct Passwords {
    /// As many as may be verified at the same time: a client that goes away makes no room for more.
    threads: Threads,
    /// A hash of nobody's, verified where there is nobody of that name, so that the time taken does not tell.
    nobodys: Arc<OnceLock<PasswordHash>>,
}

impl fmt::Debug for Passwords {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("Passwords")
    }
}

impl Default for Passwords {
    fn default() -> Self {
        Self { threads: Threads::new("homeward-password", AT_ONCE), nobodys: Arc::default() }
    }
}

impl Passwords {
    /// Whether the password is the one of the hash; where there is none it never is, and takes as long to say so.
    pub(super) async fn is(&self, password: String, hash: Option<PasswordHash>) -> Result<bool, FlowError> {
        let nobodys = Arc::clone(&self.nobodys);
        let work = self.threads.run(move || verified(&password, hash.as_ref(), &nobodys));
        work.await.map_err(|NotDone| FlowError::internal("verify a password", "the work ended in a panic"))?
    }
}

fn verified(password: &str, hash: Option<&PasswordHash>, nobodys: &OnceLock<PasswordHash>) -> Result<bool, FlowError> {
    if nobodys.get().is_none() {
        // Also where somebody is there, so that the first to ask for nobody takes no longer than others.
        let _ = nobodys.set(hashed("the password of nobody")?);
    }
    let is_somebody = hash.is_some();
    let Some(hash) = hash.or_else(|| nobodys.get()) else { return Ok(false) };
    let is_right =
        password.len() <= LONGEST && Argon2::default().verify_password(password.as_bytes(), hash.0.as_str()).is_ok();
    Ok(is_somebody && is_right)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_password_is_right_for_its_own_hash_alone() {
        let hash = hash_password("correct horse battery").expect("is hashed");
        assert!(hash.0.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{}", hash.0);
        assert_ne!(hash, hash_password("correct horse battery").expect("is hashed"), "every hash has its own salt");
        let passwords = Passwords::default();
        let is = async |text: &str, hash: Option<&PasswordHash>| {
            passwords.is(text.to_owned(), hash.cloned()).await.expect("is verified")
        };
        assert!(is("correct horse battery", Some(&hash)).await);
        assert!(!is("correct horse batterz", Some(&hash)).await);
        assert!(!is("the password of nobody", None).await, "nobody's password is nobody's");
        assert!(!is("", Some(&PasswordHash("no hash".to_owned()))).await);
    }

    #[test]
    fn short_and_endless_passwords_are_refused() {
        assert!(matches!(hash_password("eleven char"), Err(FlowError::RequestInvalid(_))));
        assert!(matches!(hash_password(&"a".repeat(1025)), Err(FlowError::RequestInvalid(_))));
    }
}
