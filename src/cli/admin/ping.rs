//! `homeward admin ping`: whether the service of this configuration is ready, for what restarts it when it is not.

use crate::cli::Trouble;
use crate::config::Configuration;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::process::ExitCode;
use std::time::{Duration, Instant};

/// How long after one question the next is asked.
const ASK_EVERY: Duration = Duration::from_millis(250);

/// Asks until the service is ready or the time is over, and then says what it last heard. It asks once at least.
pub(super) async fn run(seconds: u64, configuration: &Configuration) -> Result<ExitCode, Trouble> {
    let scheme = if configuration.tls.admin && configuration.tls.certificate_file.is_some() { "https" } else { "http" };
    let address = near(configuration.service.admin_listen);
    // A second provider is only refused when one is in place already, which serves as well.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let client = reqwest::Client::builder()
        .no_proxy()
        // It asks the machine it runs on whether it lives, and tells it nothing.
        .tls_danger_accept_invalid_certs(true)
        .build()?;
    let (question, end) = (format!("{scheme}://{address}/readyz"), Instant::now() + Duration::from_secs(seconds));
    loop {
        let left = end.saturating_duration_since(Instant::now()).max(ASK_EVERY);
        let problem = match ask(client.get(&question).timeout(left)).await {
            Ok(()) => {
                say!("The service at {address} is ready.");
                return Ok(ExitCode::SUCCESS);
            }
            Err(problem) => problem,
        };
        if end.saturating_duration_since(Instant::now()) <= ASK_EVERY {
            return Err(Trouble(format!("the service at {address} is not ready within {seconds} s: {problem}")));
        }
        tokio::time::sleep(ASK_EVERY).await;
    }
}

/// Or why it is not ready, in the service's own words where it has any.
async fn ask(question: reqwest::RequestBuilder) -> Result<(), String> {
    let answer = question.send().await.map_err(|error| format!("nothing answers: {}", error.without_url()))?;
    if answer.status().is_success() {
        return Ok(());
    }
    Err(answer.text().await.unwrap_or_default().trim().to_owned())
}

/// Where a listener of this machine is reached from this machine.
fn near(listener: SocketAddr) -> SocketAddr {
    let address = match listener.ip() {
        IpAddr::V4(address) if address.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(address) if address.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        address => address,
    };
    SocketAddr::new(address, listener.port())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::{Read as _, Write as _};
    use std::net::TcpListener;

    #[test]
    fn a_listener_on_every_address_is_reached_on_this_machine() {
        let near = |listener: &str| near(listener.parse().expect("an address")).to_string();
        assert_eq!(near("0.0.0.0:9464"), "127.0.0.1:9464");
        assert_eq!(near("[::]:9464"), "[::1]:9464");
        assert_eq!(near("10.0.0.7:9464"), "10.0.0.7:9464");
    }

    /// A service that says no to the first questions, as one does that starts.
    fn starting(refusals: usize) -> SocketAddr {
        let listener = TcpListener::bind("127.0.0.1:0").expect("listens");
        let address = listener.local_addr().expect("has an address");
        std::thread::spawn(move || {
            for (asked, stream) in listener.incoming().enumerate() {
                let mut stream = stream.expect("a connection");
                let _ = stream.read(&mut [0; 4096]).expect("reads");
                let status = if asked < refusals { "503 Service Unavailable" } else { "200 OK" };
                let answer = format!("HTTP/1.1 {status}\r\nContent-Length: 7\r\nConnection: close\r\n\r\nreading");
                stream.write_all(answer.as_bytes()).expect("answers");
            }
        });
        address
    }

    #[tokio::test]
    async fn a_service_that_starts_is_waited_for_until_the_time_is_over() {
        let at = |address| {
            let mut configuration = Configuration::default();
            configuration.service.admin_listen = address;
            configuration
        };
        run(30, &at(starting(2))).await.expect("it is ready in time");
        let Err(Trouble(said)) = run(0, &at(starting(usize::MAX))).await else { panic!("it is never ready") };
        assert!(said.ends_with("is not ready within 0 s: reading"), "{said}");
        let closed = TcpListener::bind("127.0.0.1:0").expect("listens").local_addr().expect("has an address");
        let Err(Trouble(said)) = run(0, &at(closed)).await else { panic!("nobody is there") };
        assert!(said.contains("nothing answers"), "{said}");
    }
}
