//! Web sessions, and the licence units they hold.
//!
//! Origin: derived. A session without a cookie takes a unit of its own and holds it until nobody
//! has used it for the grace period.

use std::collections::HashMap;

use super::noise;

/// Why there is no session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct NoUnits;

/// The sessions there are.
#[derive(Clone, Debug)]
pub(crate) struct Sessions {
    units: u32,
    grace: i64,
    seed: u64,
    held: HashMap<String, (i64, usize)>,
    /// Sessions ever opened.
    pub(crate) opened: u64,
    /// Requests turned away for want of a unit.
    pub(crate) refused: u64,
}

impl Sessions {
    pub(crate) fn new(units: u32, grace: i64, seed: u64) -> Self {
        Sessions {
            units,
            grace,
            seed,
            held: HashMap::new(),
            opened: 0,
            refused: 0,
        }
    }

    /// Whose session a cookie is, if it is one that is still held; using it keeps it.
    pub(crate) fn resume(&mut self, cookie: &str, now: i64) -> Option<usize> {
        self.release(now);
        let (used, account) = self.held.get_mut(cookie)?;
        *used = now;
        Some(*account)
    }

    /// A new session for an account, if there is a unit left beside the `others` in use.
    pub(crate) fn open(
        &mut self,
        account: usize,
        others: u32,
        now: i64,
    ) -> Result<String, NoUnits> {
        self.release(now);
        if self.held().saturating_add(others) >= self.units {
            self.refused += 1;
            return Err(NoUnits);
        }
        self.opened += 1;
        let id = noise::hash(self.seed, 5_000, self.opened.cast_signed());
        let id = format!("0000000100000{id:016x}");
        self.held.insert(id.clone(), (now, account));
        Ok(id)
    }

    /// Sessions held.
    pub(crate) fn held(&self) -> u32 {
        u32::try_from(self.held.len()).unwrap_or(u32::MAX)
    }

    pub(crate) fn units(&self) -> u32 {
        self.units
    }

    /// Gives back what nobody used for the grace period.
    pub(crate) fn release(&mut self, now: i64) {
        let grace = self.grace;
        self.held.retain(|_, (used, _)| now - *used < grace);
    }

    /// IRIS restarts: all are gone.
    pub(crate) fn drop_all(&mut self) {
        self.held.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cookie_saves_units_and_grace_gives_them_back() {
        let mut sessions = Sessions::new(3, 600, 1);
        let first = sessions.open(0, 1, 0).unwrap();
        let second = sessions.open(0, 1, 0).unwrap();
        assert_ne!(first, second);
        assert_eq!(sessions.open(0, 1, 0), Err(NoUnits));
        assert_eq!(sessions.resume(&first, 599), Some(0));
        assert_eq!(
            (sessions.held(), sessions.opened, sessions.refused),
            (2, 2, 1)
        );
        // The second has not been used for the whole period.
        assert_eq!(sessions.resume(&second, 600), None);
        assert_eq!(sessions.held(), 1);
        assert!(sessions.open(0, 1, 600).is_ok());
    }
}
