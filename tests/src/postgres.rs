//! A Postgres cluster of its own in a temporary folder, which a test may stop, kill and start as it likes.

use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context as _, Result, ensure};

/// A running cluster. Stopped and removed when it is dropped.
pub struct Cluster {
    bin: PathBuf,
    home: tempfile::TempDir,
    port: u16,
}

/// How a cluster is stopped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stop {
    /// Sessions are ended, data is flushed.
    Fast,
    /// As in a crash: no flush, recovery at the next start.
    Immediate,
}

impl Cluster {
    /// Makes and starts a cluster. As root, it runs as the user `postgres`, since the server refuses root.
    ///
    /// # Errors
    /// Postgres is not installed, or does not start.
    pub fn start() -> Result<Self> {
        let home = tempfile::Builder::new().prefix("parapet-pg-").tempdir()?;
        let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        let cluster = Self { bin: bin_dir()?, home, port };
        if is_root() {
            run(Command::new("chown").arg("postgres:").arg(cluster.home.path()))?;
        }
        let data = cluster.data();
        run(cluster
            .command("initdb")
            .args(["--username=parapet", "--auth=trust", "--encoding=UTF8", "--no-sync"])
            .arg("-D")
            .arg(&data))?;
        let settings = format!(
            "listen_addresses = '127.0.0.1'\nport = {port}\nunix_socket_directories = '{}'\nmax_connections = 50\n",
            cluster.home.path().display()
        );
        let owned = cluster.home.path().join("parapet.conf");
        std::fs::write(&owned, settings)?;
        run(Command::new("chmod").arg("644").arg(&owned))?;
        run(cluster.command("sh").arg("-c").arg(format!(
            "echo \"include '{}'\" >> '{}/postgresql.conf'",
            owned.display(),
            data.display()
        )))?;
        cluster.up()?;
        run(cluster.command("createdb").args([
            "-h",
            "127.0.0.1",
            "-p",
            &port.to_string(),
            "-U",
            "parapet",
            "parapet",
        ]))?;
        Ok(cluster)
    }

    /// Address for `store.url`.
    #[must_use]
    pub fn url(&self) -> String {
        format!("postgres://parapet@127.0.0.1:{}/parapet", self.port)
    }

    /// Starts it and waits until it takes connections.
    ///
    /// # Errors
    /// It does not start.
    pub fn up(&self) -> Result<()> {
        let log = self.home.path().join("data/server.log");
        run(self.command("pg_ctl").args(["start", "--wait", "--silent"]).arg("-D").arg(self.data()).arg("-l").arg(log))
    }

    /// Stops it.
    ///
    /// # Errors
    /// It was not running.
    pub fn down(&self, how: Stop) -> Result<()> {
        let mode = if how == Stop::Fast { "fast" } else { "immediate" };
        run(self.command("pg_ctl").args(["stop", "--wait", "--silent", "-m", mode]).arg("-D").arg(self.data()))
    }

    /// Runs SQL in the database of [`Cluster::url`].
    ///
    /// # Errors
    /// The server says no.
    pub fn sql(&self, sql: &str) -> Result<()> {
        let url = self.url();
        run(self.command("psql").args(["--quiet", "--no-psqlrc", "--set=ON_ERROR_STOP=1", "--command", sql, &url]))
    }

    fn data(&self) -> PathBuf {
        self.home.path().join("data")
    }

    fn command(&self, program: &str) -> Command {
        let path = self.bin.join(program);
        let program = if path.is_file() { path } else { PathBuf::from(program) };
        let mut command = if is_root() {
            let mut command = Command::new("setpriv");
            command.args(["--reuid=postgres", "--regid=postgres", "--clear-groups", "--"]).arg(program);
            command
        } else {
            Command::new(program)
        };
        // The server and its tools complain about a working directory that their user cannot enter.
        command.current_dir(self.home.path()).env_remove("PGHOST").env_remove("PGPORT");
        command
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        // Fails only when the test stopped it already.
        let _ = self.down(Stop::Immediate);
    }
}

/// Where `initdb` and `pg_ctl` are; Debian keeps them off the path.
fn bin_dir() -> Result<PathBuf> {
    let given = std::env::var_os("PG_BIN").map(PathBuf::from);
    let mut versions: Vec<PathBuf> = std::fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .flatten()
        .map(|e| e.path().join("bin"))
        .collect();
    versions.sort();
    let on_path =
        std::env::var_os("PATH").map(|path| std::env::split_paths(&path).collect::<Vec<_>>()).unwrap_or_default();
    let mut all = given.into_iter().chain(versions.into_iter().rev()).chain(on_path);
    all.find(|dir| dir.join("initdb").is_file() && dir.join("pg_ctl").is_file()).context(
        "PostgreSQL's `initdb` and `pg_ctl` are not installed; run tests/setup.sh test, or name their folder in PG_BIN",
    )
}

fn is_root() -> bool {
    use std::os::unix::fs::MetadataExt as _;
    std::fs::metadata("/proc/self").is_ok_and(|me| me.uid() == 0)
}

fn run(command: &mut Command) -> Result<()> {
    let output = command.stdin(Stdio::null()).output().with_context(|| format!("{} does not run", name(command)))?;
    ensure!(
        output.status.success(),
        "{} failed: {}{}",
        name(command),
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
    Ok(())
}

fn name(command: &Command) -> String {
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    words.map(|word| Path::new(word).display().to_string()).collect::<Vec<_>>().join(" ")
}
