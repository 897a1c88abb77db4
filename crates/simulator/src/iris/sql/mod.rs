//! SQL over HTTP: which queries there are, and what they answer.
//!
//! Origin: derived. The envelope is as recorded; the tables and columns are those of facts that
//! nobody ran against an IRIS; the numbers are the simulation's.

mod answers;
mod text;

use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    fault::{FaultKind, Faults},
    instance::Inner,
    options::Rights,
    world::topology::NAMESPACE,
};
use text::{Normal, normalise};

pub use answers::QUERIES;

/// Namespaces there are.
pub(crate) const NAMESPACES: [&str; 3] = ["%SYS", NAMESPACE, "USER"];

/// An answer planned by a test for a query of its own.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Planned {
    /// The query; white space and case do not matter.
    pub query: String,
    /// What it answers: objects by column.
    #[serde(default)]
    pub rows: Vec<Value>,
    /// Instead of rows: the SQLCODE of an error, and its text.
    #[serde(default)]
    pub error: Option<(i32, String)>,
}

/// What the client sends.
#[derive(Debug, Deserialize)]
pub(crate) struct Request {
    pub(crate) query: String,
    #[serde(default)]
    pub(crate) parameters: Vec<Value>,
}

/// A status and a JSON body.
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) body: Value,
}

/// What a query leads to.
pub(crate) enum Outcome {
    Rows(Vec<Value>),
    Error { code: i32, text: String },
}

impl Outcome {
    fn not_found(table: &str) -> Self {
        Outcome::Error {
            code: -30,
            text: format!("Table '{table}' not found"),
        }
    }

    fn not_privileged(user: &str) -> Self {
        Outcome::Error {
            code: -99,
            text: format!("Message: User {user} is not privileged for the operation"),
        }
    }
}

/// Answers a query in a namespace.
pub(crate) fn answer(
    inner: &Inner,
    namespace: &str,
    request: &Request,
    account: Option<(&str, Rights)>,
    faults: &Faults,
) -> Answer {
    let (user, rights) = account.unwrap_or(("UnknownUser", Rights::Full));
    for fault in faults.iter() {
        let plant = fault.plant.as_deref().unwrap_or("TABLE");
        let outcome = match fault.kind {
            FaultKind::SqlNotFound => Outcome::not_found(plant),
            FaultKind::SqlNotPrivileged => Outcome::not_privileged(plant),
            FaultKind::SqlZeroRows => Outcome::Rows(Vec::new()),
            FaultKind::SqlServerError => return server_error(plant),
            _ => continue,
        };
        return envelope(outcome);
    }
    let query = normalise(&request.query);
    let planned = inner
        .planned
        .iter()
        .find(|planned| normalise(&planned.query).text == query.text);
    let outcome = match planned {
        Some(Planned {
            error: Some((code, text)),
            ..
        }) => Outcome::Error {
            code: *code,
            text: text.clone(),
        },
        Some(planned) => Outcome::Rows(planned.rows.clone()),
        None => known(inner, namespace, &query, request, user, rights),
    };
    let outcome = match outcome {
        Outcome::Rows(rows) if faults.has(FaultKind::SqlStrings) => {
            Outcome::Rows(rows.into_iter().map(strings).collect())
        }
        other => other,
    };
    envelope(outcome)
}

fn known(
    inner: &Inner,
    namespace: &str,
    query: &Normal,
    request: &Request,
    user: &str,
    rights: Rights,
) -> Outcome {
    let Some(known) = QUERIES
        .iter()
        .find(|known| normalise(known.text).text == query.text)
    else {
        return Outcome::not_found(&query.table());
    };
    if known.parameters != request.parameters.len() {
        return Outcome::Error {
            code: -400,
            text: "Number of parameters does not match the query".to_owned(),
        };
    }
    // Tables of the production are where the production is, those of the system are in %SYS.
    if known
        .in_system
        .is_some_and(|system| system != (namespace == "%SYS"))
    {
        return Outcome::not_found(&query.table());
    }
    if rights == Rights::Weak && known.guarded {
        return Outcome::not_privileged(user);
    }
    let mut rows = (known.answer)(inner, &request.parameters, rights == Rights::Weak);
    if !query.exact {
        // Without %EXACT names come back in the collation of the index.
        rows = rows.into_iter().map(uppercase).collect();
    }
    Outcome::Rows(rows)
}

fn uppercase(mut row: Value) -> Value {
    if let Some(columns) = row.as_object_mut() {
        for (name, value) in columns {
            if let (true, Value::String(text)) = (matches!(&**name, "host" | "mt"), value) {
                *text = text.to_uppercase();
            }
        }
    }
    row
}

/// Numbers as strings, zero as an empty one: both were seen in computed columns.
fn strings(mut row: Value) -> Value {
    if let Some(columns) = row.as_object_mut() {
        for value in columns.values_mut() {
            if let Value::Number(number) = value {
                let text = number.to_string();
                *value = Value::String(if text == "0" { String::new() } else { text });
            }
        }
    }
    row
}

fn envelope(outcome: Outcome) -> Answer {
    let (errors, summary, content) = match outcome {
        Outcome::Rows(rows) => (json!([]), String::new(), rows),
        Outcome::Error { code, text } => {
            let error = format!("ERROR #5540: SQLCODE: {code} {text}");
            (json!([{ "error": error, "code": 5540 }]), error, Vec::new())
        }
    };
    Answer {
        status: 200,
        body: json!({
            "status": { "errors": errors, "summary": summary },
            "console": ["simulated by vitals"],
            "result": { "content": content },
        }),
    }
}

/// 500, with a summary.
pub(crate) fn server_error(text: &str) -> Answer {
    let error = format!("ERROR #5001: {text}");
    Answer {
        status: 500,
        body: json!({
            "status": { "errors": [{ "error": error, "code": 5001 }], "summary": error },
            "console": ["simulated by vitals"],
            "result": {},
        }),
    }
}

/// What `/api/atelier/` tells of the server.
pub(crate) fn info(product: &str, version: &str) -> Value {
    json!({
        "status": { "errors": [], "summary": "" },
        "console": ["simulated by vitals"],
        "result": { "content": {
            "version": product,
            "id": "00000000-0000-0000-0000-000000000000",
            "api": if version == "2024.1" { 7 } else { 8 },
            "features": [{ "name": "ENSEMBLE", "enabled": true }, { "name": "HEALTHSHARE", "enabled": true }],
            "namespaces": NAMESPACES,
        } },
    })
}
