//! The use cases beside a running service: on the same ledger and archive, without listening.

use crate::cli::{Trouble, encryption_keys, secrets};
use crate::config::Configuration;
use crate::domain::clock::SystemClock;
use crate::flow::{Limits, Parts, Reminders, Service, SignInRules};
use crate::spec::Specification;
use crate::store::{DataFolder, NoObserver};
use crate::telemetry::Metrics;
use crate::validate::Validator;
use std::sync::Arc;

pub(super) async fn beside(
    configuration: &Configuration,
    specification: Arc<Specification>,
) -> Result<Service, Trouble> {
    let data_folder = &configuration.service.data_folder;
    let signer = DataFolder::signer(data_folder, configuration.evidence.signing_key_file.as_deref())?;
    let ledger = DataFolder::ledger_alone(data_folder, Arc::new(NoObserver)).await?.signing_with(signer);
    let archive = DataFolder::archive_alone(data_folder)?;
    archive.use_keys(encryption_keys::read(&configuration.encryption)?);
    let key_secret = secrets::key_secret(configuration, &ledger).await?;
    Ok(Service::new(Parts {
        validator: Arc::new(Validator::new(Arc::clone(&specification))?),
        specification,
        ledger: Arc::new(ledger),
        archive: Arc::new(archive),
        clock: Arc::new(SystemClock),
        sign_in: SignInRules::default(),
        confirmed_by_another: configuration.accounts.confirmed_by_another,
        key_secret,
        metrics: Metrics::new()?,
        spool: data_folder.join("spool"),
        workers: 1,
        queue: 1,
        limits: Limits::default(),
        reminders: Reminders::default(),
    }))
}
