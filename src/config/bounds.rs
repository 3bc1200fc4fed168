//! Numbers with which the service would harm itself or serve nobody. They are refused where the configuration is read, so
//! that `config check` says what `serve` would meet.

use super::{Configuration, ConfigurationError};

/// A year in seconds: longer than anything is waited for.
const YEAR: u64 = 31_536_000;
/// A century in days: past it days cannot be counted back from every date.
const CENTURY: u64 = 36_525;
/// More than any machine has of whatever is counted at once.
const MANY: u64 = 1_000_000;

/// One number of the configuration and what it may be.
struct Bounded {
    name: &'static str,
    value: u64,
    least: u64,
    most: u64,
}

/// Refuses the first number that is out of its bounds.
pub(super) fn check(configuration: &Configuration) -> Result<(), ConfigurationError> {
    let outside = bounded(configuration).into_iter().find(|one| !(one.least..=one.most).contains(&one.value));
    outside.map_or(Ok(()), |Bounded { name, value, least, most }| {
        Err(ConfigurationError::Number { name, value, least, most })
    })
}

/// Every number. One that may be anything is bounded by what its type holds.
fn bounded(configuration: &Configuration) -> Vec<Bounded> {
    let Configuration { service, http, signin, rates, limits, reminders, mail, webhooks, evidence, retention, .. } =
        configuration;
    let number = |name, value: u64, least, most| Bounded { name, value, least, most };
    let count = |name, value: usize, least, most| number(name, u64::try_from(value).unwrap_or(u64::MAX), least, most);
    let rate = |name, value: u32| number(name, u64::from(value), 1, u64::from(u32::MAX));
    let mut all = vec![
        count("service.workers", service.workers, 1, 1024),
        count("service.queue", service.queue, 0, MANY),
        number("http.header_timeout_seconds", http.header_timeout_seconds, 1, YEAR),
        number("http.body_idle_seconds", http.body_idle_seconds, 1, YEAR),
        number("http.request_timeout_seconds", http.request_timeout_seconds, 1, YEAR),
        count("http.connections", http.connections, 1, MANY),
        number("http.shutdown_seconds", http.shutdown_seconds, 0, YEAR),
        number("signin.idle_minutes", signin.idle_minutes.into(), 1, YEAR / 60),
        number("signin.session_hours", signin.session_hours.into(), 1, YEAR / 3600),
        rate("rates.requests_per_minute", rates.requests_per_minute),
        rate("rates.uploads_per_minute", rates.uploads_per_minute),
        rate("rates.anonymous_per_minute", rates.anonymous_per_minute),
        rate("rates.address_requests_per_minute", rates.address_requests_per_minute),
        rate("rates.address_uploads_per_minute", rates.address_uploads_per_minute),
        rate("rates.sign_ins_per_minute", rates.sign_ins_per_minute),
        rate("rates.address_sign_ins_per_minute", rates.address_sign_ins_per_minute),
        // None at a time is a service that takes no uploads, and says so to whoever tries.
        count("limits.uploads_per_key", limits.uploads_per_key, 0, MANY),
        count("limits.uploads_per_address", limits.uploads_per_address, 0, MANY),
        count("limits.uploads", limits.uploads, 0, MANY),
        number("limits.spool_bytes", limits.spool_bytes, 1, u64::MAX),
        number("limits.reserve_bytes", limits.reserve_bytes, 0, u64::MAX),
        number("limits.memory_bytes", limits.memory_bytes, 1, u64::MAX),
        count("limits.connections_per_address", limits.connections_per_address, 1, MANY),
        number("limits.bytes_per_second", limits.bytes_per_second, 0, 1 << 40),
        number("limits.patience_seconds", limits.patience_seconds, 1, YEAR),
        number("limits.wedged_seconds", limits.wedged_seconds, 1, YEAR),
        number("reminders.hour", reminders.hour.into(), 0, 23),
        number("reminders.look_seconds", reminders.look_seconds, 1, YEAR),
        number("reminders.retry_seconds", reminders.retry_seconds, 0, 86_400),
        number("reminders.give_up_seconds", reminders.give_up_seconds, 0, YEAR),
        number("mail.port", mail.port.into(), 1, u64::from(u16::MAX)),
        number("mail.timeout_seconds", mail.timeout_seconds, 1, YEAR),
        number("webhooks.timeout_seconds", webhooks.timeout_seconds, 1, YEAR),
        number("evidence.checkpoint_every_seconds", evidence.checkpoint_every_seconds, 1, YEAR),
        number("retention.originals_days", retention.originals_days.into(), 0, CENTURY),
        number("retention.ended_days", retention.ended_days.into(), 0, CENTURY),
        number("retention.undecided_days", retention.undecided_days.into(), 0, CENTURY),
        // What counts is needed at least for the next year's comparison.
        number("retention.accepted_years", retention.accepted_years.into(), 1, 100),
        number("retention.accesses_days", retention.accesses_days.into(), 0, CENTURY),
        number("retention.keys_days", retention.keys_days.into(), 0, CENTURY),
        number("retention.people_days", retention.people_days.into(), 0, CENTURY),
        number("retention.unknown_days", retention.unknown_days.into(), 7, CENTURY),
        number("retention.every_minutes", retention.every_minutes, 1, YEAR / 60),
    ];
    for (name, days) in [
        ("reminders.before_days", &reminders.before_days),
        ("reminders.after_days", &reminders.after_days),
        ("reminders.unaccepted_days", &reminders.unaccepted_days),
    ] {
        all.extend(days.iter().map(|day| number(name, u64::from(*day), 0, CENTURY)));
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    fn told(variable: &str, value: &str) -> Option<String> {
        let variable = (format!("HOMEWARD_{variable}"), value.to_owned());
        Configuration::load(None, [variable]).err().map(|error| error.to_string())
    }

    #[test]
    fn numbers_that_would_harm_are_refused_with_what_they_may_be() {
        let problem = "the setting evidence.checkpoint_every_seconds is 0; it is from 1 to 31536000";
        assert_eq!(told("EVIDENCE_CHECKPOINT_EVERY_SECONDS", "0").as_deref(), Some(problem));
        for (variable, wrong) in [
            ("HTTP_CONNECTIONS", "0"),
            ("HTTP_CONNECTIONS", "9223372036854775807"),
            ("SERVICE_WORKERS", "0"),
            ("REMINDERS_HOUR", "25"),
            ("SIGNIN_SESSION_HOURS", "4294967295"),
            ("RETENTION_ACCEPTED_YEARS", "0"),
            ("RETENTION_ACCESSES_DAYS", "4294967295"),
            ("RATES_UPLOADS_PER_MINUTE", "0"),
        ] {
            assert!(told(variable, wrong).is_some_and(|told| told.contains("it is from")), "{variable} = {wrong}");
        }
        for (variable, right) in [("LIMITS_UPLOADS", "0"), ("RETENTION_ORIGINALS_DAYS", "0"), ("HTTP_CONNECTIONS", "1")]
        {
            assert_eq!(told(variable, right), None, "{variable} = {right}");
        }
    }

    /// A setting that is added has bounds, or this fails.
    #[test]
    fn every_number_of_the_configuration_has_bounds() {
        let mut configuration = Configuration::default();
        for days in [
            &mut configuration.reminders.before_days,
            &mut configuration.reminders.after_days,
            &mut configuration.reminders.unaccepted_days,
        ] {
            *days = vec![1];
        }
        let table = toml::Table::try_from(&configuration).expect("a table");
        let mut numbers = BTreeSet::new();
        for (section, settings) in &table {
            for (name, value) in settings.as_table().expect("a section") {
                let of_numbers = value.as_array().is_some_and(|list| list.iter().any(toml::Value::is_integer));
                if value.is_integer() || of_numbers {
                    numbers.insert(format!("{section}.{name}"));
                }
            }
        }
        let bounded: BTreeSet<String> = bounded(&configuration).iter().map(|one| one.name.to_owned()).collect();
        assert_eq!(bounded, numbers);
        assert!(check(&Configuration::default()).is_ok());
    }
}
