//! Every route of the admin listener, and what stands before it.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware::{from_fn, from_fn_with_state};
use axum::routing::{get, post};
use http::StatusCode;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::timeout::TimeoutLayer;

use crate::auth::gate;
use crate::state::{AdminState, Console};
use crate::{api, approvals, assets, generate, headers, health, login, pages};

/// The largest body is a login form, except where a route says otherwise.
const MAX_BODY_BYTES: usize = 8 * 1_024;
/// No look at the log may hold a connection longer.
const TIMEOUT: Duration = Duration::from_secs(30);

/// The admin listener's whole service. Serve it with `into_make_service_with_connect_info::<SocketAddr>()`, so that
/// wrong tokens are counted by address.
pub fn router(state: AdminState) -> Router {
    let metrics_open = state.metrics_open;
    let console = Arc::new(Console::new(state));

    let open = Router::new()
        .route("/healthz", get(health::show_health))
        .route("/readyz", get(health::show_readiness))
        .route("/assets/{name}", get(assets::show_asset))
        .route("/login", get(login::show_login).post(login::start_session))
        .route("/logout", post(login::end_session));

    let metrics = Router::new().route("/metrics", get(health::show_metrics));
    let metrics =
        if metrics_open { metrics } else { metrics.layer(from_fn_with_state(console.clone(), gate::require_for_api)) };

    let api = Router::new()
        .route("/admin/decisions", get(api::list_decisions))
        .route("/admin/decisions/{id}", get(api::show_decision))
        .route("/admin/overview", get(api::show_overview))
        .route("/admin/guards", get(api::list_guards))
        .route("/admin/guards/{id}", get(api::show_guard))
        .route("/admin/guard-sets/current", get(api::show_guard_set))
        .route("/admin/approvals", get(approvals::list_approvals))
        .route(
            "/admin/approvals/{id}",
            get(approvals::show_approval)
                .post(approvals::answer_approval)
                .layer(DefaultBodyLimit::max(approvals::MAX_BODY_BYTES)),
        )
        .route("/admin/generate", post(generate::generate_guard).layer(DefaultBodyLimit::max(generate::MAX_BODY_BYTES)))
        .route("/admin/{*rest}", get(api::refuse_path))
        .method_not_allowed_fallback(api::refuse_method)
        .layer(from_fn_with_state(console.clone(), gate::require_for_api));

    let pages = Router::new()
        .route("/", get(pages::show_overview))
        .route("/decisions", get(pages::list_decisions))
        .route("/decisions/{id}", get(pages::show_decision))
        .route("/approvals", get(pages::list_approvals))
        .route(
            "/approvals/{id}",
            get(pages::show_approval)
                .post(pages::answer_approval)
                .layer(DefaultBodyLimit::max(approvals::MAX_BODY_BYTES)),
        )
        .route("/guards", get(pages::list_guards))
        .route("/guards/{id}", get(pages::show_guard))
        .fallback(pages::refuse_path)
        .layer(from_fn_with_state(console.clone(), gate::require_for_pages));

    open.merge(metrics)
        .merge(api)
        .merge(pages)
        .layer(DefaultBodyLimit::max(MAX_BODY_BYTES))
        .layer(TimeoutLayer::with_status_code(StatusCode::SERVICE_UNAVAILABLE, TIMEOUT))
        .layer(CatchPanicLayer::new())
        .layer(from_fn(headers::add_security_headers))
        .with_state(console)
}
