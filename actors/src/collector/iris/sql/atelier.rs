//! SQL over HTTP, as IRIS's development service offers it: one read-only statement, its parameters,
//! and rows. The text of an error is not read beyond its number: it may quote a message.

use awc::http::Method;
use bytes::Bytes;
use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value, json};
use tokio::time::Instant;

use crate::{
    collector::{Reason, iris::answer},
    http::{Client, Question},
    net::Failure,
};

/// Larger answers are not read.
const LARGEST: usize = 1 << 20;
/// More rows are not looked at.
const MOST_ROWS: usize = 1_000;

/// A row, its columns by their names in lower case.
#[derive(Debug, Default)]
pub(super) struct Row(Map<String, Value>);

impl Row {
    /// A number, also one that comes as text; nothing for NULL, which comes as empty text.
    pub(super) fn number(&self, column: &str) -> Option<f64> {
        let number = match self.0.get(column)? {
            Value::Number(number) => number.as_f64(),
            Value::String(text) => text.trim().parse().ok(),
            _ => None,
        };
        number.filter(|number| number.is_finite())
    }

    pub(super) fn text(&self, column: &str) -> Option<&str> {
        self.0.get(column)?.as_str()
    }
}

#[derive(Deserialize)]
struct Body {
    #[serde(default)]
    status: Status,
    #[serde(default, deserialize_with = "content")]
    result: Vec<Map<String, Value>>,
}

#[derive(Deserialize, Default)]
struct Status {
    #[serde(default)]
    summary: String,
    #[serde(default)]
    errors: Vec<Value>,
}

/// `{"content":[…]}`, where the content may be something else.
fn content<'d, D: Deserializer<'d>>(result: D) -> Result<Vec<Map<String, Value>>, D::Error> {
    let Value::Object(mut result) = Value::deserialize(result)? else {
        return Ok(Vec::new());
    };
    let Some(Value::Array(rows)) = result.remove("content") else {
        return Ok(Vec::new());
    };
    let rows = rows.into_iter().take(MOST_ROWS);
    Ok(rows
        .filter_map(|row| match row {
            Value::Object(row) => Some(row),
            _ => None,
        })
        .collect())
}

/// Asks in a namespace.
///
/// # Errors
/// Without rows: whatever the server, the gateway or the statement's error says.
pub(super) async fn query(
    client: &mut Client,
    namespace: &str,
    statement: &str,
    parameters: &[Value],
    until: Instant,
) -> Result<Vec<Row>, Failure> {
    let path = format!("/api/atelier/v1/{}/action/query", encoded(namespace));
    let body = json!({ "query": statement, "parameters": parameters }).to_string();
    let question = Question {
        method: Method::POST,
        path: &path,
        accept: "application/json",
        json: Some(Bytes::from(body)),
        limit: LARGEST,
    };
    let answer = client.ask(&question, until).await?;
    // A statement that failed may come with 500, and says so in the same form.
    let is_json = answer.content_type.contains("json");
    if !(is_json && answer.status.is_server_error()) {
        answer::good(answer.status).map_err(of_sql)?;
    }
    if !is_json {
        let detail = "what is answered is no JSON: look what is behind the URL";
        return Err(Failure::new(Reason::Sql, detail));
    }
    rows(&answer.body)
}

/// The same reasons, but with what to do about SQL.
fn of_sql(failure: Failure) -> Failure {
    let remedy = match failure.reason {
        Reason::Auth => "set username and password of this IRIS",
        Reason::Forbidden => "the account needs %Development:USE for SQL over HTTP",
        Reason::Disabled => "enable the web application /api/atelier, or switch [iris.sql] off",
        _ => return failure,
    };
    Failure::new(failure.reason, remedy)
}

