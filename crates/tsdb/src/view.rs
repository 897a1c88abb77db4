//! What readers see at one moment: published blocks, and the generations that have none yet.

use std::sync::Arc;

use crate::{block::Block, generation::Generation};

/// Replaced as a whole, so that every sample is seen once: in its generation until the block is
/// published, then in the block.
#[derive(Clone, Default)]
pub(crate) struct View {
    /// In the order of their generations, which is that of arrival.
    pub(crate) blocks: Vec<Arc<Block>>,
    /// Waiting for their blocks, oldest first, and last the active one.
    pub(crate) heads: Vec<Arc<Generation>>,
    /// The newest generation that has a block, while it is read in its place.
    pub(crate) lingering: Vec<Arc<Generation>>,
}

impl View {
    /// What is read in the place of a block.
    pub(crate) fn instead_of(&self, block: &Block) -> Option<&Arc<Generation>> {
        let (first, last) = block.seqs;
        self.lingering
            .iter()
            .find(|head| (head.seq, head.seq) == (first, last))
    }
}
