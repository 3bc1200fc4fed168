//! `homeward config check`: what a start would refuse, found without a start, each in the sentence that the start would give.

use super::encryption::{self, Encryption};
use super::{Trouble, configuration, encryption_keys, reminding, runtime, signing_in, specifications};
use crate::config::Configuration;
use crate::domain::clock::{Clock as _, SystemClock};
use crate::store::DataFolder;
use std::path::Path;
use std::process::ExitCode;

pub(super) fn run(file: &Path, connect: bool) -> Result<ExitCode, Trouble> {
    let configuration = configuration(Some(file))?;
    let mut wrong = faults(&configuration);
    if connect {
        wrong.extend(runtime()?.block_on(unreachable(&configuration)));
    }
    for one in &wrong {
        say!("{one}");
    }
    if !wrong.is_empty() {
        return Ok(ExitCode::FAILURE);
    }
    let reached = if connect { " Whom it names over the network can be reached." } else { "" };
    say!("{}: a start would take every setting, and what it names is there.{reached}", file.display());
    Ok(ExitCode::SUCCESS)
}

/// What a start would refuse, in the order in which it looks.
fn faults(configuration: &Configuration) -> Vec<String> {
    let (service, evidence) = (&configuration.service, &configuration.evidence);
    let specs = service.specs.as_deref();
    let encrypted = encryption::is_encrypted(&configuration.tls);
    let parts = [
        specs.map_or(Ok(()), |folder| specifications::load(Some(folder)).map(drop)),
        Encryption::configured(&configuration.tls).map(drop),
        encryption_keys::read(&configuration.encryption).map(drop),
        signing_in::rules(&configuration.signin).map(drop),
        reminding::reminders(configuration).map(drop),
        signing_in::door(configuration, encrypted).map(drop),
        different_listeners(configuration),
        checkpoints_can_be_written(evidence.checkpoint_file.as_deref()),
    ];
    let mut wrong: Vec<String> = parts.into_iter().filter_map(|part| part.err().map(|Trouble(said)| said)).collect();
    let key_secret = service.key_secret_file.as_deref();
    let faults = DataFolder::faults(&service.data_folder, evidence.signing_key_file.as_deref(), key_secret);
    wrong.extend(faults.iter().map(ToString::to_string));
    // Files of a part that is not in use, or that a fault before kept from being looked at.
    let missing = missing(configuration).into_iter().filter(|(path, _)| !wrong.iter().any(|said| said.contains(path)));
    let missing: Vec<String> = missing.map(|(_, said)| said).collect();
    wrong.extend(missing);
    wrong
}

fn different_listeners(configuration: &Configuration) -> Result<(), Trouble> {
    let service = &configuration.service;
    if service.listen != service.admin_listen || service.listen.port() == 0 {
        return Ok(());
    }
    let address = service.listen;
    Err(Trouble(format!(
        "{address} cannot be listened on twice: listen and admin_listen of [service] are one address; choose another \
         address or port"
    )))
}

/// The file is made when there is a checkpoint to write.
fn checkpoints_can_be_written(file: Option<&Path>) -> Result<(), Trouble> {
    let Some(file) = file else { return Ok(()) };
    let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let opened = match file.exists() {
        true => std::fs::OpenOptions::new().append(true).open(file).map(drop),
        false => std::fs::read_dir(folder).map(drop),
    };
    let told = |error| format!("[evidence] checkpoint_file: {} cannot be written: {error}", file.display());
    opened.map_err(|error| Trouble(told(error)))
}

/// The files that settings name and that cannot be opened, each with the sentence.
fn missing(configuration: &Configuration) -> Vec<(String, String)> {
    let table = toml::Table::try_from(configuration).unwrap_or_default();
    let mut wrong = Vec::new();
    for (section, settings) in &table {
        for (name, value) in settings.as_table().into_iter().flatten() {
            let Some(path) = value.as_str().filter(|_| name.ends_with("_file") && name != "checkpoint_file") else {
                continue;
            };
            if let Err(error) = std::fs::File::open(path) {
                wrong.push((path.to_owned(), format!("[{section}] {name}: {path} cannot be opened: {error}")));
            }
        }
    }
    wrong
}

