//! `[telemetry]`.

use http::Uri;

use super::{Unfit, checked, millis, number};
use crate::config::telemetry::{TelemetryConfig, TelemetryFile};

pub(super) fn telemetry(file: Option<&TelemetryFile>, unfit: &mut Unfit) -> Option<TelemetryConfig> {
    let file = file?;
    let url = format!("{}/v1/traces", file.otlp_endpoint.trim_end_matches('/'));
    let known = |uri: &Uri| uri.scheme_str() == Some("http") && uri.authority().is_some();
    let url = url.parse::<Uri>().ok().filter(known);
    let missing = || {
        format!(
            "`{}` is no plain HTTP address; give that of a collector beside Parapet, such as `http://127.0.0.1:4318`",
            file.otlp_endpoint
        )
    };
    let percent = number(file.sample_percent, "telemetry.sample_percent", 0..=100, unfit);
    Some(TelemetryConfig {
        traces_url: checked(url.ok_or_else(missing), "telemetry.otlp_endpoint", unfit)?,
        service_name: file.service_name.clone(),
        sample_percent: u8::try_from(percent).unwrap_or(100),
        export_timeout: millis(file.export_timeout_ms, "telemetry.export_timeout_ms", unfit),
    })
}
