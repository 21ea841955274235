//! A client of `parapet mcp wrap`, with a scripted server behind it: one conversation of lines for all cells, and its log.

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use anyhow::{Context as _, Result};
use bytes::Bytes;
use http::{HeaderMap, StatusCode};
use parapet_domain::DecisionRecord;
use parapet_store::{DecisionFilter, PageRequest, Store, StoreConfig};
use parapet_tests::client::Answer;
use parapet_tests::sidecar;
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};
use uuid::Uuid;

use crate::world::Seen;

/// Keeps every line that it gets, and says the next answer to each.
const SERVER: &str = r#"while IFS= read -r line; do printf '%s\n' "$line" >> "$1/seen"; cat "$1/next"; done"#;

/// The command and what lies around it.
pub(crate) struct Wrapped {
    input: ChildStdin,
    output: BufReader<ChildStdout>,
    folder: PathBuf,
    store: Store,
    /// Lines that the server got, and rows of the log, that belong to cells before.
    received: usize,
    known: HashSet<Uuid>,
    _child: Child,
}

impl Wrapped {
    /// Starts the command in `folder` with the settings of `configuration`, to which the log and the route are added.
    pub(crate) async fn start(folder: &Path, configuration: &str) -> Result<Self> {
        std::fs::create_dir_all(folder)?;
        std::fs::write(folder.join("server.sh"), SERVER)?;
        std::fs::write(folder.join("seen"), "")?;
        let store = format!("sqlite:{}", folder.join("log.db").display());
        let config = folder.join("parapet.toml");
        let route = "[[route]]\nname = \"lines\"\nsurface = \"mcp\"\n";
        std::fs::write(&config, format!("{configuration}[store]\nurl = \"{store}\"\n{route}"))?;
        let mut command = Command::from(sidecar::parapet(&["mcp", "wrap", "--route", "lines", "--state-dir"])?);
        command.arg(folder.join("state")).arg("--config").arg(&config);
        command.args(["--", "sh"]).arg(folder.join("server.sh")).arg(folder);
        let errors = std::fs::File::create(folder.join("stderr.log"))?;
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(errors).kill_on_drop(true);
        let mut child = command.spawn()?;
        let input = child.stdin.take().context("no standard input")?;
        let mut output = BufReader::new(child.stdout.take().context("no standard output")?);
        // What it says first it says when the log is there.
        let mut wrapped = {
            let ping = (br#"{"jsonrpc":"2.0","id":0,"method":"ping"}"#, r#"{"jsonrpc":"2.0","id":0,"result":{}}"#);
            std::fs::write(folder.join("next"), format!("{}\n", ping.1))?;
            let mut input = input;
            input.write_all(&[ping.0.as_slice(), b"\n"].concat()).await?;
            let mut line = String::new();
            output.read_line(&mut line).await?;
            anyhow::ensure!(line.trim() == ping.1, "{line}{}", std::fs::read_to_string(folder.join("stderr.log"))?);
            let store = Store::open(&StoreConfig::new(store)).await?;
            let (received, known) = (1, HashSet::new());
            Self { input, output, folder: folder.to_owned(), store, received, known, _child: child }
        };
        wrapped.new_rows().await?;
        Ok(wrapped)
    }

    /// Sends a line and reads the one that comes back.
    pub(crate) async fn run(&mut self, line: &str, next: &str) -> Result<Seen> {
        std::fs::write(self.folder.join("next"), format!("{next}\n"))?;
        self.input.write_all(format!("{line}\n").as_bytes()).await?;
        let mut answer = String::new();
        self.output.read_line(&mut answer).await?;
        let body = Bytes::from(answer.trim_end().to_owned());
        let answer = Answer { status: StatusCode::OK, headers: HeaderMap::new(), body };
        let seen = std::fs::read_to_string(self.folder.join("seen"))?;
        let received: Vec<String> = seen.lines().skip(self.received).map(str::to_owned).collect();
        self.received += received.len();
        Ok(Seen { answer, received, rows: self.new_rows().await? })
    }

    async fn new_rows(&mut self) -> Result<Vec<DecisionRecord>> {
        let mut rows = self.store.decisions(&DecisionFilter::of("default"), &PageRequest::first(100)).await?.records;
        rows.retain(|row| self.known.insert(row.id));
        Ok(rows)
    }
}
