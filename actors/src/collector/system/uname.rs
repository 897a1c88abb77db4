//! `node_uname_info`.

use exposition::{Labels, MetricFamily};

use super::machine::Uname;

/// Keeps the labels: names hardly ever change.
#[derive(Default)]
pub(super) struct UnameInfo {
    uname: Uname,
    labels: Labels,
}

impl UnameInfo {
    pub(super) fn family(&mut self, uname: Uname) -> MetricFamily {
        if uname != self.uname {
            self.labels = Labels::new([
                ("sysname", uname.sysname.as_str()),
                ("release", &uname.release),
                ("version", &uname.version),
                ("machine", &uname.machine),
                ("nodename", &uname.nodename),
                ("domainname", &uname.domainname),
            ]);
            self.uname = uname;
        }
        MetricFamily::gauge(
            "node_uname_info",
            "Labeled system information as provided by the uname system call.",
        )
        .with(self.labels.clone(), 1.0)
    }
}
