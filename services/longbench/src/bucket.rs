//! Required lengths in classes, as LongBench-Write reports them. Without them a writer that always stops at 2,000 words
//! looks fine.

use serde::{Deserialize, Serialize};

/// A class of required lengths, in words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Bucket {
    /// Fewer than 500.
    #[serde(rename = "[0,500)")]
    Below500,
    /// 500 to 1,999.
    #[serde(rename = "[500,2k)")]
    Below2k,
    /// 2,000 to 3,999.
    #[serde(rename = "[2k,4k)")]
    Below4k,
    /// 4,000 to 20,000.
    #[serde(rename = "[4k,20k]")]
    UpTo20k,
    /// More than LongBench-Write asks for, as LongWrite-Ruler does.
    #[serde(rename = "(20k,…)")]
    Beyond,
}

impl Bucket {
    /// The class of `words`.
    #[must_use]
    pub const fn of(words: u32) -> Self {
        match words {
            0..500 => Self::Below500,
            500..2_000 => Self::Below2k,
            2_000..4_000 => Self::Below4k,
            4_000..=20_000 => Self::UpTo20k,
            _ => Self::Beyond,
        }
    }

    /// Its name in tables.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Below500 => "[0,500)",
            Self::Below2k => "[500,2k)",
            Self::Below4k => "[2k,4k)",
            Self::UpTo20k => "[4k,20k]",
            Self::Beyond => "(20k,…)",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Bucket;

    #[test]
    fn borders_belong_to_the_class_that_names_them() {
        let names = [0, 499, 500, 1_999, 2_000, 3_999, 4_000, 20_000, 20_001].map(|words| Bucket::of(words).name());
        assert_eq!(
            names,
            ["[0,500)", "[0,500)", "[500,2k)", "[500,2k)", "[2k,4k)", "[2k,4k)", "[4k,20k]", "[4k,20k]", "(20k,…)"]
        );
        assert_eq!(serde_json::to_value(Bucket::UpTo20k).unwrap(), Bucket::UpTo20k.name());
    }
}
