//! The single numbers of `/proc/sys`: open files, tracked connections, entropy.

use exposition::{Labels, MetricFamily};

use super::{
    procfs::Of,
    text::{Malformed, unsigned, words},
};

/// A file with numbers, and what they are told as; `None` is not told.
pub(super) struct Numbers {
    pub(super) file: Of,
    told: &'static [Option<(&'static str, &'static str)>],
}

pub(super) const OPEN_FILES: Numbers = Numbers {
    file: Of::Machine("sys/fs/file-nr"),
    told: &[
        Some((
            "node_filefd_allocated",
            "File descriptor statistics: allocated.",
        )),
        // Always 0 since Linux 2.6.
        None,
        Some((
            "node_filefd_maximum",
            "File descriptor statistics: maximum.",
        )),
    ],
};

pub(super) const ENTROPY: [Numbers; 2] = [
    Numbers {
        file: Of::Machine("sys/kernel/random/entropy_avail"),
        told: &[Some((
            "node_entropy_available_bits",
            "Bits of available entropy.",
        ))],
    },
    Numbers {
        file: Of::Machine("sys/kernel/random/poolsize"),
        told: &[Some((
            "node_entropy_pool_size_bits",
            "Bits of entropy pool.",
        ))],
    },
];

/// The files are those of the network of whoever looks, wherever `/proc` is mounted.
pub(super) const CONNECTIONS: [Numbers; 2] = [
    Numbers {
        file: Of::Machine("sys/net/netfilter/nf_conntrack_count"),
        told: &[Some((
            "node_nf_conntrack_entries",
            "Number of currently allocated flow entries for connection tracking.",
        ))],
    },
    Numbers {
        file: Of::Machine("sys/net/netfilter/nf_conntrack_max"),
        told: &[Some((
            "node_nf_conntrack_entries_limit",
            "Maximum size of connection tracking table.",
        ))],
    },
];

impl Numbers {
    pub(super) fn parse(&self, text: &[u8]) -> Result<Vec<MetricFamily>, Malformed> {
        let mut words = words(text);
        let mut families = Vec::with_capacity(self.told.len());
        for told in self.told {
            let problem = "too few numbers";
            let number = words.next().and_then(unsigned);
            let number = number.ok_or(Malformed::Line { line: 1, problem })?;
            if let Some((name, help)) = told {
                let family = MetricFamily::gauge(*name, *help);
                families.push(family.with(Labels::none(), number as f64));
            }
        }
        Ok(families)
    }
}

#[cfg(test)]
mod tests {
    use exposition::Value;
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_recorded_file() {
        let families = OPEN_FILES.parse(b"558\t0\t2466170\n").unwrap();
        let told = families
            .iter()
            .map(|family| (&*family.name, &family.metrics[0].value));
        assert_eq!(
            told.collect::<Vec<_>>(),
            [
                ("node_filefd_allocated", &Value::Number(558.0)),
                ("node_filefd_maximum", &Value::Number(2_466_170.0)),
            ]
        );
        for bad in ["", "558\t0", "558 0 x"] {
            let error = OPEN_FILES.parse(bad.as_bytes()).unwrap_err();
            assert_eq!(error.to_string(), "line 1: too few numbers");
        }
    }

    proptest! {
        #[test]
        fn garbage_never_panics(garbage: Vec<u8>, close in "[0-9 \t\n-]{0,40}") {
            let _ = (OPEN_FILES.parse(&garbage), OPEN_FILES.parse(close.as_bytes()));
        }
    }
}
