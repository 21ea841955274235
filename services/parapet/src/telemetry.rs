//! Sends traces to an OpenTelemetry collector, in batches, from a thread of its own. A collector that is away costs spans, never traffic.

use anyhow::{Context as _, Result};
use opentelemetry_http::{Bytes, HttpError, Request, Response};
use opentelemetry_otlp::{Protocol, SpanExporter, WithExportConfig as _, WithHttpConfig as _};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::{Sampler, SdkTracerProvider};
use parapet_gateway::config::TelemetryConfig;
use tokio::runtime::Handle;

use crate::http_client::HttpClient;

/// Traces that are being sent.
pub(crate) struct Traces(SdkTracerProvider);

/// Starts to send what `config` says. Needs a runtime, on which the requests are made.
pub(crate) fn start(config: &TelemetryConfig) -> Result<Traces> {
    let exporter = SpanExporter::builder()
        .with_http()
        .with_http_client(OnRuntime { runtime: Handle::current(), client: HttpClient::new() })
        .with_protocol(Protocol::HttpBinary)
        .with_endpoint(config.traces_url.to_string())
        .with_timeout(config.export_timeout)
        .build()
        .context("[telemetry]: traces cannot be sent")?;
    let begun_here = Sampler::TraceIdRatioBased(f64::from(config.sample_percent) / 100.0);
    let provider = SdkTracerProvider::builder()
        .with_batch_exporter(exporter)
        .with_sampler(Sampler::ParentBased(Box::new(begun_here)))
        .with_resource(Resource::builder().with_service_name(config.service_name.clone()).build())
        .build();
    opentelemetry::global::set_tracer_provider(provider.clone());
    Ok(Traces(provider))
}

impl Traces {
    /// Sends what still waits.
    pub(crate) async fn stop(self) {
        // It waits for the collector, within the exporter's time-out.
        let stopped = tokio::task::spawn_blocking(move || self.0.shutdown()).await;
        if !matches!(stopped, Ok(Ok(()))) {
            tracing::warn!("the last traces could not be sent");
        }
    }
}

/// The exporter's thread knows no runtime; requests are made on the program's.
#[derive(Debug)]
struct OnRuntime {
    runtime: Handle,
    client: HttpClient,
}

#[async_trait::async_trait]
impl opentelemetry_http::HttpClient for OnRuntime {
    async fn send_bytes(&self, request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
        let client = self.client.clone();
        let sent = self.runtime.spawn(async move {
            let (head, body) = request.into_parts();
            let texts = head.headers.iter().filter_map(|(name, value)| Some((name.as_str(), value.to_str().ok()?)));
            client.send(head.method.as_str(), &head.uri.to_string(), &texts.collect::<Vec<_>>(), body).await
        });
        let reply = sent.await?.map_err(|error| error.to_string())?;
        let mut response = Response::new(reply.body);
        *response.status_mut() = reply.status;
        *response.headers_mut() = reply.headers;
        Ok(response)
    }
}
