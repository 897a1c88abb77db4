//! `node_network_*` and `vitals_host_network_*`, from `/proc/net/dev`.

use std::collections::HashMap;

use exposition::{Labels, MetricFamily};

use super::{
    host,
    text::{Malformed, lines, unsigned, words},
};

/// The columns of `/proc/net/dev` as node_exporter calls them.
const COLUMNS: [&str; 16] = [
    "receive_bytes",
    "receive_packets",
    "receive_errs",
    "receive_drop",
    "receive_fifo",
    "receive_frame",
    "receive_compressed",
    "receive_multicast",
    "transmit_bytes",
    "transmit_packets",
    "transmit_errs",
    "transmit_drop",
    "transmit_fifo",
    "transmit_colls",
    "transmit_carrier",
    "transmit_compressed",
];
const RECEIVED: usize = 0;
const TRANSMITTED: usize = 8;

type Counters = [u64; COLUMNS.len()];

/// What `/proc/net/dev` says, device by device.
pub(super) fn parse(text: &[u8]) -> Result<Vec<(&[u8], Counters)>, Malformed> {
    let mut lines = lines(text);
    for _ in 0..2 {
        let heading = lines.next().filter(|(_, content)| content.contains(&b'|'));
        heading.ok_or(Malformed::Missing("heading"))?;
    }
    let mut devices: Vec<(&[u8], Counters)> = Vec::new();
    for (line, content) in lines {
        let malformed = |problem| Malformed::Line { line, problem };
        // An alias has a colon of its own: `eth0:1`.
        let colon = content.iter().rposition(|&c| c == b':');
        let (name, rest) = content.split_at(colon.ok_or(malformed("no device"))?);
        let mut words = words(&rest[1..]);
        let mut counters = [0; COLUMNS.len()];
        for counter in &mut counters {
            let number = words.next().and_then(unsigned);
            *counter = number.ok_or(malformed("not sixteen numbers"))?;
        }
        devices.push((name, counters));
    }
    Ok(devices)
}

/// The devices seen last, and what went over all of them.
pub(super) struct Network {
    /// Without series, by column.
    families: [MetricFamily; COLUMNS.len()],
    devices: HashMap<Box<[u8]>, Device>,
    /// In the order of the file, without those told twice.
    order: Vec<Box<[u8]>>,
    received: u64,
    transmitted: u64,
}

struct Device {
    counters: Counters,
    labels: Labels,
    current: bool,
}

impl Default for Network {
    fn default() -> Self {
        Network {
            families: COLUMNS.map(|column| {
                MetricFamily::counter(
                    format!("node_network_{column}_total"),
                    format!("Network device statistic {column}."),
                )
            }),
            devices: HashMap::new(),
            order: Vec::new(),
            received: 0,
            transmitted: 0,
        }
    }
}

impl Network {
    /// Takes what was parsed for what is.
    ///
    /// The totals are summed up from what each device adds: were they sums of what the devices
    /// show, they would fall back when one is taken away, and `rate` would take that for a restart
    /// and count everything again.
    pub(super) fn follow(&mut self, devices: &[(&[u8], Counters)]) {
        self.order.clear();
        for device in self.devices.values_mut() {
            device.current = false;
        }
        for &(name, counters) in devices {
            let device = self
                .devices
                .entry(name.into())
                .or_insert_with(|| Device::new(name));
            if std::mem::replace(&mut device.current, true) {
                continue;
            }
            if name != b"lo" {
                let added = |column| added(device.counters[column], counters[column]);
                self.received = self.received.wrapping_add(added(RECEIVED));
                self.transmitted = self.transmitted.wrapping_add(added(TRANSMITTED));
            }
            device.counters = counters;
            self.order.push(name.into());
        }
        self.devices.retain(|_, device| device.current);
    }

    pub(super) fn host_families(&self) -> [MetricFamily; 2] {
        [
            MetricFamily::counter(
                "vitals_host_network_receive_bytes_total",
                "Bytes received over all network devices but loopback.",
            )
            .with(host(), self.received as f64),
            MetricFamily::counter(
                "vitals_host_network_transmit_bytes_total",
                "Bytes transmitted over all network devices but loopback.",
            )
            .with(host(), self.transmitted as f64),
        ]
    }

    pub(super) fn node_families(&self) -> impl Iterator<Item = MetricFamily> {
        self.families.iter().enumerate().map(|(column, empty)| {
            let mut family = empty.clone();
            family.metrics.reserve(self.order.len());
            for device in self.order.iter().filter_map(|name| self.devices.get(name)) {
                family.push(device.labels.clone(), device.counters[column] as f64);
            }
            family
        })
    }
}