fn rows(body: &[u8]) -> Result<Vec<Row>, Failure> {
    // A list would be taken for a body without names.
    let is_object = body.trim_ascii_start().starts_with(b"{");
    let Some(body) = serde_json::from_slice::<Body>(body)
        .ok()
        .filter(|_| is_object)
    else {
        let detail = "what is answered is not in the form of the development service";
        return Err(Failure::new(Reason::Sql, detail));
    };
    if body.status.summary.is_empty() && body.status.errors.is_empty() {
        let lower = |row: Map<String, Value>| {
            let columns = row.into_iter();
            Row(columns
                .map(|(name, value)| (name.to_ascii_lowercase(), value))
                .collect())
        };
        return Ok(body.result.into_iter().map(lower).collect());
    }
    let error = body.status.errors.first();
    let error = error.and_then(|error| error.get("error")?.as_str());
    let texts = [error.unwrap_or_default(), &body.status.summary];
    Err(match texts.iter().find_map(|text| sqlcode(text)) {
        Some(-99) => Failure::new(
            Reason::LowPrivilege,
            "SQLCODE -99: the account may not read this; grant it SELECT or EXECUTE",
        ),
        Some(-30) => Failure::new(Reason::Sql, "SQLCODE -30: there is no such table here"),
        Some(code) => Failure::new(Reason::Sql, format!("SQLCODE {code}")),
        None => Failure::new(Reason::Sql, "the statement failed"),
    })
}

/// The number behind `SQLCODE:`.
fn sqlcode(text: &str) -> Option<i32> {
    let (_, behind) = text.split_once("SQLCODE")?;
    let behind = behind.trim_start_matches([':', ' ', '=', '<']);
    let end = behind
        .char_indices()
        .find(|(at, character)| !(character.is_ascii_digit() || *at == 0 && *character == '-'))
        .map_or(behind.len(), |(at, _)| at);
    behind.get(..end)?.parse().ok()
}

/// As it stands in a path.
fn encoded(namespace: &str) -> String {
    let mut path = String::new();
    for byte in namespace.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_.".contains(&byte) {
            path.push(char::from(byte));
        } else {
            path.push_str(&format!("%{byte:02X}"));
        }
    }
    path
}

#[cfg(test)]
mod tests {
    use super::*;

    fn recorded(name: &str) -> Option<Vec<u8>> {
        crate::collector::iris::tests::recorded(&format!("iris/atelier/{name}"))
    }

    #[test]
    fn recorded_answers_are_understood() {
        let Some(two) = recorded("select-2rows.json") else {
            return;
        };
        let two = rows(&two).unwrap();
        assert_eq!(two.len(), 2);
        assert_eq!(two[1].number("price"), Some(983.0));
        assert_eq!(two[0].number("orderid"), Some(1.0), "a number as text");
        assert_eq!(two[0].text("itemname"), Some("A"));
        assert!(
            rows(&recorded("dml-or-empty.json").unwrap())
                .unwrap()
                .is_empty()
        );
        let error = rows(&recorded("sql-error-table-not-found.json").unwrap()).unwrap_err();
        assert_eq!(error.reason, Reason::Sql);
        assert_eq!(error.detail, "SQLCODE -30: there is no such table here");
    }

    #[test]
    fn errors_are_told_by_their_numbers_only() {
        let error = |text: &str| {
            let body = json!({"status": {"errors": [], "summary": text}, "result": {}});
            rows(body.to_string().as_bytes()).unwrap_err()
        };
        let weak = "ERROR #5540: SQLCODE: -99 Message: User PID|1||12345 is not privileged";
        assert_eq!(error(weak).reason, Reason::LowPrivilege);
        assert_eq!(error("SQLCODE: -400 PID|1||12345").detail, "SQLCODE -400");
        assert_eq!(error("PID|1||12345").detail, "the statement failed");
        for text in [weak, "SQLCODE: -400 PID|1", "SQLCODE", "PID|1"] {
            assert!(!error(text).to_string().contains("PID"));
        }
        for broken in [&b""[..], b"[]", b"{", b"<html>PID|1"] {
            assert_eq!(rows(broken).unwrap_err().reason, Reason::Sql);
        }
        assert!(rows(b"{}").unwrap().is_empty());
        assert_eq!(encoded("%SYS"), "%25SYS");
        assert_eq!(encoded("A/../B"), "A%2F..%2FB");
    }
}
