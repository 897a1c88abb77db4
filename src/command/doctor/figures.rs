//! The figures of the host, held against what the kernel says at the same moment.

use std::{collections::HashMap, fs, path::Path};

use exposition::read::{Item, Limits, read};

use super::Finding;
use crate::settings::Settings;

/// Memory moves while we look.
const MEMORY_SLACK: f64 = 0.05;
const SECONDS_SLACK: f64 = 2.0;
const REMEDY: &str = "Vitals sees another machine: see [system] procfs";

/// Figures without labels, by their names.
struct Told(HashMap<String, f64>);

impl Told {
    fn of(page: &str) -> Self {
        let mut figures = HashMap::new();
        read(page.as_bytes(), &Limits::default(), |item| {
            if let Item::Sample(sample) = item
                && sample.labels.is_empty()
            {
                figures.insert(sample.name.to_owned(), sample.value);
            }
        });
        Told(figures)
    }
}

pub(super) fn examine(settings: &Settings, page: &str) -> Vec<Finding> {
    if !settings.system.node_exporter {
        return Vec::new();
    }
    let (told, procfs) = (Told::of(page), &settings.system.procfs);
    let memory = |key: &str| {
        let kilobytes = field(&procfs.join("meminfo"), key)?;
        Some(kilobytes * 1024.0)
    };
    let total = memory("MemTotal:");
    let rows = [
        ("node_memory_MemTotal_bytes", total, 0.0),
        (
            "node_memory_MemAvailable_bytes",
            memory("MemAvailable:"),
            total.unwrap_or_default() * MEMORY_SLACK,
        ),
        (
            "node_boot_time_seconds",
            field(&procfs.join("stat"), "btime"),
            SECONDS_SLACK,
        ),
    ];
    let compare = |(name, kernel, slack): (&str, Option<f64>, f64)| {
        let check = name.trim_start_matches("node_");
        match (told.0.get(name), kernel) {
            (Some(told), Some(kernel)) if (told - kernel).abs() <= slack => {
                Finding::ok(check, format!("{told}, as the kernel says"))
            }
            (Some(told), Some(kernel)) => {
                Finding::fail(check, format!("{told}, the kernel says {kernel}"), REMEDY)
            }
            (None, _) => Finding::fail(check, format!("{name} is not in /metrics"), REMEDY),
            (_, None) => {
                let detail = format!("cannot be read below {}", procfs.display());
                Finding::fail(check, detail, "let Vitals read the proc file system")
            }
        }
    };
    rows.map(compare).into()
}

/// The number behind a word at the beginning of a line.
fn field(path: &Path, key: &str) -> Option<f64> {
    let text = fs::read_to_string(path).ok()?;
    let mut lines = text.lines().map(str::split_whitespace);
    let mut line = lines.find_map(|mut words| (words.next()? == key).then_some(words))?;
    line.next()?.parse().ok()
}
