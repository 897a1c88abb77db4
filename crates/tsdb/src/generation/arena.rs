//! Pages of bits in large slabs: no reallocation, no slack per series, and all memory goes back to
//! the allocator in large pieces when the generation does.

/// Words of bits in a page; one more holds the number of the page after it.
const WORDS: usize = 15;
/// Pages in a slab of 128 KiB.
const SLAB: usize = 1024;

/// The number of no page.
pub(super) const NONE: u32 = u32::MAX;

type Page = [u64; WORDS + 1];

#[derive(Default)]
pub(super) struct Arena {
    slabs: Vec<Box<[Page]>>,
    pages: u32,
}

impl Arena {
    /// Writes the word with the running number `n` of a chain whose last page is `last`; answers
    /// the page it is in.
    pub(super) fn put(&mut self, last: u32, n: u32, word: u64) -> u32 {
        let slot = n as usize % WORDS;
        let page = if slot == 0 { self.add(last) } else { last };
        self.page(page)[slot] = word;
        page
    }

    fn add(&mut self, last: u32) -> u32 {
        if self.pages as usize == self.slabs.len() * SLAB {
            self.slabs
                .push(vec![[0; WORDS + 1]; SLAB].into_boxed_slice());
        }
        let page = self.pages;
        self.pages += 1;
        if last != NONE {
            self.page(last)[WORDS] = page.into();
        }
        page
    }

    fn page(&mut self, page: u32) -> &mut Page {
        &mut self.slabs[page as usize / SLAB][page as usize % SLAB]
    }

    /// Appends `n` words of a chain, those behind the first `skip` of the page.
    pub(super) fn copy(&self, page: u32, skip: usize, n: u32, to: &mut Vec<u64>) {
        let (mut page, mut skip, mut left) = (page, skip, n as usize);
        while left > 0 {
            let words = &self.slabs[page as usize / SLAB][page as usize % SLAB];
            let here = left.min(WORDS - skip);
            to.extend_from_slice(&words[skip..skip + here]);
            left -= here;
            skip = 0;
            page = words[WORDS] as u32;
        }
    }

    /// How many words of its last page a chain of so many has taken.
    pub(super) fn taken(words: u32) -> usize {
        words
            .checked_sub(1)
            .map_or(0, |last| last as usize % WORDS + 1)
    }

    pub(super) fn bytes(&self) -> usize {
        self.slabs.len() * SLAB * size_of::<Page>()
    }
}
