//! `[telemetry]`: where traces go.

use std::time::Duration;

use http::Uri;
use serde::Deserialize;

use super::count::Count;

/// `[telemetry]`
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default, expecting = "a table")]
pub struct TelemetryFile {
    /// Address of an OpenTelemetry collector that takes OTLP over HTTP, such as `http://127.0.0.1:4318`; `/v1/traces` is added to it.
    pub otlp_endpoint: String,
    /// Name of this service in traces. Default `parapet`.
    pub service_name: String,
    /// Share of the traces that begin here that is kept, in percent. A caller's own decision comes first. Default 100.
    pub sample_percent: Count,
    /// Longest wait for the collector. Milliseconds, default 10000.
    pub export_timeout_ms: Count,
}

impl Default for TelemetryFile {
    fn default() -> Self {
        Self {
            otlp_endpoint: String::new(),
            service_name: "parapet".to_owned(),
            sample_percent: Count(100),
            export_timeout_ms: Count(10_000),
        }
    }
}

/// Where traces go.
#[derive(Debug, Clone)]
pub struct TelemetryConfig {
    /// Full address for traces.
    pub traces_url: Uri,
    /// Name of this service.
    pub service_name: String,
    /// Share of traces that are kept, in percent.
    pub sample_percent: u8,
    /// Longest wait for the collector.
    pub export_timeout: Duration,
}
