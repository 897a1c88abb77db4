//! The body of `/api/monitor/metrics`.
//!
//! Origin: derived. Written from the catalogue in the two presentations that were recorded; a
//! leading comment, which no recording has, says that it is simulated.

use std::fmt::Write;

use super::{
    catalogue::{View, families},
    fault::Faults,
    number::Number,
    options::Version,
};

/// The leading line.
const ORIGIN: &str =
    "# simulated by vitals: names and labels derived from recorded answers, values invented\n";

/// What shapes a body beside the state: pinned values, excluded families.
pub(crate) struct Shape<'a> {
    pub(crate) pinned: &'a std::collections::BTreeMap<String, String>,
    pub(crate) exclude: &'a [String],
}

/// Writes it, bent by the faults that bend text.
pub(crate) fn metrics(view: &View<'_>, shape: &Shape<'_>, faults: &Faults) -> String {
    let mut body = String::with_capacity(80_000);
    body.push_str(ORIGIN);
    let told = view.world.setup.version != Version::V2024;
    for family in families() {
        let name = family.name;
        if faults.vanished(name) || shape.exclude.iter().any(|start| name.starts_with(start)) {
            continue;
        }
        let series = family.series(view);
        if series.is_empty() {
            continue;
        }
        if told {
            // Writing to a string cannot fail.
            let _ = writeln!(
                body,
                "# HELP {name} {}\n# TYPE {name} {}",
                family.help, family.kind
            );
            if let Some(unit) = family.unit {
                let _ = writeln!(body, "# UNIT {name} {unit}");
            }
        }
        let pinned = shape.pinned.get(name);
        for (labels, value) in series {
            line(&mut body, name, &labels, value, pinned);
        }
    }
    faults.bend(body)
}

fn line(body: &mut String, name: &str, labels: &str, value: Number, pinned: Option<&String>) {
    let _ = match pinned {
        Some(pinned) => writeln!(body, "{name}{labels} {pinned}"),
        None => writeln!(body, "{name}{labels} {value}"),
    };
}