/// Who does not answer over the network. A start asks none of them, because they may come back while it runs.
async fn unreachable(configuration: &Configuration) -> Vec<String> {
    let mut wrong = Vec::new();
    if let Ok(rules) = signing_in::rules(&configuration.signin)
        && let Some(provider) = rules.provider
        && let Err(error) = provider.begin(SystemClock.now()).await
    {
        wrong.push(format!("[signin] issuer: {error}"));
    }
    let Ok(reminders) = reminding::reminders(configuration) else { return wrong };
    if let Some(mail) = reminders.mail
        && let Err(error) = mail.reach().await
    {
        wrong.push(format!("[mail] server: {error}"));
    }
    if let Some(webhook) = reminders.webhook
        && let Err(error) = webhook.reach().await
    {
        wrong.push(format!("[webhooks] url: {error}"));
    }
    wrong
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Configuration {
        toml::from_str(text).expect("is a configuration")
    }

    #[test]
    fn each_fault_is_told_as_a_start_would() {
        let folder = tempfile::tempdir().expect("a folder");
        let write = |name: &str, text: &str| {
            let path = folder.path().join(name);
            std::fs::write(&path, text).expect("is written");
            #[cfg(unix)]
            std::fs::set_permissions(&path, std::os::unix::fs::PermissionsExt::from_mode(0o600)).expect("is changed");
            path.display().to_string()
        };
        let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).expect("is made");
        let certificate = write("certificate.pem", &made.cert.pem());
        let key = write("key.pem", &made.signing_key.serialize_pem());
        let other = write("other.pem", &rcgen::KeyPair::generate().expect("is made").serialize_pem());
        let data = folder.path().join("data").display().to_string();
        let whole =
            format!("[service]\ndata_folder = '{data}'\n[tls]\ncertificate_file = '{certificate}'\nkey_file = '{key}'");
        assert_eq!(faults(&read(&whole)), Vec::<String>::new());
        assert_eq!(faults(&Configuration::default()), Vec::<String>::new());
        let signin =
            "[signin]\nclient_id = 'homeward'\nredirect_address = 'https://homeward.example/v1/sign-in/callback'\n";
        let wrong = [
            (whole.replace(&key, &other), "cannot be used together"),
            ("[tls]\nkey_file = '/nowhere/key.pem'".to_owned(), "names a key_file and no certificate_file"),
            ("[tls]\nkey_file = '/nowhere/key.pem'".to_owned(), "[tls] key_file: /nowhere/key.pem cannot be opened"),
            (format!("[service]\ndata_folder = '{key}/data'"), "key.pem is not a folder"),
            ("[service]\nspecs = '/nowhere/specs'".to_owned(), "/nowhere/specs"),
            ("[service]\nlisten = '127.0.0.1:9464'".to_owned(), "127.0.0.1:9464 cannot be listened on twice"),
            (format!("[service]\nkey_secret_file = '{key}'"), "key.pem"),
            (format!("[evidence]\nsigning_key_file = '{certificate}'"), "openssl"),
            ("[evidence]\ncheckpoint_file = '/nowhere/checkpoints'".to_owned(), "cannot be written"),
            (format!("[encryption]\nkeys_file = '{}'", write("empty", "")), "holds no encryption key"),
            (format!("{signin}issuer = 'http://id.example'"), "must begin with https://"),
            (
                "[mail]\nserver = 'mail server'\nfrom = 'homeward@department.example'".to_owned(),
                "neither the name of a machine",
            ),
            ("[mail]\nserver = 'mail.example'".to_owned(), "mail.from"),
            ("[webhooks]\nurl = 'ftp://events.example'\nsecret = 's'".to_owned(), "begins with https://"),
        ];
        for (text, expected) in wrong {
            let told = faults(&read(&text));
            assert!(told.iter().any(|one| one.contains(expected)), "{text}: {told:?}");
        }
        let twice = faults(&read(&format!("[evidence]\nsigning_key_file = '{data}/absent'")));
        assert_eq!(twice.len(), 1, "a file is spoken of once: {twice:?}");
        assert!(!Path::new(&data).exists(), "nothing is made");
    }

    #[tokio::test]
    async fn who_does_not_answer_is_told_when_asked_for() {
        let listening = std::net::TcpListener::bind("127.0.0.1:0").expect("listens");
        let port = listening.local_addr().expect("an address").port();
        let closed = {
            let once = std::net::TcpListener::bind("127.0.0.1:0").expect("listens");
            once.local_addr().expect("an address").port()
        };
        let with = |mail: u16, webhook: u16| {
            read(&format!(
                "[mail]\nserver = '127.0.0.1'\nport = {mail}\ntls = 'none'\nfrom = 'homeward@department.example'\n\
                 timeout_seconds = 1\n[webhooks]\nurl = 'http://127.0.0.1:{webhook}/'\nsecret = 's'"
            ))
        };
        let told = unreachable(&with(closed, closed)).await;
        let unreachable_by = |what: &str| format!("{what}: the other side cannot be reached");
        assert_eq!(told, [unreachable_by("[mail] server"), unreachable_by("[webhooks] url")]);
        // Somebody listens there who is no mail server.
        let told = unreachable(&with(port, port)).await;
        assert_eq!(told, ["[mail] server: the other side did not answer in time"]);
    }
}
