//! What building a script changed in the interpreter's memory, as a list of byte ranges over the base.
//! The machine code and the base memory are shared by all guards; only this differs between them.

use crate::SandboxError;

/// Equal bytes between two changes that are kept together: a range costs more than copying them.
const GAP: usize = 32;
const PAGE: usize = 64 << 10;

/// Changed ranges over a base memory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Image {
    /// Size of the memory, in bytes; a multiple of 64 KiB.
    pub(crate) memory_bytes: usize,
    ranges: Vec<(u32, u32)>,
    bytes: Box<[u8]>,
}

impl Image {
    /// The changes from `base` to `memory`; beyond the end of `base` it counts as zero.
    pub(crate) fn diff(base: &[u8], memory: &[u8]) -> Self {
        let mut ranges: Vec<(u32, u32)> = Vec::new();
        let mut bytes = Vec::new();
        let differs = |at: usize| memory.get(at) != Some(base.get(at).unwrap_or(&0));
        let mut at = 0;
        while at < memory.len() {
            if !differs(at) {
                at += skip_equal(base, memory, at);
                continue;
            }
            let start = at;
            let (mut end, mut equal) = (at + 1, 0);
            while equal <= GAP && end + equal < memory.len() {
                if differs(end + equal) {
                    end += equal + 1;
                    equal = 0;
                } else {
                    equal += 1;
                }
            }
            ranges.push((start as u32, (end - start) as u32));
            bytes.extend_from_slice(memory.get(start..end).unwrap_or_default());
            at = end;
        }
        Self { memory_bytes: memory.len(), ranges, bytes: bytes.into_boxed_slice() }
    }

    /// Writes the changes into `memory`, which must be as large as [`Image::memory_bytes`] says.
    pub(crate) fn apply(&self, memory: &mut [u8]) -> bool {
        let mut rest: &[u8] = &self.bytes;
        for &(start, len) in &self.ranges {
            let (start, len) = (start as usize, len as usize);
            let (Some(to), Some((from, tail))) = (memory.get_mut(start..start + len), rest.split_at_checked(len))
            else {
                return false;
            };
            to.copy_from_slice(from);
            rest = tail;
        }
        true
    }

    /// Bytes that it holds.
    pub(crate) fn bytes(&self) -> usize {
        self.bytes.len() + self.ranges.len() * size_of::<(u32, u32)>()
    }

    pub(crate) fn to_bytes(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(16 + self.bytes());
        out.extend_from_slice(&(self.memory_bytes as u64).to_le_bytes());
        out.extend_from_slice(&(self.ranges.len() as u64).to_le_bytes());
        for (start, len) in &self.ranges {
            out.extend_from_slice(&start.to_le_bytes());
            out.extend_from_slice(&len.to_le_bytes());
        }
        out.extend_from_slice(&self.bytes);
        out
    }

    /// Reads what [`Image::to_bytes`] wrote, and checks that every range lies within the memory.
    pub(crate) fn from_bytes(bytes: &[u8]) -> Result<Self, SandboxError> {
        Self::read(bytes)
            .ok_or_else(|| SandboxError::engine("guard image is damaged; remove it from the sandbox cache"))
    }

    fn read(bytes: &[u8]) -> Option<Self> {
        let (memory_bytes, rest) = bytes.split_first_chunk::<8>()?;
        let (count, rest) = rest.split_first_chunk::<8>()?;
        let memory_bytes = usize::try_from(u64::from_le_bytes(*memory_bytes)).ok()?;
        let count = usize::try_from(u64::from_le_bytes(*count)).ok()?;
        let (table, content) = rest.split_at_checked(count.checked_mul(8)?)?;
        let number = |four: &[u8]| four.try_into().ok().map(u32::from_le_bytes);
        let ranges: Vec<(u32, u32)> = table
            .chunks_exact(8)
            .map(|eight| Some((number(eight.get(..4)?)?, number(eight.get(4..)?)?)))
            .collect::<Option<_>>()?;
        let total: usize = ranges.iter().map(|(_, len)| *len as usize).sum();
        let fits = ranges.iter().all(|(start, len)| *start as usize + *len as usize <= memory_bytes);
        (fits && total == content.len() && memory_bytes.is_multiple_of(PAGE)).then(|| Self {
            memory_bytes,
            ranges,
            bytes: content.into(),
        })
    }
}

/// Length of the equal stretch at `at`, compared in blocks.
fn skip_equal(base: &[u8], memory: &[u8], at: usize) -> usize {
    const BLOCK: usize = 4096;
    if at.is_multiple_of(BLOCK)
        && let (Some(a), Some(b)) = (base.get(at..at + BLOCK), memory.get(at..at + BLOCK))
        && a == b
    {
        return BLOCK;
    }
    1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_image_put_over_its_base_gives_the_memory_back() {
        let base: Vec<u8> = (0..PAGE).map(|i| (i % 251) as u8).collect();
        let mut memory = base.clone();
        memory.resize(2 * PAGE, 0);
        for at in [0, 1, 4095, 4096, 5000, 5020, PAGE - 1, PAGE, 2 * PAGE - 1] {
            memory[at] ^= 0x55;
        }
        let image = Image::diff(&base, &memory);
        assert!(image.bytes() < 300, "{}", image.bytes());
        let image = Image::from_bytes(&image.to_bytes()).unwrap();
        let mut fresh = base;
        fresh.resize(image.memory_bytes, 0);
        assert!(image.apply(&mut fresh));
        assert!(fresh == memory);
    }

    #[test]
    fn a_damaged_image_is_refused() {
        let good = Image::diff(&[0; PAGE], &[1; PAGE]).to_bytes();
        assert!(Image::from_bytes(&good).is_ok());
        for cut in [0, 7, 15, 20, good.len() - 1] {
            assert!(Image::from_bytes(&good[..cut]).is_err(), "cut at {cut}");
        }
        for (at, byte) in [(8, 200), (15, 255), (16, 1), (19, 255), (23, 255)] {
            let mut bad = good.clone();
            bad[at] = byte;
            assert!(Image::from_bytes(&bad).is_err(), "byte {at} = {byte}");
        }
    }
}
