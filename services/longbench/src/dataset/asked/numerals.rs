//! Numbers in digits and in words, English and Chinese.

/// A number, and the largest unit in it, such as 1000 for `2k` and 1 for `2`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Number {
    pub(super) value: f64,
    pub(super) unit: f64,
}

/// The text in lower case, with full-width digits, letters and punctuation as ordinary ones.
pub(in crate::dataset) fn normalised(text: &str) -> String {
    let plain = |c: char| match c {
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(u32::from(c) - 0xfee0).unwrap_or(c),
        '\u{3000}' => ' ',
        c => c,
    };
    text.chars().map(plain).flat_map(char::to_lowercase).collect()
}

/// The beginning of a range takes the unit of its end: `2-3k`, `two to three thousand`, `1到2万`.
pub(super) fn range_start(from: Number, to: Number) -> f64 {
    let shared = from.value * to.unit;
    if from.unit <= 1.0 && to.unit > 1.0 && from.value < 100.0 && shared <= to.value { shared } else { from.value }
}

/// The English number that `tokens` begin with, and how many of them it takes.
pub(super) fn english(tokens: &[&str]) -> Option<(Number, usize)> {
    let first = *tokens.first()?;
    if first.starts_with(|c: char| c.is_ascii_digit()) {
        let value: f64 = first.replace(',', "").parse().ok()?;
        let unit = tokens.get(1).and_then(|word| unit(word));
        let taken = if unit.is_some() { 2 } else { 1 };
        let unit = unit.unwrap_or(1.0);
        return Some((Number { value: value * unit, unit }, taken));
    }
    spelled(tokens)
}

/// Whether an English token can be part of a number.
pub(super) fn is_number_word(token: &str) -> bool {
    token.starts_with(|c: char| c.is_ascii_digit()) || small(token).is_some() || unit(token).is_some()
}

fn spelled(tokens: &[&str]) -> Option<(Number, usize)> {
    let word = |at: usize| tokens.get(at).copied().unwrap_or_default();
    let (mut total, mut current, mut largest, mut at, mut any) = (0.0, 0.0, 1.0, 0, false);
    loop {
        if let Some(value) = small(word(at)) {
            current += value;
        } else if matches!(word(at), "a" | "an") && !any && unit(word(at + 1)).is_some() {
            current = 1.0;
        } else if let Some(unit) = unit(word(at)).filter(|_| any) {
            largest = f64::max(largest, unit);
            if unit < 1_000.0 {
                current *= unit;
            } else {
                total += current * unit;
                current = 0.0;
            }
        } else if any && word(at) == "and" && word(at + 1) == "a" && word(at + 2) == "half" {
            current += 0.5;
            at += 2;
        } else if any
            && matches!(word(at), "and" | "-")
            && small(word(at + 1)).is_some()
            && joins(word(at - 1), word(at))
        {
            // `twenty-five`, `two hundred and fifty`: the next word goes on.
        } else if any && word(at) == "-" && unit(word(at + 1)).is_some() {
            // `five-hundred`
        } else {
            break;
        }
        any = true;
        at += 1;
    }
    any.then_some((Number { value: total + current, unit: largest }, at))
}

/// Whether `joint` after `before` goes on with the number.
fn joins(before: &str, joint: &str) -> bool {
    match joint {
        "-" => small(before).is_some_and(|value| value >= 20.0),
        _ => unit(before).is_some(),
    }
}

fn unit(word: &str) -> Option<f64> {
    match word {
        "hundred" => Some(100.0),
        "k" | "thousand" => Some(1_000.0),
        "million" => Some(1_000_000.0),
        _ => None,
    }
}

fn small(word: &str) -> Option<f64> {
    const ONES: [&str; 20] = [
        "zero",
        "one",
        "two",
        "three",
        "four",
        "five",
        "six",
        "seven",
        "eight",
        "nine",
        "ten",
        "eleven",
        "twelve",
        "thirteen",
        "fourteen",
        "fifteen",
        "sixteen",
        "seventeen",
        "eighteen",
        "nineteen",
    ];
    const TENS: [&str; 8] = ["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"];
    let ones = ONES.iter().zip(0_u32..).find(|(name, _)| **name == word).map(|(_, value)| value);
    let tens = || TENS.iter().zip(2_u32..).find(|(name, _)| **name == word).map(|(_, value)| value * 10);
    ones.or_else(tens).map(f64::from)
}

