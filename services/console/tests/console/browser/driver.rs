//! Starts chromedriver and a Chromium of its own, and asks them for what WebDriver alone does not tell.

use std::path::{Path, PathBuf};
use std::process::Stdio;

use fantoccini::wd::WebDriverCompatibleCommand;
use fantoccini::{Client, ClientBuilder};
use http::Method;
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::{Child, Command};

const MISSING: &str = "chromium and chromedriver are needed for this test; install them (Debian: `apt-get install chromium chromium-driver`), \
                       or set PARAPET_SKIP_BROWSER=1";
const FLAGS: [&str; 9] = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
    "--hide-scrollbars",
];

/// A running chromedriver.
pub(super) struct Driver {
    process: Child,
    url: String,
    browser: PathBuf,
    profile: tempfile::TempDir,
}

/// How a page is looked at.
#[derive(Debug, Clone, Copy)]
pub(super) struct Look {
    pub(super) name: &'static str,
    width: u32,
    height: u32,
    scheme: &'static str,
}

impl Look {
    pub(super) const ALL: [Self; 4] = [
        Self { name: "light-wide", width: 1280, height: 900, scheme: "light" },
        Self { name: "dark-wide", width: 1280, height: 900, scheme: "dark" },
        Self { name: "light-narrow", width: 390, height: 844, scheme: "light" },
        Self { name: "dark-narrow", width: 390, height: 844, scheme: "dark" },
    ];
}

impl Driver {
    pub(super) async fn start() -> Self {
        let browser = ["chromium", "chromium-browser", "google-chrome"].into_iter().find_map(find).expect(MISSING);
        let program = find("chromedriver").expect(MISSING);
        let mut process = Command::new(program)
            .arg("--port=0")
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(process.stdout.take().unwrap()).lines();
        let port = loop {
            let line = lines.next_line().await.unwrap().expect("chromedriver ended before it told its port");
            if let Some((_, port)) = line.split_once("started successfully on port ") {
                break port.trim_end_matches('.').to_owned();
            }
        };
        // Keeps reading, so that chromedriver never blocks on a full pipe.
        tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
        let profile = tempfile::tempdir().unwrap();
        Self { process, url: format!("http://127.0.0.1:{port}"), browser, profile }
    }

    /// A browser with a profile of its own.
    pub(super) async fn open(&self) -> Client {
        let profile = format!("--user-data-dir={}", self.profile.path().display());
        let flags: Vec<&str> = FLAGS.into_iter().chain([profile.as_str()]).collect();
        let capabilities = json!({
            "browserName": "chrome",
            "goog:chromeOptions": {"binary": self.browser, "args": flags},
            "goog:loggingPrefs": {"browser": "ALL"},
        });
        let capabilities = capabilities.as_object().cloned().unwrap();
        ClientBuilder::new(HttpConnector::new()).capabilities(capabilities).connect(&self.url).await.unwrap()
    }

    pub(super) async fn stop(mut self) {
        self.process.kill().await.unwrap();
    }
}

fn find(program: &str) -> Option<PathBuf> {
    std::env::split_paths(&std::env::var_os("PATH")?).map(|dir| dir.join(program)).find(|path| path.is_file())
}

/// What the browser has logged since the last call.
pub(super) async fn take_log(client: &Client) -> Vec<Value> {
    let log = client.issue_cmd(Extension { path: "se/log", body: json!({"type": "browser"}) }).await.unwrap();
    log.as_array().cloned().unwrap()
}

/// Sets the window's size and the preferred colours.
pub(super) async fn dress(client: &Client, look: Look) {
    let metrics =
        json!({"width": look.width, "height": look.height, "deviceScaleFactor": 1, "mobile": look.width < 600});
    devtools(client, "Emulation.setDeviceMetricsOverride", metrics).await;
    let features = json!({"features": [{"name": "prefers-color-scheme", "value": look.scheme}]});
    devtools(client, "Emulation.setEmulatedMedia", features).await;
}

/// Keeps the whole page as a picture.
pub(super) async fn picture(client: &Client, path: &Path) {
    let size = client.execute("return [innerWidth, document.documentElement.scrollHeight]", Vec::new()).await.unwrap();
    let clip = json!({"x": 0, "y": 0, "width": size[0], "height": size[1], "scale": 1});
    let shot = devtools(
        client,
        "Page.captureScreenshot",
        json!({"format": "png", "captureBeyondViewport": true, "clip": clip}),
    )
    .await;
    tokio::fs::create_dir_all(path.parent().unwrap()).await.unwrap();
    tokio::fs::write(path, base64(shot["data"].as_str().unwrap())).await.unwrap();
}

async fn devtools(client: &Client, command: &str, params: Value) -> Value {
    client
        .issue_cmd(Extension { path: "goog/cdp/execute", body: json!({"cmd": command, "params": params}) })
        .await
        .unwrap()
}

/// A command of chromedriver beyond the standard.
#[derive(Debug)]
struct Extension {
    path: &'static str,
    body: Value,
}

impl WebDriverCompatibleCommand for Extension {
    fn endpoint(&self, base: &url::Url, session: Option<&str>) -> Result<url::Url, url::ParseError> {
        base.join(&format!("session/{}/{}", session.unwrap_or_default(), self.path))
    }

    fn method_and_body(&self, _: &url::Url) -> (Method, Option<String>) {
        (Method::POST, Some(self.body.to_string()))
    }
}

/// Bytes of base64 text that the browser wrote.
fn base64(text: &str) -> Vec<u8> {
    let value = |byte: u8| match byte {
        b'A'..=b'Z' => Some(u32::from(byte - b'A')),
        b'a'..=b'z' => Some(u32::from(byte - b'a') + 26),
        b'0'..=b'9' => Some(u32::from(byte - b'0') + 52),
        b'+' => Some(62),
        b'/' => Some(63),
        _ => None,
    };
    let digits: Vec<u32> = text.bytes().filter_map(value).collect();
    let group = |group: &[u32]| {
        let bits = group.iter().fold(0, |bits, digit| bits << 6 | digit) << (6 * (4 - group.len()));
        bits.to_be_bytes()[1..group.len()].to_vec()
    };
    digits.chunks(4).flat_map(group).collect()
}
