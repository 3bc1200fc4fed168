//! `homeward admin ping`: whether the service of this configuration is ready, for what restarts it when it is not.

use crate::cli::Trouble;
use crate::config::Configuration;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::process::ExitCode;
use std::time::Duration;

pub(super) async fn run(seconds: u64, configuration: &Configuration) -> Result<ExitCode, Trouble> {
    let scheme = if configuration.tls.admin && configuration.tls.certificate_file.is_some() { "https" } else { "http" };
    let address = near(configuration.service.admin_listen);
    // A second provider is only refused when one is in place already, which serves as well.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let client = reqwest::Client::builder()
        .timeout(Duration::from_secs(seconds))
        .no_proxy()
        // It asks the machine it runs on whether it lives, and tells it nothing.
        .tls_danger_accept_invalid_certs(true)
        .build()?;
    let answer = client.get(format!("{scheme}://{address}/readyz")).send().await.map_err(|error| {
        Trouble(format!("nothing answers at {address} within {seconds} s: {}", error.without_url()))
    })?;
    if !answer.status().is_success() {
        let said = answer.text().await.unwrap_or_default();
        return Err(Trouble(format!("the service at {address} is not ready: {}", said.trim())));
    }
    say!("The service at {address} is ready.");
    Ok(ExitCode::SUCCESS)
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

    #[test]
    fn a_listener_on_every_address_is_reached_on_this_machine() {
        let near = |listener: &str| near(listener.parse().expect("an address")).to_string();
        assert_eq!(near("0.0.0.0:9464"), "127.0.0.1:9464");
        assert_eq!(near("[::]:9464"), "[::1]:9464");
        assert_eq!(near("10.0.0.7:9464"), "10.0.0.7:9464");
    }
}
