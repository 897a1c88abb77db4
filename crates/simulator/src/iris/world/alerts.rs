//! System alerts: what was posted, what nobody has fetched yet.
//!
//! Origin: the shape is recorded, the texts are invented.

use std::collections::VecDeque;

use super::Setup;
use crate::iris::noise;

/// Alerts kept for the next one to fetch them.
const KEPT: usize = 100;
/// Longest text of one, in characters.
const LONGEST: usize = 4_096;

/// One alert.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Alert {
    pub(crate) at: i64,
    pub(crate) severity: u8,
    pub(crate) message: String,
}

/// All alerts.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Alerts {
    /// Posted since IRIS started.
    pub(crate) since_start: u64,
    /// In `alerts.log`.
    pub(crate) in_log: u64,
    /// Posted since they were last fetched.
    pub(crate) unread: VecDeque<Alert>,
}

impl Alerts {
    pub(crate) fn post(&mut self, at: i64, severity: u8, message: String) {
        self.since_start += 1;
        self.in_log += 1;
        if self.unread.len() == KEPT {
            self.unread.pop_front();
        }
        let message = message.chars().take(LONGEST).collect();
        self.unread.push_back(Alert {
            at,
            severity,
            message,
        });
    }

    /// Somebody fetched them: they are gone for everybody.
    pub(crate) fn read(&mut self) {
        self.unread.clear();
    }

    pub(crate) fn restarted(&mut self) {
        self.since_start = 0;
    }

    /// Without `steady`, one every few hours.
    pub(crate) fn incidents(&mut self, setup: &Setup, now: i64) {
        if setup.steady || now.rem_euclid(3_600) != 1_234 {
            return;
        }
        let draw = noise::unit(setup.seed, 400, now.div_euclid(3_600));
        if draw < 0.2 {
            let seconds = 5 + (draw * 100.0) as u64;
            let message = format!("(simulated) Write Daemon pass has taken {seconds} seconds.");
            self.post(now, 2, message);
        }
    }
}
