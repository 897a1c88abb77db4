//! `GET /`: a list of what there is.

use actix_web::{HttpResponse, http::header::ContentType};

const PAGE: &str = r#"<!DOCTYPE html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Vitals</title>
<style>
  body { font: 16px/1.5 system-ui, sans-serif; max-width: 42rem; margin: 3rem auto; padding: 0 1rem; color-scheme: light dark; }
  dt { margin-top: .6rem; font-family: ui-monospace, monospace; }
  dd { margin: 0; }
</style>
<h1>Vitals</h1>
<p>A monitor for InterSystems IRIS / HL7 integration stacks.</p>
<dl>
  <dt><a href="/summary">/summary</a><dd>The targets, judged
  <dt><a href="/health">/health</a><dd>Whether Vitals itself works, and what it cannot see
  <dt><a href="/metrics">/metrics</a><dd>Everything it measures, for Prometheus
  <dt><a href="/vitals/v1/tree">/vitals/v1/tree</a><dd>Its supervised actors
  <dt><a href="/livez?verbose">/livez</a> <a href="/readyz?verbose">/readyz</a><dd>Probes, as Kubernetes writes them
  <dt><a href="/-/healthy">/-/healthy</a> <a href="/-/ready">/-/ready</a><dd>Probes, as Prometheus does
</dl>
</html>
"#;

pub(crate) async fn index() -> HttpResponse {
    HttpResponse::Ok()
        .content_type(ContentType::html())
        .body(PAGE)
}
