//! Which path leads to which handler. The table is all there is: what is registered, what a wrong
//! method is told, and what `/openapi.json` must know.

use actix_web::{
    HttpRequest, HttpResponse, Resource, Route, guard,
    http::{
        Method,
        header::{ALLOW, LOCATION},
    },
    web::{self, PathConfig, ServiceConfig},
};

use super::{
    api, chaos, chart, error, events, export, federate, health, index, metrics, openapi, probes,
    reload, runbooks, summary, tree,
};

/// A path and what is done there.
pub(super) struct Entry {
    pub(super) path: &'static str,
    pub(super) access: Access,
    handler: fn() -> Route,
}

/// How a route is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Access {
    /// By GET, and by HEAD for the answer without its body.
    Read,
    /// The same, and by POST with the parameters in a form.
    Query,
    /// By POST.
    Change,
}

/// Answered whatever host a request names, and however many requests are under way.
const PROBES: [&str; 5] = ["/health", "/livez", "/readyz", "/-/healthy", "/-/ready"];
/// Of these, answered also without the prefix that all routes are below.
const WITHOUT_PREFIX: [&str; 3] = ["/health", "/livez", "/readyz"];
/// Characters of a path that nothing is at.
const SHOWN: usize = 100;

/// All routes.
#[rustfmt::skip] // A table: one route a line.
pub(super) fn table() -> Vec<Entry> {
    use Access::{Change, Query, Read};
    let entry = |access, path, handler| Entry { path, access, handler };
    vec![
        entry(Read, "/", || web::to(index::index)),
        entry(Read, "/metrics", || web::to(metrics::metrics)),
        entry(Read, "/federate", || web::to(federate::federate)),
        entry(Read, "/health", || web::to(health::health)),
        entry(Read, "/livez", || web::to(probes::livez)),
        entry(Read, "/readyz", || web::to(probes::readyz)),
        entry(Read, "/-/healthy", || web::to(probes::healthy)),
        entry(Read, "/-/ready", || web::to(probes::ready)),
        entry(Read, "/summary", || web::to(summary::summary)),
        entry(Read, "/openapi.json", || web::to(openapi::openapi)),
        entry(Read, "/vitals/v1/events", || web::to(events::events)),
        entry(Read, "/runbooks/{alertname}", || web::to(runbooks::runbooks)),
        entry(Read, "/vitals/v1/export", || web::to(export::export)),
        entry(Read, "/vitals/v1/tree", || web::to(tree::tree)),
        entry(Read, "/vitals/v1/chart.svg", || web::to(chart::chart)),
        entry(Query, "/api/v1/query", || web::to(api::query::query)),
        entry(Query, "/api/v1/query_range", || web::to(api::query::query_range)),
        entry(Query, "/api/v1/format_query", || web::to(api::query::format_query)),
        entry(Query, "/api/v1/series", || web::to(api::series::series)),
        entry(Query, "/api/v1/labels", || web::to(api::series::labels)),
        entry(Read, "/api/v1/label/{name}/values", || web::to(api::series::label_values)),
        entry(Query, "/api/v1/query_exemplars", || web::to(api::exemplars::query_exemplars)),
        entry(Read, "/api/v1/metadata", || web::to(api::metadata::metadata)),
        entry(Read, "/api/v1/targets", || web::to(api::targets::targets)),
        entry(Read, "/api/v1/rules", || web::to(api::rules::rules)),
        entry(Read, "/api/v1/alerts", || web::to(api::rules::alerts)),
        entry(Read, "/api/v1/status/buildinfo", || web::to(api::status::buildinfo)),
        entry(Read, "/api/v1/status/runtimeinfo", || web::to(api::status::runtimeinfo)),
        entry(Read, "/api/v1/status/flags", || web::to(api::status::flags)),
        entry(Read, "/api/v1/status/config", || web::to(api::status::config::config)),
        entry(Read, "/api/v1/status/tsdb", || web::to(api::status::tsdb::tsdb)),
        entry(Change, "/-/reload", || web::to(reload::reload)),
        entry(Change, "/vitals/v1/chaos/{actor:.*}/{fault}", || web::to(chaos::chaos)),
    ]
}

/// Whether a path, without the prefix, is that of a probe.
pub(super) fn is_probe(path: &str) -> bool {
    PROBES.contains(&path)
}

/// Registers all routes below a prefix, which may be empty.
pub(super) fn routes(config: &mut ServiceConfig, prefix: &str) {
    config
        .app_data(PathConfig::default().error_handler(|_, _| error::BadPath.into()))
        .default_service(web::to(not_found));
    if prefix.is_empty() {
        return register(config);
    }
    for entry in table() {
        if WITHOUT_PREFIX.contains(&entry.path) {
            config.service(entry.resource());
        }
    }
    for path in ["/", prefix] {
        let home = format!("{prefix}/");
        let redirect = move || std::future::ready(found(&home));
        config.service(web::resource(path).route(Access::Read.guarding(web::to(redirect))));
    }
    config.service(web::scope(prefix).configure(register));
}

fn register(config: &mut ServiceConfig) {
    for entry in table() {
        config.service(entry.resource());
    }
}

impl Entry {
    fn resource(&self) -> Resource {
        let access = self.access;
        web::resource(self.path)
            .route(access.guarding((self.handler)()))
            .default_service(web::to(move |request| method_not_allowed(request, access)))
    }
}

impl Access {
    /// What stands in `Allow`.
    pub(super) fn methods(self) -> &'static str {
        match self {
            Access::Read => "GET, HEAD",
            Access::Query => "GET, HEAD, POST",
            Access::Change => "POST",
        }
    }

    fn guarding(self, route: Route) -> Route {
        let read = guard::Any(guard::Get()).or(guard::Head());
        match self {
            Access::Read => route.guard(read),
            Access::Query => route.guard(read.or(guard::Post())),
            Access::Change => route.method(Method::POST),
        }
    }
}

async fn method_not_allowed(request: HttpRequest, access: Access) -> HttpResponse {
    let mut response = HttpResponse::MethodNotAllowed();
    response.insert_header((ALLOW, access.methods()));
    let message = format!("this route takes {}", access.methods());
    error::at(&request, response, "method_not_allowed", &message)
}

fn found(place: &str) -> HttpResponse {
    HttpResponse::Found()
        .insert_header((LOCATION, place))
        .finish()
}

async fn not_found(request: HttpRequest) -> HttpResponse {
    let path: String = request.path().chars().take(SHOWN).collect();
    let message = format!("nothing at {path}; / lists what there is");
    error::at(&request, HttpResponse::NotFound(), "not_found", &message)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn probes_are_routes() {
        let known = |path: &&str| table().iter().any(|entry| entry.path == *path);
        assert!(PROBES.iter().all(known));
        assert!(WITHOUT_PREFIX.iter().all(|path| is_probe(path)));
        assert!(!is_probe("/metrics") && !is_probe("/health/"));
    }
}
