//! The encryption keys that are configured: read, read again at SIGHUP, and put to use on what is kept already.

use super::Trouble;
use crate::config::EncryptionSection;
use crate::store::{Keyring, SealedArchive, text_of_secret_file};
use crate::telemetry::Metrics;
use std::sync::Arc;
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;

/// The keys of the section; none when it names none. A file that everybody may read is refused.
pub(super) fn read(section: &EncryptionSection) -> Result<Keyring, Trouble> {
    match (&section.keys_file, &section.keys) {
        (None, None) => Ok(Keyring::none()),
        (Some(_), Some(_)) => {
            Err(Trouble("encryption.keys_file and encryption.keys are both given; say it in one place".to_owned()))
        }
        (None, Some(keys)) => used(Keyring::parse(keys.reveal())?, "encryption.keys"),
        (Some(file), None) => {
            let wrong = |error| Trouble(format!("encryption.keys_file: {error}"));
            used(Keyring::parse(&text_of_secret_file(file).map_err(wrong)?)?, &file.display().to_string())
        }
    }
}

/// Whoever configures keys wants encryption: a list without one is a mistake and not a wish.
fn used(keys: Keyring, place: &str) -> Result<Keyring, Trouble> {
    if keys.sealing_id().is_none() {
        let advice = "put a line of `homeward admin encryption new-key` in, or take the setting out";
        return Err(Trouble(format!("{place} holds no encryption key; {advice}")));
    }
    Ok(keys)
}

/// Seals what is kept with the key in force, at once and after every SIGHUP that brings other keys.
pub(super) fn keep_sealed(
    section: &EncryptionSection,
    archive: &Arc<SealedArchive>,
    metrics: &Metrics,
    stop: &CancellationToken,
) -> Result<(), Trouble> {
    let (resealing, gauge) = (Arc::clone(archive), metrics.objects_to_reseal.clone());
    let told = move |left: u64| gauge.set(i64::try_from(left).unwrap_or(i64::MAX));
    let ended = stop.clone();
    tokio::spawn(async move { ended.run_until_cancelled(resealing.keep_resealing(told)).await });
    let mut asked = signal(SignalKind::hangup())?;
    let (section, archive, ended) = (section.clone(), Arc::clone(archive), stop.clone());
    tokio::spawn(async move {
        while let Some(Some(())) = ended.run_until_cancelled(asked.recv()).await {
            match read(&section) {
                Ok(keys) => {
                    tracing::info!(sealing = keys.sealing_id(), "read the encryption keys again");
                    archive.use_keys(keys);
                }
                Err(Trouble(problem)) => {
                    tracing::error!(problem, "the encryption keys were not read again; those before stay in force");
                }
            }
        }
    });
    Ok(())
}
