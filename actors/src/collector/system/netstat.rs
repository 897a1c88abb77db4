//! `node_netstat_*`: the counters of the network protocols, from `/proc/net/{netstat,snmp,snmp6}`.

use exposition::{Labels, MetricFamily, MetricType, is_metric_name};

use super::text::{Malformed, lines, unsigned, words};

/// `/proc/net/netstat` and `/proc/net/snmp`: a line of names, below it a line of numbers.
pub(super) fn parse_table(text: &[u8]) -> Result<Vec<MetricFamily>, Malformed> {
    let mut families = Vec::with_capacity(32);
    let mut lines = lines(text);
    while let Some((line, names)) = lines.next() {
        let malformed = |problem| Malformed::Line { line, problem };
        let (_, numbers) = lines.next().ok_or(malformed("no numbers below it"))?;
        let (mut names, mut numbers) = (words(names), words(numbers));
        let protocol = names.next().filter(|name| numbers.next() == Some(name));
        let protocol = protocol.and_then(|name| name.strip_suffix(b":"));
        let protocol = protocol.ok_or(malformed("other numbers below it"))?;
        loop {
            match (names.next(), numbers.next()) {
                (Some(name), Some(number)) => {
                    push(&mut families, protocol, name, number).ok_or(malformed("not a number"))?;
                }
                (None, None) => break,
                _ => return Err(malformed("not as many numbers as names")),
            }
        }
    }
    Ok(families)
}

/// `/proc/net/snmp6`: a name and a number a line, `Icmp6InMsgs 1`.
pub(super) fn parse_lines(text: &[u8]) -> Result<Vec<MetricFamily>, Malformed> {
    let mut families = Vec::with_capacity(16);
    for (line, content) in lines(text) {
        let mut words = words(content);
        let (Some(key), Some(number)) = (words.next(), words.next()) else {
            continue;
        };
        // Without a 6 it is of another kind: `UdpLite…` belongs to IPv4's file.
        let Some(six) = key.iter().position(|&c| c == b'6') else {
            continue;
        };
        let (protocol, name) = key.split_at(six + 1);
        let problem = "not a number";
        push(&mut families, protocol, name, number).ok_or(Malformed::Line { line, problem })?;
    }
    Ok(families)
}

/// `None` where the number is none.
fn push(
    families: &mut Vec<MetricFamily>,
    protocol: &[u8],
    name: &[u8],
    number: &[u8],
) -> Option<()> {
    let text = |word| std::str::from_utf8(word).ok();
    let (Some(protocol), Some(name)) = (text(protocol), text(name)) else {
        return Some(());
    };
    if !is_told(protocol, name) {
        return Some(());
    }
    let full = format!("node_netstat_{protocol}_{name}");
    let number = unsigned(number)?;
    if is_metric_name(&full) && !families.iter().any(|family| family.name == full) {
        let help = format!("Statistic {protocol}{name}.");
        let family = MetricFamily::new(full, help, MetricType::Untyped);
        families.push(family.with(Labels::none(), number as f64));
    }
    Some(())
}

/// node_exporter's default `--collector.netstat.fields`.
fn is_told(protocol: &str, name: &str) -> bool {
    match (protocol, name) {
        (_, "InErrors" | "InErrs") => true,
        ("Ip", "Forwarding") => true,
        ("Ip6" | "IpExt", "InOctets" | "OutOctets") => true,
        ("Icmp" | "Icmp6", "InMsgs" | "OutMsgs") => true,
        ("TcpExt", "TCPSynRetrans" | "TCPTimeouts") => true,
        ("TcpExt", name) => name.starts_with("Listen") || name.starts_with("Syncookies"),
        (
            "Tcp",
            "ActiveOpens" | "InSegs" | "OutSegs" | "OutRsts" | "PassiveOpens" | "RetransSegs"
            | "CurrEstab",
        ) => true,
        (
            "Udp" | "Udp6",
            "InDatagrams" | "OutDatagrams" | "NoPorts" | "RcvbufErrors" | "SndbufErrors",
        ) => true,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use exposition::Value;
    use proptest::prelude::*;

    use super::*;

    /// Linux 6.18, shortened.
    const TABLE: &[u8] = b"\
Ip: Forwarding DefaultTTL InReceives
Ip: 2 64 507868
Tcp: RtoAlgorithm MaxConn ActiveOpens CurrEstab InErrs
Tcp: 1 -1 233 2 0
UdpLite: InDatagrams InErrors
UdpLite: 0 0
TcpExt: SyncookiesSent ListenOverflows TW TCPTimeouts
TcpExt: 0 1 84 2
";
    const LINES: &[u8] = b"Ip6InReceives                   \t1
Ip6InOctets                     \t128
Icmp6InMsgs                     \t1
Icmp6OutType133                 \t5
Udp6InErrors                    \t0
UdpLite6InErrors                \t0
";

    fn told(families: Vec<MetricFamily>) -> Vec<(String, f64)> {
        let number = |family: MetricFamily| match family.metrics[0].value {
            Value::Number(number) => (family.name["node_netstat_".len()..].to_owned(), number),
            _ => unreachable!(),
        };
        families.into_iter().map(number).collect()
    }

    #[test]
    fn the_fields_are_node_exporters() {
        let of = |name: &str, number| (name.to_owned(), number);
        assert_eq!(
            told(parse_table(TABLE).unwrap()),
            [
                of("Ip_Forwarding", 2.0),
                of("Tcp_ActiveOpens", 233.0),
                of("Tcp_CurrEstab", 2.0),
                of("Tcp_InErrs", 0.0),
                of("UdpLite_InErrors", 0.0),
                of("TcpExt_SyncookiesSent", 0.0),
                of("TcpExt_ListenOverflows", 1.0),
                of("TcpExt_TCPTimeouts", 2.0),
            ]
        );
        let families = parse_lines(LINES).unwrap();
        assert_eq!(families[0].help, "Statistic Ip6InOctets.");
        assert_eq!(
            told(families),
            [
                of("Ip6_InOctets", 128.0),
                of("Icmp6_InMsgs", 1.0),
                of("Udp6_InErrors", 0.0),
                of("UdpLite6_InErrors", 0.0),
            ]
        );
    }

    #[test]
    fn what_is_wrong_is_named() {
        for (text, expected) in [
            ("Ip: Forwarding\n", "line 1: no numbers below it"),
            ("Ip: A\nTcp: 1\n", "line 1: other numbers below it"),
            ("Ip A\nIp 1\n", "line 1: other numbers below it"),
            ("Ip: A B\nIp: 1\n", "line 1: not as many numbers as names"),
            ("Ip: A\nIp: 1 2\n", "line 1: not as many numbers as names"),
            ("Ip: Forwarding\nIp: -1\n", "line 1: not a number"),
        ] {
            let error = parse_table(text.as_bytes()).unwrap_err();
            assert_eq!(error.to_string(), expected);
        }
        let error = parse_lines(b"Ip6InReceives x\nIp6InOctets x\n").unwrap_err();
        assert_eq!(error.to_string(), "line 2: not a number");
    }

    proptest! {
        #[test]
        fn garbage_never_panics(garbage: Vec<u8>, at: prop::sample::Index, byte in any::<u8>()) {
            for recorded in [TABLE, LINES] {
                let at = at.index(recorded.len());
                let mut text = recorded.to_vec();
                text[at] = byte;
                for text in [garbage.as_slice(), &text, &recorded[..at]] {
                    let _ = (parse_table(text), parse_lines(text));
                }
            }
        }
    }
}
