//! `GET /openapi.json`: what can be asked here, for machines (OpenAPI 3.1).

use actix_web::{HttpResponse, web::Data};
use utoipa::{
    Modify, OpenApi,
    openapi::{
        Server,
        security::{HttpAuthScheme, HttpBuilder, SecurityScheme},
    },
};

use super::{
    api, chaos, chart, events, export, federate, health, index, metrics, probes, reload, runbooks,
    shared::Shared, summary, tree,
};

/// Every route adds itself here; a test compares this list with the one of `routes.rs`.
#[derive(OpenApi)]
#[openapi(
    info(
        title = "Vitals",
        description = "A monitor for InterSystems IRIS / HL7 integration stacks. Every GET can be asked \
            as HEAD, too. Errors are `{\"error\":{\"code\",\"message\"}}`; malformed HTTP is refused with \
            400, 408 or 431 and an empty body. Under too much load anything but a probe may answer 503 \
            with `Retry-After`.",
        license(name = "Apache-2.0", identifier = "Apache-2.0"),
        contact(),
    ),
    paths(
        index::index,
        metrics::metrics,
        federate::federate,
        health::health,
        probes::livez,
        probes::readyz,
        probes::healthy,
        probes::ready,
        summary::summary,
        openapi,
        events::events,
        runbooks::runbooks,
        export::export,
        tree::tree,
        chart::chart,
        api::query::query,
        api::query::query_range,
        api::query::format_query,
        api::series::series,
        api::series::labels,
        api::series::label_values,
        api::exemplars::query_exemplars,
        api::metadata::metadata,
        api::targets::targets,
        api::rules::rules,
        api::rules::alerts,
        api::status::buildinfo,
        api::status::runtimeinfo,
        api::status::flags,
        api::status::config::config,
        api::status::tsdb::tsdb,
        reload::reload,
        chaos::chaos,
    ),
    tags(
        (name = "measurements", description = "What is measured, and how it compares with the targets"),
        (name = "alerts", description = "What fires, and what to do about it"),
        (name = "query", description = "The HTTP API of Prometheus 3, over what is kept"),
        (name = "health", description = "Whether Vitals itself works"),
        (name = "state", description = "What changes Vitals"),
    ),
    modifiers(&Tokens),
)]
struct Document;

struct Tokens;

impl Modify for Tokens {
    fn modify(&self, document: &mut utoipa::openapi::OpenApi) {
        let bearer = HttpBuilder::new()
            .scheme(HttpAuthScheme::Bearer)
            .description(Some("One of [auth.tokens]"))
            .build();
        let components = document.components.get_or_insert_default();
        components.add_security_scheme("token", SecurityScheme::Http(bearer));
    }
}

/// This document
#[utoipa::path(
    get,
    path = "/openapi.json",
    tag = "measurements",
    responses((status = 200, description = "OpenAPI 3.1", body = serde_json::Value))
)]
pub(crate) async fn openapi(shared: Data<Shared>) -> HttpResponse {
    let mut document = Document::openapi();
    let prefix = shared.started_with.server.prefix();
    if !prefix.is_empty() {
        document.servers = Some(vec![Server::new(prefix)]);
    }
    HttpResponse::Ok().json(document)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::front::routes::{Access, table};

    #[test]
    fn every_route_is_in_the_document_and_nothing_else() {
        let paths = Document::openapi().paths.paths;
        let documented = paths.iter().map(|(path, item)| {
            let access = match (item.get.is_some(), item.post.is_some()) {
                (true, false) => Access::Read,
                (true, true) => Access::Query,
                (false, true) => Access::Change,
                other => panic!("{path}: {other:?}"),
            };
            (path.clone(), format!("{access:?}"))
        });
        // As OpenAPI has it: a parameter without its pattern.
        let written = |path: &str| path.replace("{actor:.*}", "{actor}");
        let table = table();
        let mut registered: Vec<_> = table
            .iter()
            .map(|entry| (written(entry.path), format!("{:?}", entry.access)))
            .collect();
        registered.sort();
        assert_eq!(documented.collect::<Vec<_>>(), registered);
    }

    #[test]
    fn it_is_of_this_version() {
        let document = serde_json::to_value(Document::openapi()).unwrap();
        assert_eq!(document["info"]["version"], env!("CARGO_PKG_VERSION"));
        assert!(document["openapi"].as_str().unwrap().starts_with("3.1"));
    }
}
