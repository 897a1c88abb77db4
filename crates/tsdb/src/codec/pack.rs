//! The body of a chunk: unsigned numbers, as narrow as they can be, through `pco`.

use pco::{
    ChunkConfig, DecompressorScratch, DeltaSpec, ModeSpec, PagingSpec, data_types::Number, wrapped,
};

pub(super) fn pack<T: Number>(src: &[T], level: usize, out: &mut Vec<u8>) {
    let mut config = ChunkConfig::default()
        .with_compression_level(level)
        .with_mode_spec(ModeSpec::Classic)
        .with_delta_spec(DeltaSpec::NoOp)
        .with_paging_spec(PagingSpec::EqualPagesUpTo(1 << 20));
    config.enable_8_bit = true;
    let mut chunk = wrapped::FileCompressor::default()
        .chunk_compressor(src, &config)
        .expect("static pco configuration is valid");
    chunk.write_meta(&mut *out).expect("writing to memory");
    chunk.write_page(0, &mut *out).expect("writing to memory");
}

pub(super) fn unpack<T: Number + Default>(
    src: &[u8],
    n: usize,
    dst: &mut Vec<T>,
    scratch: &mut DecompressorScratch,
) -> Option<()> {
    // Whatever is in it is overwritten.
    dst.resize(n, T::default());
    let (file, _) = wrapped::FileDecompressor::new(PCO_HEADER).ok()?;
    let (chunk, rest) = file.chunk_decompressor::<T, _>(src).ok()?;
    let mut page = chunk
        .page_decompressor_with_scratch(rest, n, scratch)
        .ok()?;
    page.read(dst).ok()?.finished.then_some(())
}

/// The version of pco's own format, the same for every chunk of block format 1.
const PCO_HEADER: &[u8] = &[4, 1];
