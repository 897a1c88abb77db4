//! SQL over HTTP. Origin: derived from recorded answers; see [`super::super::sql`].

use actix_web::HttpRequest;
use percent_encoding::percent_decode_str;

use super::{
    super::{
        access::Admitted,
        fault::{FaultKind, Faults},
        instance::Instance,
        sql,
    },
    reply::Reply,
};

/// Answers below `/api/atelier/`.
pub(crate) fn reply(
    request: &HttpRequest,
    path: &str,
    body: &[u8],
    instance: &Instance,
    admitted: &Admitted,
    faults: &Faults,
) -> Reply {
    let below = path.strip_prefix("/api/atelier/").unwrap_or_default();
    if below.is_empty() && request.method() == "GET" {
        let version = instance.version;
        return Reply::json(
            200,
            sql::info(version.product(), version.name()).to_string(),
        );
    }
    let parts: Vec<&str> = below.split('/').collect();
    let [version, namespace, "action", "query"] = parts[..] else {
        return Reply::page(404, None);
    };
    if request.method() != "POST" || !version.starts_with('v') {
        return Reply::page(405, None);
    }
    let namespace = percent_decode_str(namespace).decode_utf8_lossy();
    let known = sql::NAMESPACES
        .iter()
        .find(|known| known.eq_ignore_ascii_case(&namespace));
    let Some(namespace) = known else {
        let error = sql::server_error("Namespace does not exist");
        return Reply::json(404, error.body.to_string());
    };
    let query: sql::Request = match serde_json::from_slice(body) {
        Ok(query) => query,
        Err(_) => {
            let error = sql::server_error("Request body is not JSON");
            return Reply::json(error.status, error.body.to_string());
        }
    };
    let account = instance
        .account(admitted.caller)
        .map(|account| (&*account.name, account.rights));
    let answer = instance.with(|inner| sql::answer(inner, namespace, &query, account, faults));
    let mut text = answer.body.to_string();
    if faults.has(FaultKind::TruncatedLine) {
        text = faults.bend(text);
    }
    Reply::json(answer.status, text)
}
