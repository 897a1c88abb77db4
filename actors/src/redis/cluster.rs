//! The masters of a Cluster, by what its nodes say.

use redis::{Value, cmd};
use tokio::time::Instant;

use super::{Connection, servers::endpoint};
use crate::{
    collector::Reason,
    net::{Endpoint, Failure},
};

/// More are not watched.
const MOST_MASTERS: usize = 256;

/// The masters that slots are assigned to, each once.
///
/// # Errors
/// When the node does not answer, or is none.
pub(super) async fn masters(
    node: &mut Connection,
    until: Instant,
) -> Result<Vec<Endpoint>, Failure> {
    let mut question = cmd("CLUSTER");
    question.arg("SLOTS");
    let ranges: Vec<Value> = node.ask(&question, until).await?;
    let mut masters: Vec<Endpoint> = Vec::new();
    for range in &ranges {
        let master = master(range, node.endpoint())?;
        if !masters.contains(&master) && masters.len() < MOST_MASTERS {
            masters.push(master);
        }
    }
    if masters.is_empty() {
        let detail = "no slot of the cluster is assigned to a node";
        return Err(Failure::new(Reason::Unavailable, detail));
    }
    Ok(masters)
}

/// Of a range of slots: first slot, last slot, the master, its replicas.
fn master(range: &Value, asked: &Endpoint) -> Result<Endpoint, Failure> {
    let strange = || Failure::new(Reason::Parse, "what was answered is no range of slots");
    let Value::Array(parts) = range else {
        return Err(strange());
    };
    let Some(Value::Array(node)) = parts.get(2) else {
        return Err(strange());
    };
    let port = match node.get(1) {
        Some(Value::Int(port)) => u16::try_from(*port).map_err(|_| strange())?,
        _ => return Err(strange()),
    };
    let host = match node.first() {
        Some(Value::BulkString(host)) => String::from_utf8_lossy(host).into_owned(),
        Some(Value::SimpleString(host)) => host.clone(),
        // It does not know its own address: it is where it was asked.
        _ => String::new(),
    };
    match &*host {
        "" | "?" => endpoint(&asked.host().to_string(), port),
        host => endpoint(host, port),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn range(host: Value) -> Value {
        let node = Value::Array(vec![host, Value::Int(7_000)]);
        Value::Array(vec![Value::Int(0), Value::Int(9), node])
    }

    #[test]
    fn a_master_is_where_it_says_or_where_it_was_asked() {
        let asked = "one:6379".parse().unwrap();
        let of = |host| master(&range(host), &asked).map(|master| master.to_string());
        let text = |text: &str| Value::BulkString(text.as_bytes().to_vec());
        assert_eq!(of(text("192.0.2.1")).unwrap(), "192.0.2.1:7000");
        assert_eq!(of(text("::1")).unwrap(), "[::1]:7000");
        assert_eq!(of(text("node.example")).unwrap(), "node.example:7000");
        assert_eq!(of(Value::Nil).unwrap(), "one:7000");
        assert_eq!(of(text("?")).unwrap(), "one:7000");
        assert_eq!(of(text("a b")).unwrap_err().reason, Reason::Parse);
        assert_eq!(
            master(&Value::Nil, &asked).unwrap_err().reason,
            Reason::Parse
        );
    }
}
