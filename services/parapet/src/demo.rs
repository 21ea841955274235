//! `parapet demo`: a sidecar with the bundled guards in front of two small agents, real exchanges through it, and what
//! stands in the audit log afterwards. Everything it writes lies in a temporary folder of its own.

use anyhow::{Result, ensure};

use crate::exit::Exit;
use crate::http_client::HttpClient;
use crate::signals::Signals;
use crate::{log, output};

mod agents;
mod chat_agent;
mod ehr_agent;
mod exchanges;
mod show;
mod sidecar;

/// Starts a sidecar with a demo agent, sends real exchanges and shows what was decided.
#[derive(Debug, clap::Args)]
#[command(after_long_help = "\
Examples:
  parapet demo             shows the exchanges, then stays up until Ctrl-C
  parapet demo --exit      shows the exchanges and ends; fails when one is not decided as expected
  parapet demo --exit --json")]
pub(crate) struct Args {
    /// Ends after the exchanges instead of staying up
    #[arg(long)]
    exit: bool,
    /// Address of the data plane; a free port when this one is taken
    #[arg(long, value_name = "IP:PORT", default_value = "127.0.0.1:8080")]
    listen: std::net::SocketAddr,
    /// Address of the console; a free port when this one is taken
    #[arg(long, value_name = "IP:PORT", default_value = "127.0.0.1:9090")]
    admin_listen: std::net::SocketAddr,
    #[command(flatten)]
    log: log::Args,
}

/// Runs the demo.
pub(crate) async fn run(args: Args, json: bool) -> Result<Exit> {
    args.log.start("warn")?;
    let mut signals = Signals::catch()?;
    let agents = agents::start().await?;
    let sidecar = sidecar::start(agents, args.listen, args.admin_listen).await?;
    let client = HttpClient::new();
    let mut out = output::stdout();
    let mut shown = show::Show::new(&mut out, json, &sidecar)?;
    let mut surprises = Vec::new();
    for exchange in exchanges::all() {
        let reply = exchange.send(&client, &sidecar.url).await?;
        let records = sidecar.records_of(reply.header("x-parapet-decision-id")).await?;
        surprises.extend(exchange.surprise(&reply));
        shown.exchange(&exchange, &reply, &records)?;
    }
    shown.end(&sidecar, args.exit)?;
    if !args.exit {
        signals.told_to_stop().await;
    }
    sidecar.stop().await?;
    ensure!(surprises.is_empty(), "not decided as expected: {}", surprises.join("; "));
    Ok(Exit::Success)
}
