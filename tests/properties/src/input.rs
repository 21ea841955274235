//! How the bytes of an input are read: a few settings first, then the content, as it would come over the wire.

/// `N` settings and the content, or `None` when the input is shorter.
pub(crate) fn settings<const N: usize>(data: &[u8]) -> Option<([usize; N], &[u8])> {
    let (settings, content) = data.split_first_chunk::<N>()?;
    Some((settings.map(usize::from), content))
}

/// The content in pieces, whose lengths come of `seed`. The seed 0 gives single bytes.
pub(crate) fn pieces(content: &[u8], seed: usize) -> Vec<&[u8]> {
    let mut state = seed as u32;
    let (mut pieces, mut rest) = (Vec::new(), content);
    while !rest.is_empty() {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let length = if seed == 0 { 1 } else { 1 + (state >> 16) as usize % (1 + seed % 40) };
        let (piece, after) = rest.split_at(length.min(rest.len()));
        pieces.push(piece);
        rest = after;
    }
    pieces
}
