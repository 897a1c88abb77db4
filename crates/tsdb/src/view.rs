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
}
