//! How long a section is to be when its turn comes: its share of what is left, so that the difference of the sections before it
//! is carried forward. Pure.

use crate::{Plan, Target};

/// A length with the limits that will do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Wanted {
    pub(super) least: u32,
    pub(super) aim: u32,
    pub(super) most: u32,
}

/// Least words that anything is asked for.
const LEAST: u32 = 8;

/// The length of section `at`, when the sections before it have `so_far` words.
pub(super) fn wanted(target: Target, plan: &Plan, at: usize, so_far: u32) -> Wanted {
    let rest = plan.sections.get(at..).unwrap_or_default();
    let planned = rest.first().map_or(0, |section| section.words);
    let planned_rest = rest.iter().map(|section| u64::from(section.words)).sum::<u64>().max(1);
    let left = target.aim().saturating_sub(so_far);
    let share = u64::from(planned) * u64::from(left) / planned_rest;
    // Nothing becomes half or twice of what it was planned to be: a section says what it says.
    let aim = u32::try_from(share).unwrap_or(u32::MAX).clamp(planned / 2, planned.saturating_mul(8) / 5).max(LEAST);
    let room = (aim / 7).max(10).min(aim / 2);
    let loose = Wanted { least: aim - room, aim, most: aim.saturating_add(room) };
    if rest.len() > 1 {
        return loose;
    }
    // Nothing comes after the last one that could make up for it.
    let (least, most) = target.band();
    let (least, most) = (least.saturating_sub(so_far), most.saturating_sub(so_far));
    if most < aim { loose } else { Wanted { least: least.min(aim), aim, most } }
}

impl Wanted {
    /// The same for the text below a heading of so many words.
    pub(super) fn without(self, heading: u32) -> Self {
        let less = |words: u32| words.saturating_sub(heading).max(1);
        Self { least: less(self.least), aim: less(self.aim), most: less(self.most) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Section;

    fn plan(words: &[u32]) -> Plan {
        let section = |words: &u32| Section {
            id: String::new(),
            within: Vec::new(),
            heading: String::new(),
            main_point: String::new(),
            words: *words,
        };
        Plan { title: String::new(), sections: words.iter().map(section).collect() }
    }

    #[test]
    fn the_difference_is_carried_over_the_sections_that_are_left() {
        let plan = plan(&[300, 300, 300, 300]);
        let target = Target::Equal(1_200);
        assert_eq!(wanted(target, &plan, 0, 0).aim, 300);
        // The first was 90 too long: each of the three others gives 30.
        assert_eq!(wanted(target, &plan, 1, 390).aim, 270);
        assert_eq!(wanted(target, &plan, 1, 210).aim, 330);
        // No section is stretched without end.
        assert_eq!(wanted(target, &plan, 2, 0).aim, 480);
        assert_eq!(wanted(target, &plan, 2, 5_000).aim, 150);
    }

    #[test]
    fn the_last_section_is_held_to_the_length_of_the_whole() {
        let plan = plan(&[500, 500]);
        assert_eq!(wanted(Target::Equal(1_000), &plan, 1, 520), Wanted { least: 450, aim: 480, most: 510 });
        assert_eq!(wanted(Target::AtLeast(952), &plan, 1, 520), Wanted { least: 432, aim: 479, most: 670 });
        assert_eq!(wanted(Target::Equal(1_000), &plan, 1, 1_400).aim, 250);
    }
}
