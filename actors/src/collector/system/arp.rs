//! `node_arp_entries`: neighbours by device, from `/proc/net/arp`.

use exposition::{Labels, MetricFamily};

use super::text::{Malformed, lines, words};

/// The device is the last of at least so many columns.
const COLUMNS: usize = 6;

pub(super) fn parse(text: &[u8]) -> Result<MetricFamily, Malformed> {
    let mut devices: Vec<(&[u8], u32)> = Vec::new();
    for (line, content) in lines(text).skip(1) {
        let problem = "not a neighbour";
        let columns = words(content).count();
        let device = words(content).last().filter(|_| columns >= COLUMNS);
        let device = device.ok_or(Malformed::Line { line, problem })?;
        match devices.iter_mut().find(|(known, _)| *known == device) {
            Some((_, count)) => *count += 1,
            None => devices.push((device, 1)),
        }
    }
    let mut family = MetricFamily::gauge("node_arp_entries", "ARP entries by device");
    for (device, count) in devices {
        let labels = Labels::new([("device", String::from_utf8_lossy(device))]);
        family.push(labels, f64::from(count));
    }
    Ok(family)
}

#[cfg(test)]
mod tests {
    use exposition::Value;
    use proptest::prelude::*;

    use super::*;

    /// The first two lines recorded on Linux 6.18.
    const RECORDED: &[u8] = b"\
IP address       HW type     Flags       HW address            Mask     Device
172.16.0.1       0x1         0x2         02:fc:00:00:00:05     *        eth0
172.16.0.2       0x1         0x0         00:00:00:00:00:00     *        eth0
10.0.3.2         0x1         0x2         02:fc:00:00:00:07     *        lxcbr0
";

    #[test]
    fn neighbours_are_counted_by_device() {
        let family = parse(RECORDED).unwrap();
        let told = family.metrics.iter().map(|metric| match metric.value {
            Value::Number(number) => (metric.labels.get("device").unwrap(), number),
            _ => unreachable!(),
        });
        assert_eq!(told.collect::<Vec<_>>(), [("eth0", 2.0), ("lxcbr0", 1.0)]);
        assert_eq!(parse(b"").unwrap().metrics.len(), 0);
        let error = parse(b"IP address\n10.0.3.2 0x1 0x2\n").unwrap_err();
        assert_eq!(error.to_string(), "line 2: not a neighbour");
    }

    proptest! {
        #[test]
        fn garbage_never_panics(garbage: Vec<u8>, at in 0..RECORDED.len(), byte in any::<u8>()) {
            let mut text = RECORDED.to_vec();
            text[at] = byte;
            for text in [garbage.as_slice(), &text, &RECORDED[..at]] {
                let _ = parse(text);
            }
        }
    }
}
