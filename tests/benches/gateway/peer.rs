//! The upstream and the plain proxies: this same program, started again as a process for each, so that they and Parapet
//! have the same conditions and each one's processor time can be read.

use std::convert::Infallible;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use anyhow::{Context as _, Result};
use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::response::Response;
use axum::routing::post;
use axum::serve::ListenerExt as _;
use bytes::Bytes;
use http::{Request, StatusCode, Uri, header};
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::{TokioExecutor, TokioIo};
use serde_json::Value;
use tokio::net::TcpListener;

use crate::exchange;

/// First argument of such a process.
const ARGUMENT: &str = "--peer";
/// Longest body that the plain proxies buffer, in bytes.
const MAX_BODY: usize = 4 << 20;

/// What such a process is.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Role {
    /// Answers every request with [`exchange::answer`].
    Upstream,
    /// Passes everything on, each body held whole.
    Proxy {
        /// The upstream.
        to: SocketAddr,
        /// Whether both bodies are parsed as JSON.
        parse: bool,
    },
}

/// A running process. Killed when it is dropped; when this process is killed, it ends with its standard input.
pub(crate) struct Peer {
    child: Child,
    pub(crate) address: SocketAddr,
}

impl Role {
    /// The role that a command line asks for, if it does.
    pub(crate) fn asked_for(arguments: &[String]) -> Result<Option<Self>> {
        let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
        Ok(match words.as_slice() {
            [ARGUMENT, "upstream"] => Some(Self::Upstream),
            [ARGUMENT, "proxy", to] => Some(Self::Proxy { to: to.parse()?, parse: false }),
            [ARGUMENT, "parsing-proxy", to] => Some(Self::Proxy { to: to.parse()?, parse: true }),
            _ => None,
        })
    }

    fn arguments(self) -> Vec<String> {
        let role = match self {
            Self::Upstream => return vec![ARGUMENT.to_owned(), "upstream".to_owned()],
            Self::Proxy { parse: false, .. } => "proxy",
            Self::Proxy { parse: true, .. } => "parsing-proxy",
        };
        let Self::Proxy { to, .. } = self else { return Vec::new() };
        vec![ARGUMENT.to_owned(), role.to_owned(), to.to_string()]
    }
}

impl Peer {
    /// Starts one and waits until it listens.
    pub(crate) fn start(role: Role) -> Result<Self> {
        let mut command = Command::new(std::env::current_exe()?);
        let mut child = command.args(role.arguments()).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
        let stdout = child.stdout.take().context("no standard output")?;
        let mut line = String::new();
        BufReader::new(stdout).read_line(&mut line)?;
        let address = line.trim().parse().with_context(|| format!("{role:?} said `{line}`"))?;
        Ok(Self { child, address })
    }

    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        // Both fail only when it is gone already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Processor time that a process has used so far, all its threads together.
pub(crate) fn cpu_time(pid: u32) -> Result<Duration> {
    /// Hundredths of a second on every Linux, whatever the kernel counts in.
    const TICK: Duration = Duration::from_millis(10);
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).context("a process is gone")?;
    // The name before the bracket may hold anything; utime and stime are the 12th and 13th field behind it.
    let fields = stat.rsplit_once(')').map(|(_, rest)| rest).unwrap_or_default();
    let ticks: u32 = fields.split_whitespace().skip(11).take(2).filter_map(|field| field.parse::<u32>().ok()).sum();
    Ok(TICK * ticks)
}

/// Is `role` until standard input ends.
pub(crate) fn serve(role: Role) -> Result<()> {
    tokio::runtime::Runtime::new()?.block_on(async move {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let mut out = std::io::stdout();
        writeln!(out, "{}", listener.local_addr()?)?;
        out.flush()?;
        tokio::spawn(async move {
            match role {
                Role::Upstream => serve_upstream(listener).await,
                Role::Proxy { to, parse } => serve_proxy(listener, to, parse).await,
            }
        });
        tokio::task::spawn_blocking(|| std::io::stdin().read_to_end(&mut Vec::new())).await??;
        Ok(())
    })
}

async fn serve_upstream(listener: TcpListener) {
    let answer = exchange::answer();
    while let Ok((stream, _)) = listener.accept().await {
        let _ = stream.set_nodelay(true);
        let answer = answer.clone();
        let service = service_fn(move |request: Request<Incoming>| {
            let answer = answer.clone();
            async move {
                // Read to its end, as an agent would.
                let _ = request.into_body().collect().await;
                let mut response = Response::new(Full::new(answer));
                response
                    .headers_mut()
                    .insert(header::CONTENT_TYPE, header::HeaderValue::from_static("application/json"));
                Ok::<_, Infallible>(response)
            }
        });
        tokio::spawn(hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service));
    }
}

#[derive(Clone)]
struct Proxy {
    client: Client<HttpConnector, Full<Bytes>>,
    uri: Uri,
    parse: bool,
}

async fn serve_proxy(listener: TcpListener, to: SocketAddr, parse: bool) {
    let Ok(uri) = format!("http://{to}{}", exchange::PATH).parse() else { return };
    let mut connector = HttpConnector::new();
    connector.set_nodelay(true);
    let client = Client::builder(TokioExecutor::new()).pool_max_idle_per_host(64).build(connector);
    let router = Router::new().route(exchange::PATH, post(pass_on)).with_state(Proxy { client, uri, parse });
    let listener = listener.tap_io(|stream| {
        let _ = stream.set_nodelay(true);
    });
    // It ends with the process.
    let _ = axum::serve(listener, router).await;
}

async fn pass_on(State(proxy): State<Proxy>, request: Request<Body>) -> Result<Response, StatusCode> {
    let (head, body) = request.into_parts();
    let body = Limited::new(body, MAX_BODY).collect().await.map_err(|_| StatusCode::BAD_REQUEST)?.to_bytes();
    proxy.read(&body, StatusCode::BAD_REQUEST)?;
    let mut onward = Request::new(Full::new(body));
    *onward.method_mut() = head.method;
    *onward.uri_mut() = proxy.uri.clone();
    *onward.headers_mut() = head.headers;
    onward.headers_mut().remove(header::HOST);

    let (head, body) = proxy.client.request(onward).await.map_err(|_| StatusCode::BAD_GATEWAY)?.into_parts();
    let body = Limited::new(body, MAX_BODY).collect().await.map_err(|_| StatusCode::BAD_GATEWAY)?.to_bytes();
    proxy.read(&body, StatusCode::BAD_GATEWAY)?;
    Ok(Response::from_parts(head, Body::from(body)))
}

impl Proxy {
    fn read(&self, body: &[u8], otherwise: StatusCode) -> Result<(), StatusCode> {
        if self.parse {
            std::hint::black_box(serde_json::from_slice::<Value>(body).map_err(|_| otherwise)?);
        }
        Ok(())
    }
}
