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

/// What a server says that is about whoever speaks to it and not about the letter: it shuts down (421), or wants TLS, a name
/// or another password first (RFC 4954, sections 4 and 6; RFC 3207, section 4).
const OF_THE_CHANNEL: [u16; 6] = [421, 454, 530, 534, 535, 538];

fn refused(status: u16) -> NoticeError {
    if OF_THE_CHANNEL.contains(&status) {
        NoticeError::ChannelRefused { status }
    } else {
        NoticeError::Refused { status }
    }
}

/// What went wrong, without what the server said: it may repeat the address.
fn told(error: &lettre::transport::smtp::Error) -> NoticeError {
    match error.status() {
        Some(code) => refused(u16::from(code)),
        None if error.is_tls() => NoticeError::Tls,
        None if error.is_timeout() => NoticeError::TooSlow,
        None => NoticeError::Unreachable,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
    use tokio::net::TcpListener;

    /// What is made of a letter by a server that answers `MAIL FROM` so.
    async fn answered(answer: &'static str) -> NoticeError {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("listens");
        let port = listener.local_addr().expect("an address").port();
        tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.expect("a client");
            let (read, mut write) = stream.split();
            write.write_all(b"220 here\r\n").await.expect("greets");
            let mut lines = BufReader::new(read).lines();
            while let Ok(Some(line)) = lines.next_line().await {
                let told = if line.starts_with("MAIL") { answer } else { "250 yes" };
                if write.write_all(format!("{told}\r\n").as_bytes()).await.is_err() {
                    return;
                }
            }
        });
        let mailer = Mailer::new(MailSettings {
            server: "127.0.0.1".to_owned(),
            port,
            tls: MailTls::None,
            credentials: None,
            from: "service@department.example".to_owned(),
            ca: None,
            timeout: Duration::from_secs(20),
        });
        let at = DateTime::UNIX_EPOCH;
        let (to, text) = ("officer@authority.example".to_owned(), "It is due.".to_owned());
        let letter = Letter { id: ReminderId::new(at), to, subject: "Due".to_owned(), text, at };
        mailer.expect("a mailer").send(&letter).await.expect_err("it is refused")
    }

    #[tokio::test]
    async fn a_server_that_refuses_the_service_is_told_from_one_that_refuses_a_letter() {
        let refused = answered("530 5.7.0 Authentication required").await;
        assert_eq!(refused, NoticeError::ChannelRefused { status: 530 });
        assert!(refused.concerns_the_whole_channel());
        let refused = answered("550 5.1.1 Nobody of that name").await;
        assert_eq!(refused, NoticeError::Refused { status: 550 });
        assert!(!refused.concerns_the_whole_channel());
    }
}