/// A Chinese number, such as `3000`, `1.5万`, `1万5千`, `两千五百`, `一万五`, `二〇〇〇`; of `三五百` and its like both ends.
pub(super) fn chinese(text: &str) -> Option<(Number, Option<Number>)> {
    let text: String = text.chars().filter(|c| !c.is_whitespace() && *c != ',').collect();
    if let Some(pair) = approximate(&text) {
        return Some(pair);
    }
    let parts = parts(&text)?;
    let (mut total, mut section, mut pending, mut largest) = (0.0, 0.0, None::<f64>, 1.0_f64);
    let mut last_unit = 1.0;
    for part in parts {
        match part {
            Part::Digits(value) => pending = Some(pending.map_or(value, |before| before * 10.0 + value)),
            Part::Unit(unit) if unit >= 10_000.0 => {
                section += pending.take().unwrap_or(0.0);
                total += if section > 0.0 { section } else { 1.0 } * unit;
                section = 0.0;
                (largest, last_unit) = (largest.max(unit), unit);
            }
            Part::Unit(unit) => {
                section += pending.take().unwrap_or(1.0) * unit;
                (largest, last_unit) = (largest.max(unit), unit);
            }
        }
    }
    // `一万五` is 15,000, `两千五` 2,500; `一万零五` is what it says.
    let rest = pending.unwrap_or(0.0);
    let short = last_unit >= 100.0 && (1.0..10.0).contains(&rest) && !text.contains(['零', '〇', '0']);
    let value = total + section + if short { rest * last_unit / 10.0 } else { rest };
    Some((Number { value, unit: largest }, None))
}

enum Part {
    Digits(f64),
    Unit(f64),
}

fn parts(text: &str) -> Option<Vec<Part>> {
    let mut parts = Vec::new();
    let mut arabic = String::new();
    for c in text.chars() {
        if c.is_ascii_digit() || c == '.' {
            arabic.push(c);
            continue;
        }
        if !arabic.is_empty() {
            parts.push(Part::Digits(std::mem::take(&mut arabic).parse().ok()?));
        }
        parts.push(chinese_digit(c).map(Part::Digits).or_else(|| chinese_unit(c).map(Part::Unit))?);
    }
    if !arabic.is_empty() {
        parts.push(Part::Digits(arabic.parse().ok()?));
    }
    Some(parts).filter(|parts| !parts.is_empty())
}

/// `三五百` is 300 to 500, `七八千` 7,000 to 8,000.
fn approximate(text: &str) -> Option<(Number, Option<Number>)> {
    let mut chars = text.chars();
    let (low, high) = (chinese_digit(chars.next()?)?, chinese_digit(chars.next()?)?);
    let units: Vec<f64> = chars.map(chinese_unit).collect::<Option<_>>()?;
    let unit: f64 = units.iter().product();
    let number = |digit: f64| Number { value: digit * unit, unit };
    (low >= 1.0 && high > low && !units.is_empty()).then(|| (number(low), Some(number(high))))
}

fn chinese_digit(c: char) -> Option<f64> {
    let digit = match c {
        '零' | '〇' => 0.0,
        '一' => 1.0,
        '二' | '两' | '兩' => 2.0,
        '三' => 3.0,
        '四' => 4.0,
        '五' => 5.0,
        '六' => 6.0,
        '七' => 7.0,
        '八' => 8.0,
        '九' => 9.0,
        _ => return None,
    };
    Some(digit)
}

fn chinese_unit(c: char) -> Option<f64> {
    let unit = match c {
        '十' => 10.0,
        '百' => 100.0,
        '千' | 'k' => 1_000.0,
        '万' | '萬' | 'w' => 10_000.0,
        _ => return None,
    };
    Some(unit)
}
