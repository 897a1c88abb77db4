//! `node_sockstat_*`: sockets in use, from `/proc/net/sockstat` and `/proc/net/sockstat6`.

use std::borrow::Cow;

use exposition::{Labels, MetricFamily, is_metric_name};

use super::text::{Malformed, lines, unsigned, words};

/// The states a protocol can tell.
const STATES: [&str; 6] = ["inuse", "orphan", "tw", "alloc", "mem", "memory"];

/// `TCP: inuse 4 orphan 0 tw 0 alloc 4 mem 165`; `page` is the size in bytes `mem` counts in.
pub(super) fn parse(text: &[u8], page: usize) -> Result<Vec<MetricFamily>, Malformed> {
    let mut families = Vec::with_capacity(16);
    for (line, content) in lines(text) {
        let malformed = Malformed::Line {
            line,
            problem: "not sockets by state",
        };
        let mut words = words(content);
        let protocol = words.next().and_then(|word| word.strip_suffix(b":"));
        let protocol = protocol.and_then(|name| std::str::from_utf8(name).ok());
        let protocol = protocol.ok_or(malformed)?;
        while let Some(state) = words.next() {
            let number = words.next().and_then(unsigned).ok_or(malformed)? as f64;
            if protocol == "sockets" && state == b"used" {
                push(
                    &mut families,
                    "sockets_used",
                    "Number of IPv4 sockets in use.",
                    number,
                );
            }
            let Some(state) = STATES.iter().find(|known| known.as_bytes() == state) else {
                continue;
            };
            sockets(&mut families, protocol, state, number);
            if *state == "mem" {
                sockets(&mut families, protocol, "mem_bytes", number * page as f64);
            }
        }
    }
    Ok(families)
}

fn sockets(families: &mut Vec<MetricFamily>, protocol: &str, state: &str, number: f64) {
    let help = format!("Number of {protocol} sockets in state {state}.");
    push(families, &format!("{protocol}_{state}"), help, number);
}

fn push(
    families: &mut Vec<MetricFamily>,
    name: &str,
    help: impl Into<Cow<'static, str>>,
    number: f64,
) {
    let name = format!("node_sockstat_{name}");
    if is_metric_name(&name) && !families.iter().any(|family| family.name == name) {
        families.push(MetricFamily::gauge(name, help).with(Labels::none(), number));
    }
}

#[cfg(test)]
mod tests {
    use exposition::Value;
    use proptest::prelude::*;

    use super::*;

    /// Linux 6.18.
    const RECORDED: &[u8] = b"sockets: used 18
TCP: inuse 4 orphan 0 tw 1 alloc 5 mem 165
UDPLITE: inuse 0
FRAG: inuse 0 memory 7
";

    #[test]
    fn names_are_node_exporters() {
        let families = parse(RECORDED, 4096).unwrap();
        assert_eq!(families[0].help, "Number of IPv4 sockets in use.");
        assert_eq!(families[1].help, "Number of TCP sockets in state inuse.");
        let told = families.iter().map(|family| match family.metrics[0].value {
            Value::Number(number) => (&family.name["node_sockstat_".len()..], number),
            _ => unreachable!(),
        });
        assert_eq!(
            told.collect::<Vec<_>>(),
            [
                ("sockets_used", 18.0),
                ("TCP_inuse", 4.0),
                ("TCP_orphan", 0.0),
                ("TCP_tw", 1.0),
                ("TCP_alloc", 5.0),
                ("TCP_mem", 165.0),
                ("TCP_mem_bytes", 675_840.0),
                ("UDPLITE_inuse", 0.0),
                ("FRAG_inuse", 0.0),
                ("FRAG_memory", 7.0),
            ]
        );
    }

    #[test]
    fn what_is_wrong_is_named() {
        for bad in ["TCP inuse 4", "TCP: inuse", "TCP: inuse x"] {
            let error = parse(format!("sockets: used 1\n{bad}\n").as_bytes(), 4096).unwrap_err();
            assert_eq!(error.to_string(), "line 2: not sockets by state");
        }
    }

    proptest! {
        #[test]
        fn garbage_never_panics(garbage: Vec<u8>, at in 0..RECORDED.len(), byte in any::<u8>()) {
            let mut text = RECORDED.to_vec();
            text[at] = byte;
            for text in [garbage.as_slice(), &text, &RECORDED[..at]] {
                let _ = parse(text, 4096);
            }
        }
    }
}
