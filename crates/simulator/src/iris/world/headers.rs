//! Message headers and log entries as SQL sees them: ids that only rise, and what came since an id.
//!
//! Origin: invented numbers in the columns that facts name (`Ens.MessageHeader`, `Ens_Util.Log`).

use std::collections::VecDeque;

use super::topology::BUSINESS;

/// Seconds for which "since this id" is answered exactly; before that all there is counts.
const KEPT: usize = 1_800;

/// Everything counted since the namespace was made.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Tally {
    /// The last id of a message header.
    pub(crate) id: u64,
    /// Headers of HL7 messages that a service created.
    pub(crate) inbound: u64,
    /// Headers by target that ended well.
    pub(crate) completed: [u64; BUSINESS],
    /// Headers by target that were suspended.
    pub(crate) suspended: [u64; BUSINESS],
    /// Headers by target that failed.
    pub(crate) errored: [u64; BUSINESS],
    /// The last id of the event log.
    pub(crate) log_id: u64,
    /// Entries of type Error, by host.
    pub(crate) log_errors: [u64; BUSINESS],
}

/// The tally, and how it grew.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Headers {
    pub(crate) now: Tally,
    before: VecDeque<Tally>,
}

impl Headers {
    /// A second has passed.
    pub(crate) fn remember(&mut self) {
        if self.before.back() == Some(&self.now) {
            return;
        }
        if self.before.len() == KEPT {
            self.before.pop_front();
        }
        self.before.push_back(self.now);
    }

    pub(crate) fn inbound(&mut self, count: u64) {
        self.now.id += count;
        self.now.inbound += count;
    }

    pub(crate) fn internal(&mut self, target: usize, count: u64) {
        self.now.completed[target] += count;
    }

    pub(crate) fn delivered(&mut self, target: usize, completed: u64, suspended: u64) {
        self.now.id += completed + suspended;
        self.now.completed[target] += completed;
        self.now.suspended[target] += suspended;
    }

    pub(crate) fn errored(&mut self, target: usize, count: u64) {
        if target < BUSINESS {
            self.now.id += count;
            self.now.errored[target] += count;
            self.logged(target, count);
        }
    }

    pub(crate) fn logged(&mut self, host: usize, count: u64) {
        if host < BUSINESS {
            self.now.log_id += count;
            self.now.log_errors[host] += count;
        }
    }

    /// The tally when this was the last header; where it was in the middle of a second, the tally
    /// at the end of that second.
    pub(crate) fn at_header(&self, id: u64) -> Tally {
        if id == 0 {
            return Tally::default();
        }
        self.at(|tally| tally.id >= id)
    }

    /// The same for the event log.
    pub(crate) fn at_log(&self, id: u64) -> Tally {
        if id == 0 {
            return Tally::default();
        }
        self.at(|tally| tally.log_id >= id)
    }

    fn at(&self, reached: impl Fn(&Tally) -> bool) -> Tally {
        let first = self.before.partition_point(|tally| !reached(tally));
        self.before.get(first).copied().unwrap_or(self.now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_came_since_an_id_is_counted() {
        let mut headers = Headers::default();
        headers.inbound(5);
        headers.remember();
        headers.delivered(5, 4, 1);
        headers.remember();
        headers.inbound(2);
        assert_eq!(headers.now.inbound - headers.at_header(0).inbound, 7);
        assert_eq!(headers.now.inbound - headers.at_header(5).inbound, 2);
        assert_eq!(
            headers.now.suspended[5] - headers.at_header(5).suspended[5],
            1
        );
        assert_eq!(
            headers.now.suspended[5] - headers.at_header(10).suspended[5],
            0
        );
        assert_eq!(headers.at_header(99), headers.now);
    }
}
