//! `GET /`: a list of what there is.

use actix_web::{
    HttpResponse,
    http::header::{CONTENT_SECURITY_POLICY, ContentType},
};

/// Links are relative: the page works below any prefix and behind any proxy.
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
  <dt><a href="summary">/summary</a><dd>The targets, judged
  <dt><a href="health">/health</a><dd>Whether Vitals itself works, and what it cannot see
  <dt><a href="metrics">/metrics</a><dd>Everything it measures, for Prometheus
  <dt><a href="federate?match%5B%5D=%7Bjob!=%22%22%7D">/federate?match[]=…</a><dd>What of it a selector selects, and what IRIS tells itself
  <dt><a href="vitals/v1/export?format=csv&amp;shape=wide&amp;step=1m">/vitals/v1/export</a><dd>What is stored, as CSV, JSON lines or OpenMetrics
  <dt><a href="api/v1/query?query=up">/api/v1/query?query=…</a><dd>What was measured, by PromQL: the API of Prometheus, for Grafana and others
  <dt><a href="vitals/v1/chart.svg?query=vitals_host_cpu_used_ratio">/vitals/v1/chart.svg?query=…</a><dd>The same as a picture
  <dt><a href="api/v1/alerts">/api/v1/alerts</a> <a href="vitals/v1/events">/vitals/v1/events</a><dd>What fires, and what happens as it happens
  <dt><a href="vitals/v1/tree">/vitals/v1/tree</a><dd>Its supervised actors
  <dt><a href="livez?verbose">/livez</a> <a href="readyz?verbose">/readyz</a><dd>Probes, as Kubernetes writes them
  <dt><a href="-/healthy">/-/healthy</a> <a href="-/ready">/-/ready</a><dd>Probes, as Prometheus does
  <dt><a href="openapi.json">/openapi.json</a><dd>All of these, for machines
</dl>
</html>
"#;

/// The style of the page by its hash, and nothing else; a test holds it right.
const POLICY: &str = "default-src 'none'; style-src 'sha256-wiii5fSSB+bk6cQHz+0tkAbyqvQ989hVHtW8r5wZDBo='; \
    base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// A list of what there is
#[utoipa::path(
    get,
    path = "/",
    tag = "measurements",
    responses((status = 200, description = "A page for people", body = String, content_type = "text/html; charset=utf-8"))
)]
pub(crate) async fn index() -> HttpResponse {
    HttpResponse::Ok()
        .content_type(ContentType::html())
        .insert_header((CONTENT_SECURITY_POLICY, POLICY))
        .body(PAGE)
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use sha2::{Digest, Sha256};

    /// RFC 4648, with padding.
    pub(crate) fn base64(bytes: &[u8]) -> String {
        const DIGITS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
        let group = |bytes: &[u8]| {
            let byte = |at: usize| u32::from(bytes.get(at).copied().unwrap_or(0));
            let bits = byte(0) << 16 | byte(1) << 8 | byte(2);
            let digit = move |at: usize| DIGITS[(bits >> (18 - 6 * at)) as usize & 63] as char;
            let digits: String = (0..=bytes.len()).map(digit).collect();
            format!("{digits:=<4}")
        };
        bytes.chunks(3).map(group).collect()
    }

    #[test]
    fn the_style_of_the_page_is_the_one_that_is_allowed() {
        let style = PAGE.split("<style>").nth(1).unwrap();
        let style = style.split("</style>").next().unwrap();
        let hash = base64(&Sha256::digest(style));
        assert!(POLICY.contains(&format!("'sha256-{hash}'")), "{hash}");
    }
}
