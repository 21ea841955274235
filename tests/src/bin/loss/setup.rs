//! The servers of the run: Postgres, a model, and the sidecar, which can be started again and again.

use std::path::PathBuf;

use anyhow::Result;
use parapet_tests::postgres::Cluster;
use parapet_tests::sidecar::Sidecar;
use parapet_tests::upstream::Upstream;

/// Everything but the sidecar itself.
pub(crate) struct Setup {
    pub(crate) cluster: Cluster,
    pub(crate) model: Upstream,
    home: tempfile::TempDir,
}

impl Setup {
    pub(crate) async fn new() -> Result<Self> {
        let home = tempfile::tempdir()?;
        let cluster = tokio::task::spawn_blocking(Cluster::start).await??;
        let model = Upstream::saying("The clinic opens at eight.").await?;
        let setup = Self { cluster, model, home };
        parapet_tests::guards::write_allow_all(&setup.path("guards"))?;
        std::fs::write(setup.path("parapet.toml"), setup.config())?;
        Ok(setup)
    }

    /// Starts the sidecar, which listens on a new port each time.
    pub(crate) fn sidecar(&self) -> Result<Sidecar> {
        let config = self.path("parapet.toml").display().to_string();
        Sidecar::start(&self.path("state"), &["--config", &config])
    }

    fn path(&self, name: &str) -> PathBuf {
        self.home.path().join(name)
    }

    fn config(&self) -> String {
        format!(
            r#"
            [server]
            listen = "127.0.0.1:0"
            admin_listen = "127.0.0.1:0"
            [store]
            url = "{store}"
            [audit]
            digest_key_file = "{home}/digest.key"
            [guards]
            dir = "{home}/guards"
            watch = false
            [sandbox]
            cache_dir = "{home}/cache"
            [upstreams.model]
            base_url = "http://{model}"
            [[route]]
            name = "chat"
            surface = "openai_chat"
            upstream = "model"
            principal = "optional"
            audit = "required"
            "#,
            store = self.cluster.url(),
            home = self.home.path().display(),
            model = self.model.address,
        )
    }
}
