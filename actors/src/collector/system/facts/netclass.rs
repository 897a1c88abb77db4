//! `node_network_*` of `/sys/class/net`: what the network devices are, and whether they are up.

use std::{
    fs::{self, File},
    io,
    path::Path,
};

use exposition::{Labels, MetricFamily, MetricType};
use rustix::fs::{Mode, OFlags, openat};

use crate::collector::{CollectError, Reason};

/// A property of a device with a number: its file, its name, and what a unit of it is worth.
struct Property {
    file: &'static str,
    name: &'static str,
    factor: f64,
}

const fn property(file: &'static str, name: &'static str) -> Property {
    Property {
        file,
        name,
        factor: 1.0,
    }
}

/// In node_exporter's order.
const PROPERTIES: [Property; 17] = [
    property("addr_assign_type", "address_assign_type"),
    property("carrier", "carrier"),
    property("carrier_changes", "carrier_changes_total"),
    property("carrier_up_count", "carrier_up_changes_total"),
    property("carrier_down_count", "carrier_down_changes_total"),
    property("dev_id", "device_id"),
    property("dormant", "dormant"),
    property("flags", "flags"),
    property("ifindex", "iface_id"),
    property("iflink", "iface_link"),
    property("link_mode", "iface_link_mode"),
    property("mtu", "mtu_bytes"),
    property("name_assign_type", "name_assign_type"),
    property("netdev_group", "net_dev_group"),
    Property {
        file: "speed",
        name: "speed_bytes",
        factor: 125_000.0, // megabits
    },
    property("tx_queue_len", "transmit_queue_length"),
    property("type", "protocol_type"),
];

/// Labels of `node_network_info`, by file.
const INFO: [&str; 5] = ["address", "broadcast", "duplex", "operstate", "ifalias"];

/// node_exporter reads so much and no more.
const LONGEST: usize = 128;

pub(super) fn read(devices: &Path) -> Result<Vec<MetricFamily>, CollectError> {
    let unavailable = |error: io::Error| CollectError {
        part: devices.display().to_string(),
        reason: Reason::Unavailable,
        detail: error.to_string(),
    };
    let mut names = Vec::new();
    let entries = match fs::read_dir(devices) {
        // A machine without a network, or a sandbox without `/sys`.
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries.map_err(unavailable)?,
    };
    for entry in entries {
        let entry = entry.map_err(unavailable)?;
        // `bonding_masters` is a file among the devices.
        if !entry.file_type().is_ok_and(|kind| kind.is_file()) {
            names.push(entry.file_name());
        }
    }
    names.sort();

    let mut up = MetricFamily::gauge(
        "node_network_up",
        "Value is 1 if operstate is 'up', 0 otherwise.",
    );
    let mut info = MetricFamily::gauge(
        "node_network_info",
        "Non-numeric data from /sys/class/net/<iface>, value is always 1.",
    );
    let mut numbers: Vec<MetricFamily> = PROPERTIES.iter().map(Property::family).collect();
    for name in names {
        // Opened once: the way to a device is longer than what is read of it. One that is gone says nothing.
        let folder = File::open(devices.join(&name)).ok();
        let line = |file| folder.as_ref().and_then(|folder| line(folder, file));
        let device = Labels::new([("device", name.to_string_lossy())]);
        let mut texts = vec![("device", name.to_string_lossy().into_owned())];
        texts.extend(INFO.map(|file| (file, line(file).unwrap_or_default())));
        let is_up = texts.contains(&("operstate", "up".to_owned()));
        up.push(device.clone(), f64::from(u8::from(is_up)));
        info.push(Labels::new(texts), 1.0);
        for (property, family) in PROPERTIES.iter().zip(&mut numbers) {
            let text = line(property.file);
            if let Some(number) = text.as_deref().and_then(integer) {
                family.push(device.clone(), number as f64 * property.factor);
            }
        }
    }
    Ok([up, info].into_iter().chain(numbers).collect())
}

impl Property {
    fn family(&self) -> MetricFamily {
        let kind = match self.name.ends_with("_total") {
            true => MetricType::Counter,
            false => MetricType::Gauge,
        };
        let help = format!("Network device property: {}", self.name);
        MetricFamily::new(format!("node_network_{}", self.name), help, kind)
    }
}

/// What a file says; a device that is down has no carrier and no speed to tell, and refuses.
fn line(folder: &File, file: &str) -> Option<String> {
    let mut bytes = [0; LONGEST];
    let file = openat(
        folder,
        file,
        OFlags::RDONLY | OFlags::CLOEXEC,
        Mode::empty(),
    )
    .ok()?;
    let length = rustix::io::read(&file, &mut bytes).ok()?;
    let text = String::from_utf8_lossy(&bytes[..length]).into_owned();
    Some(text.trim().to_owned())
}

/// Decimal, or hexadecimal as the kernel writes flags.
fn integer(text: &str) -> Option<i64> {
    match text.strip_prefix("0x") {
        Some(hexadecimal) => i64::from_str_radix(hexadecimal, 16).ok(),
        None => text.parse().ok(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn integers_are_as_the_kernel_writes_them() {
        assert_eq!(integer("-1"), Some(-1));
        assert_eq!(integer("0x1003"), Some(4099));
        assert_eq!(integer("1500"), Some(1500));
        for bad in ["", "0x", "up", "1.5", "0x-", "99999999999999999999"] {
            assert_eq!(integer(bad), None, "{bad}");
        }
    }

    #[test]
    fn no_network_is_no_failure() {
        assert_eq!(read(Path::new("/nowhere")), Ok(Vec::new()));
    }
}
