//! A site's own metrics in the same body, with another prefix. Origin: invented.

use super::{Family, Number, gauge};

pub(super) const ALL: &[Family] = &[gauge(
    "pharmacy_prescription_count",
    "Prescriptions by ward",
    |view, out| {
        if view.world.gates.custom {
            for (ward, part) in [("Intensive Care", 3), ("Ward 1 \"East\"", 5)] {
                out.push(&[("ward", ward)], Number::whole(view.world.received / part));
            }
        }
    },
)];
