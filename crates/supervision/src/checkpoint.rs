//! What an incarnation leaves for the next one (OTP: an ETS heir).

use std::sync::Arc;

use crate::office::Office;

/// Where an incarnation leaves something for the next one. A zombie can no longer write here.
#[derive(Clone)]
pub struct Checkpoint {
    pub(crate) office: Arc<Office>,
    pub(crate) generation: u64,
}

impl Checkpoint {
    /// Replaces what was left before. False when this incarnation is no longer in office: then
    /// nothing is left, and nothing else should be published either.
    pub fn put<T: Send + 'static>(&self, state: T) -> bool {
        self.office.put_checkpoint(self.generation, Box::new(state))
    }

    /// Whether this incarnation is still in office. What must not be done by a zombie is done only
    /// if so; what must not be done by two at once needs a fence of its own.
    pub fn is_current(&self) -> bool {
        self.office.is_current(self.generation)
    }
}
