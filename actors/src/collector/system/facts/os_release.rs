//! `node_os_info` and `node_os_version`, from the file `os-release`.

use std::{fs::File, io::Read, path::Path};

use exposition::{Labels, MetricFamily};

/// The second is for systems whose `/etc` is empty.
const FILES: [&str; 2] = ["etc/os-release", "usr/lib/os-release"];

/// Labels of `node_os_info`; in the file their names are in capitals.
const LABELS: [&str; 12] = [
    "build_id",
    "id",
    "id_like",
    "image_id",
    "image_version",
    "name",
    "pretty_name",
    "variant",
    "variant_id",
    "version",
    "version_codename",
    "version_id",
];

/// No such file is larger.
const LIMIT: u64 = 64 << 10;

/// The host's `/` is reached as `root`. A system that says nothing of itself is not told.
pub(super) fn read(root: &Path) -> Vec<MetricFamily> {
    let mut text = String::new();
    let file = FILES
        .iter()
        .find_map(|file| File::open(root.join(file)).ok());
    match file.map(|file| file.take(LIMIT).read_to_string(&mut text)) {
        Some(Ok(_)) => families(&text),
        _ => Vec::new(),
    }
}

fn families(text: &str) -> Vec<MetricFamily> {
    let value = |label: &str| value(text, &label.to_uppercase());
    let info = MetricFamily::gauge(
        "node_os_info",
        "A metric with a constant '1' value labeled by build_id, id, id_like, image_id, \
         image_version, name, pretty_name, variant, variant_id, version, version_codename, \
         version_id.",
    );
    let labels = Labels::new(LABELS.map(|label| (label, value(label))));
    let mut families = vec![info.with(labels, 1.0)];
    if let Some(version) = major_minor(&value("version_id")) {
        let family = MetricFamily::gauge(
            "node_os_version",
            "Metric containing the major.minor part of the OS version.",
        );
        let labels = ["id", "id_like", "name"].map(|label| (label, value(label)));
        families.push(family.with(Labels::new(labels), version));
    }
    families
}

/// Of `NAME=value`, `NAME="value"` or `NAME='value'`, in the way of a shell; the last one counts.
fn value(text: &str, name: &str) -> String {
    let of = |line: &str| {
        let value = line.trim().strip_prefix(name)?.strip_prefix('=')?.trim();
        let quoted = |quote| value.strip_prefix(quote)?.strip_suffix(quote);
        match (quoted('\''), quoted('"')) {
            (Some(literal), _) => Some(literal.to_owned()),
            (None, Some(text)) => Some(unescaped(text)),
            (None, None) => Some(value.to_owned()),
        }
    };
    text.lines().rev().find_map(of).unwrap_or_default()
}

/// Within double quotes a backslash keeps the next character from its meaning.
fn unescaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text.chars();
    while let Some(c) = rest.next() {
        out.push(match c {
            '\\' => rest.next().unwrap_or('\\'),
            c => c,
        });
    }
    out
}

/// Of `12`, `22.04`, `3.18.4`: as far as it is a number.
fn major_minor(version: &str) -> Option<f64> {
    let digits = |text: &str| text.bytes().take_while(u8::is_ascii_digit).count();
    let mut length = digits(version);
    if length > 0 && version[length..].starts_with('.') {
        length += 1 + digits(&version[length + 1..]);
    }
    let number: f64 = version[..length].parse().ok()?;
    (number > 0.0).then_some(number)
}

#[cfg(test)]
mod tests {
    use exposition::Value;
    use proptest::prelude::*;

    use super::*;

    /// Debian 12's, and lines of other systems'.
    const RECORDED: &str = "PRETTY_NAME=\"Debian GNU/Linux 12 (bookworm)\"
NAME=\"Debian GNU/Linux\"
VERSION_ID=\"12\"
# VERSION_ID=\"13\"
VERSION=\"12 (bookworm)\"
ID=debian
ID_LIKE='a $b'
VARIANT=\"a \\\"b\\\"\"
";

    #[test]
    fn a_recorded_file() {
        let families = families(RECORDED);
        let [info, version] = families.as_slice() else {
            panic!("{families:?}");
        };
        let labels: Vec<_> = info.metrics[0].labels.iter().collect();
        assert_eq!(
            labels,
            [
                ("id", "debian"),
                ("id_like", "a $b"),
                ("name", "Debian GNU/Linux"),
                ("pretty_name", "Debian GNU/Linux 12 (bookworm)"),
                ("variant", "a \"b\""),
                ("version", "12 (bookworm)"),
                ("version_id", "12"),
            ]
        );
        assert_eq!(version.metrics[0].value, Value::Number(12.0));
        assert_eq!(version.metrics[0].labels.get("id"), Some("debian"));
    }

    #[test]
    fn versions_are_numbers_as_far_as_they_go() {
        for (version, number) in [
            ("12", Some(12.0)),
            ("22.04", Some(22.04)),
            ("3.18.4", Some(3.18)),
            ("7.", Some(7.0)),
            ("2023w35", Some(2023.0)),
            ("", None),
            ("rolling", None),
            (".5", None),
            ("0", None),
        ] {
            assert_eq!(major_minor(version), number, "{version}");
        }
        assert_eq!(read(Path::new("/nowhere")), []);
    }

    proptest! {
        #[test]
        fn any_file_is_told(text in "(.|\n){0,200}", version in "[0-9.]{0,9}") {
            families(&text);
            families(&format!("VERSION_ID={version}"));
        }
    }
}
