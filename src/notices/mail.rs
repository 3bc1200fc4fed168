//! Letters through an SMTP server.

use super::NoticeError;
use crate::domain::identifier::ReminderId;
use chrono::{DateTime, Utc};
use lettre::message::Mailbox;
use lettre::message::header::ContentType;
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Certificate, Tls, TlsParameters};
use lettre::transport::smtp::extension::ClientId;
use lettre::{Address, AsyncSmtpTransport, AsyncTransport as _, Message, Tokio1Executor};
use std::fmt;
use std::time::{Duration, SystemTime};

/// How the connection to the server is protected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MailTls {
    /// Not at all: for a server on the same machine.
    None,
    /// It begins in plain text and must turn to TLS before anything is said.
    StartTls,
    /// TLS from the first byte.
    Tls,
}

/// Whether a text is an e-mail address, as far as its form tells.
pub fn is_address(text: &str) -> bool {
    text.parse::<Address>().is_ok_and(|address| address.domain().contains('.'))
}

/// Where letters are handed in.
#[derive(Clone)]
pub struct MailSettings {
    pub server: String,
    pub port: u16,
    pub tls: MailTls,
    /// Name and password, where the server asks for them.
    pub credentials: Option<(String, String)>,
    /// The address that letters come from.
    pub from: String,
    /// A certificate in PEM that is trusted beside those of the system.
    pub ca: Option<Vec<u8>>,
    /// How long one letter may take.
    pub timeout: Duration,
}

impl fmt::Debug for MailSettings {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "MailSettings({}:{})", self.server, self.port)
    }
}

/// One letter. Sent again, it has the same identifier and the same bytes.
#[derive(Clone)]
pub struct Letter {
    pub id: ReminderId,
    pub to: String,
    pub subject: String,
    pub text: String,
    /// When it was written.
    pub at: DateTime<Utc>,
}

impl fmt::Debug for Letter {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "Letter({})", self.id)
    }
}

/// Hands letters in at one server.
#[derive(Clone)]
pub struct Mailer {
    transport: AsyncSmtpTransport<Tokio1Executor>,
    from: Mailbox,
    timeout: Duration,
}

impl fmt::Debug for Mailer {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("Mailer")
    }
}

impl Mailer {
    pub fn new(settings: MailSettings) -> Result<Self, NoticeError> {
        let wrong = |problem: String| NoticeError::Settings(problem);
        let from = settings.from.parse::<Mailbox>();
        let from = from.map_err(|_| wrong("the address that letters come from is not an e-mail address".to_owned()))?;
        if rustls::pki_types::ServerName::try_from(settings.server.as_str()).is_err() {
            return Err(wrong("the mail server is neither the name of a machine nor its address".to_owned()));
        }
        let parameters = || {
            let mut builder = TlsParameters::builder(settings.server.clone());
            if let Some(pem) = &settings.ca {
                let certificate = Certificate::from_pem(pem);
                builder = builder.add_root_certificate(
                    certificate.map_err(|_| wrong("the certificate to trust for mail cannot be read".to_owned()))?,
                );
            }
            builder.build().map_err(|error| wrong(format!("TLS for mail cannot be set up: {error}")))
        };
        let tls = match settings.tls {
            MailTls::None => Tls::None,
            MailTls::StartTls => Tls::Required(parameters()?),
            MailTls::Tls => Tls::Wrapper(parameters()?),
        };
        let hello = from.email.domain().to_owned();
        let mut transport = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(settings.server)
            .port(settings.port)
            .tls(tls)
            .hello_name(ClientId::Domain(hello))
            .timeout(Some(settings.timeout));
        if let Some((user, password)) = settings.credentials {
            transport = transport.credentials(Credentials::new(user, password));
        }
        Ok(Self { transport: transport.build(), from, timeout: settings.timeout })
    }

    /// Whether the server can be reached, takes TLS as it is configured, and knows the name and the password.
    pub async fn reach(&self) -> Result<(), NoticeError> {
        match tokio::time::timeout(self.timeout, self.transport.test_connection()).await {
            Err(_) => Err(NoticeError::TooSlow),
            Ok(Ok(true)) => Ok(()),
            Ok(Ok(false)) => Err(NoticeError::Unreachable),
            Ok(Err(error)) => Err(told(&error)),
        }
    }

    /// Hands a letter in. Afterwards it is the server's.
    pub async fn send(&self, letter: &Letter) -> Result<(), NoticeError> {
        let to = letter.to.parse::<Address>().map_err(|_| NoticeError::Refused { status: 553 })?;
        let id = format!("<{}@{}>", letter.id, self.from.email.domain());
        let message = Message::builder()
            .from(self.from.clone())
            .to(Mailbox::new(None, to))
            .subject(letter.subject.clone())
            .message_id(Some(id))
            .date(SystemTime::from(letter.at))
            .header(ContentType::TEXT_PLAIN)
            .body(letter.text.clone())
            .map_err(|_| NoticeError::Settings("the letter could not be made".to_owned()))?;
        // The server may pause in any of its answers, so the whole exchange has one time.
        match tokio::time::timeout(self.timeout, self.transport.send(message)).await {
            Err(_) => Err(NoticeError::TooSlow),
            Ok(Ok(_)) => Ok(()),
            Ok(Err(error)) => Err(told(&error)),
        }
    }
}

/// What went wrong, without what the server said: it may repeat the address.
fn told(error: &lettre::transport::smtp::Error) -> NoticeError {
    match error.status() {
        Some(code) => NoticeError::Refused { status: u16::from(code) },
        None if error.is_tls() => NoticeError::Tls,
        None if error.is_timeout() => NoticeError::TooSlow,
        None => NoticeError::Unreachable,
    }
}
