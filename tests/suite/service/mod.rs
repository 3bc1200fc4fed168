//! The real program, started as a process and spoken to over HTTP.

mod accounts;
mod canaries;
mod collections;
mod collects;
mod confirms;
mod encrypted;
mod forgets;
mod guards;
mod limits;
mod lost;
mod profiles;
mod proves;
mod releases;
mod resubmits;
mod sealed;
mod sends_anew;
mod survives;
mod watched;

use std::io::{BufRead as _, BufReader, Read as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::OnceLock;
use tempfile::TempDir;

/// The built program.
const PROGRAM: &str = env!("CARGO_BIN_EXE_homeward");

/// Runs a command of the program to its end.
pub(crate) fn homeward(arguments: &[&str]) -> Output {
    Command::new(PROGRAM).args(arguments).output().expect("the program starts")
}

/// A small return of one authority as ZIP, made once for all tests.
pub(crate) fn small_return(authority: &'static str) -> Vec<u8> {
    static FOLDER: OnceLock<TempDir> = OnceLock::new();
    let folder = FOLDER.get_or_init(|| {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().to_str().expect("a path");
        let made = homeward(&["sample", "--output", path, "--authorities", "330,331", "--rows", "800", "--zip"]);
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
        folder
    });
    std::fs::read(folder.path().join(format!("{authority}.zip"))).expect("the sample was written")
}

/// A running service with a data folder of its own.
pub(crate) struct Running {
    pub(crate) child: Child,
    pub(crate) api: String,
    pub(crate) admin: String,
    pub(crate) data: PathBuf,
    /// Settings as environment variables, kept for a restart.
    settings: Vec<(String, String)>,
    _folder: Option<TempDir>,
}

impl Running {
    pub(crate) fn start(settings: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let settings = settings.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let mut running = Self::start_in(folder.path().join("data"), settings);
        running._folder = Some(folder);
        running
    }

    fn start_in(data: PathBuf, settings: Vec<(String, String)>) -> Self {
        let mut child = Command::new(PROGRAM)
            .arg("serve")
            .env("HOMEWARD_SERVICE_LISTEN", "127.0.0.1:0")
            .env("HOMEWARD_SERVICE_ADMIN_LISTEN", "127.0.0.1:0")
            .env("HOMEWARD_SERVICE_DATA_FOLDER", &data)
            .envs(settings.iter().cloned())
            .stdout(Stdio::piped())
            .stderr(Stdio::from(std::fs::File::create(data.with_extension("log")).expect("a log")))
            .spawn()
            .expect("the program starts");
        let mut line = String::new();
        BufReader::new(child.stdout.as_mut().expect("its output")).read_line(&mut line).expect("it speaks");
        let words = line.split([' ', ',', '\n']).filter(|word| word.starts_with("http"));
        let mut addresses = words.map(|word| word.trim_end_matches('.').to_owned());
        let (api, admin) =
            (addresses.next().expect("the API's address"), addresses.next().expect("the admin's address"));
        Self { child, api, admin, data, settings, _folder: None }
    }

    /// Ends the process at once, as a power cut would, and starts it again on the same data.
    pub(crate) fn kill_and_restart(mut self) -> Self {
        self.child.kill().expect("it is killed");
        self.child.wait().expect("it ended");
        let (data, settings) = (self.data.clone(), self.settings.clone());
        let folder = self._folder.take();
        let mut again = Self::start_in(data, settings);
        again._folder = folder;
        again
    }

    /// The same settings on another data folder, after the process was ended at once.
    pub(crate) fn kill_and_restart_in(mut self, data: PathBuf) -> Self {
        self.child.kill().expect("it is killed");
        self.child.wait().expect("it ended");
        self.data = data;
        self.kill_and_restart()
    }

    /// Somebody who has a key already, at the address at which the service is now.
    pub(crate) fn with_key(&self, actor: &Actor) -> Actor {
        Actor { base: self.api.clone(), ..actor.clone() }
    }

    pub(crate) fn log(&self) -> String {
        std::fs::read_to_string(self.data.with_extension("log")).expect("the log")
    }

    /// A new key, made as an operator makes it.
    pub(crate) fn key(&self, role: &str, authority: Option<&str>) -> String {
        let mut command = Command::new(PROGRAM);
        command.env("HOMEWARD_SERVICE_DATA_FOLDER", &self.data);
        command.args(["admin", "key", "new", "--role", role, "--label", "test"]);
        if let Some(code) = authority {
            command.args(["--authority", code]);
        }
        let made = command.output().expect("the program starts");
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
        String::from_utf8(made.stdout).expect("a key").trim().to_owned()
    }

    /// A client that acts with this key.
    pub(crate) fn acting(&self, role: &str, authority: Option<&str>) -> Actor {
        Actor { base: self.api.clone(), key: self.key(role, authority), http: reqwest_client() }
    }

    /// Whether any file under the data folder holds the bytes, compressed files opened.
    pub(crate) fn holds(&self, needle: &[u8]) -> bool {
        files(&self.data).iter().any(|path| {
            let bytes = std::fs::read(path).unwrap_or_default();
            let mut expanded = Vec::new();
            if let Ok(mut decoder) = zstd::Decoder::new(bytes.as_slice()) {
                // What is not compressed does not expand; its own bytes are searched all the same.
                let _ = decoder.read_to_end(&mut expanded);
            }
            contains(&bytes, needle) || contains(&expanded, needle)
        })
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended by itself, which is what some tests are about.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() { found.extend(files(&path)) } else { found.push(path) }
    }
    found
}

pub(crate) fn contains(bytes: &[u8], needle: &[u8]) -> bool {
    bytes.windows(needle.len()).any(|window| window == needle)
}

fn reqwest_client() -> reqwest::Client {
    // A second provider is refused when one is in place, which serves as well.
    let _ = rustls::crypto::ring::default_provider().install_default();
    // A connection for each request: one kept idle past the service's header timeout is closed by it.
    reqwest::Client::builder().pool_max_idle_per_host(0).build().expect("a client")
}

/// Somebody with a key.
#[derive(Clone)]
pub(crate) struct Actor {
    pub(crate) base: String,
    pub(crate) key: String,
    pub(crate) http: reqwest::Client,
}

/// An answer, read whole.
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: reqwest::header::HeaderMap,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body)
            .unwrap_or_else(|_| panic!("not JSON: {}", String::from_utf8_lossy(&self.body)))
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }
}

impl Actor {
    pub(crate) fn request(&self, method: &str, path: &str) -> reqwest::RequestBuilder {
        let method = method.parse().expect("a method");
        self.http.request(method, format!("{}{path}", self.base)).bearer_auth(&self.key)
    }

    pub(crate) async fn send(request: reqwest::RequestBuilder) -> Answer {
        let response = request.send().await.expect("an answer");
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        Answer { status, headers, body: response.bytes().await.expect("its body").to_vec() }
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        Self::send(self.request("GET", path)).await
    }

    pub(crate) async fn post(&self, path: &str, body: &serde_json::Value) -> Answer {
        Self::send(self.request("POST", path).json(body)).await
    }

    pub(crate) async fn upload(&self, bytes: Vec<u8>, idempotency_key: &str) -> Answer {
        Self::send(self.request("POST", "/v1/returns").header("Idempotency-Key", idempotency_key).body(bytes)).await
    }
}