impl Device {
    fn new(name: &[u8]) -> Self {
        Device {
            counters: [0; COLUMNS.len()],
            labels: Labels::new([("device", String::from_utf8_lossy(name))]),
            current: false,
        }
    }
}

/// How far a counter has come; one that fell back started again from 0.
fn added(before: u64, now: u64) -> u64 {
    now.checked_sub(before).unwrap_or(now)
}

#[cfg(test)]
mod tests {
    use exposition::Value;
    use proptest::prelude::*;

    use super::*;

    /// Recorded on Linux 6.18.
    const RECORDED: &[u8] = b"\
Inter-|   Receive                                                |  Transmit
 face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed
    lo:    3193      29    0    0    0     0          0         0     3193      29    0    0    0     0       0          0
  ifb0:       0       0    0    0    0     0          0         0        0       0    0    0    0     0       0          0
  eth0: 124669617    5095    0    0    0     0          0         0   327341    3106    0    0    0     0       0          0
";

    const HEADING: &str = "a|b|c\n d|e|f\n";

    fn page(devices: &[(&str, u64)]) -> String {
        let line = |(name, received): &(&str, u64)| {
            format!("{name}:{received} 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16\n")
        };
        HEADING.to_owned() + &devices.iter().map(line).collect::<String>()
    }

    fn received(network: &mut Network, devices: &[(&str, u64)]) -> Value {
        network.follow(&parse(page(devices).as_bytes()).unwrap());
        let [received, _] = network.host_families();
        received.metrics[0].value.clone()
    }

    #[test]
    fn a_recorded_file() {
        let devices = parse(RECORDED).unwrap();
        let names: Vec<_> = devices.iter().map(|(name, _)| *name).collect();
        assert_eq!(names, [&b"lo"[..], b"ifb0", b"eth0"]);
        assert_eq!(devices[2].1[RECEIVED], 124_669_617);
        assert_eq!(devices[2].1[TRANSMITTED], 327_341);
    }

    #[test]
    fn columns_have_their_names() {
        let mut network = Network::default();
        network.follow(&parse(page(&[("eth0:1", 1)]).as_bytes()).unwrap());
        for (family, expected) in network.node_families().zip(1u32..) {
            let metric = &family.metrics[0];
            assert_eq!(metric.labels.get("device"), Some("eth0:1"));
            assert_eq!(
                metric.value,
                Value::Number(f64::from(expected)),
                "{}",
                family.name
            );
        }
    }

    #[test]
    fn totals_leave_out_loopback_and_never_fall_back() {
        let mut network = Network::default();
        let both = [("lo", 1000), ("eth0", 100), ("veth1", 10)];
        assert_eq!(received(&mut network, &both), Value::Number(110.0));
        // A device is taken away, another comes.
        assert_eq!(
            received(&mut network, &[("eth0", 105)]),
            Value::Number(115.0)
        );
        assert_eq!(
            received(&mut network, &[("eth0", 105), ("veth2", 3)]),
            Value::Number(118.0)
        );
        // A driver is loaded anew.
        assert_eq!(
            received(&mut network, &[("eth0", 2), ("veth2", 3)]),
            Value::Number(120.0)
        );
    }

    #[test]
    fn a_device_told_twice_counts_once() {
        let mut network = Network::default();
        let twice = [("eth0", 100), ("eth0", 200)];
        assert_eq!(received(&mut network, &twice), Value::Number(100.0));
        assert!(
            network
                .node_families()
                .all(|family| family.metrics.len() == 1)
        );
    }

    #[test]
    fn what_is_wrong_is_named() {
        for (text, expected) in [
            (String::new(), "no heading"),
            ("a|b\n".to_owned(), "no heading"),
            (format!("{HEADING}eth0 1\n"), "line 3: no device"),
            (
                format!("{HEADING}eth0: 1 2\n"),
                "line 3: not sixteen numbers",
            ),
        ] {
            assert_eq!(parse(text.as_bytes()).unwrap_err().to_string(), expected);
        }
    }

    proptest! {
        #[test]
        fn garbage_never_panics(
            garbage: Vec<u8>,
            at in 0..RECORDED.len(),
            byte in any::<u8>(),
        ) {
            let mut network = Network::default();
            let mut text = RECORDED.to_vec();
            text[at] = byte;
            for text in [garbage.as_slice(), &text, &RECORDED[..at]] {
                if let Ok(devices) = parse(text) {
                    network.follow(&devices);
                    let _ = network.node_families().count();
                }
            }
        }
    }
}
