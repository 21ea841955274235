//! What is written: the rows of LongBench-Write, read where they lie, or a few instructions of our own.

use std::path::Path;

use anyhow::{Context as _, Result};
use parapet_agentwrite::{Brief, Target};
use serde::Deserialize;

/// An instruction with the length that it asks for.
#[derive(Debug, Deserialize)]
struct Row {
    prompt: String,
    length: u32,
}

/// Instructions written for this, of the lengths and languages of the benchmark.
const OWN: &[(&str, u32)] = &[
    ("Write a note of 100 words to the neighbours about the street fair on Saturday", 100),
    ("写一段200字的产品介绍，介绍一款手摇咖啡磨", 200),
    ("Write a 400-word column on why small libraries should stay open late", 400),
    ("写一篇600字的文章，谈谈怎样在阳台上种菜", 600),
    ("Write an 800-word report of an imagined village council that votes about a bridge", 800),
    ("Write a 1500-word introduction to tide pools for school children", 1_500),
    ("写一篇2000字的游记，记录一次骑行穿越草原的旅行", 2_000),
    ("Write a 3000-word short story in which a lighthouse keeper finds a letter", 3_000),
    ("写一部5000字的短篇小说，主人公是一位修钟表的老人", 5_000),
    ("Write a 7000-word handbook for people who keep bees for the first time", 7_000),
    ("Write a 12000-word history of an invented river town, century by century", 12_000),
];

/// All rows as briefs, and where they are from.
pub(crate) fn all() -> Result<(Vec<Brief>, String)> {
    let data = std::env::var("DATA").unwrap_or_default();
    if data.is_empty() {
        let briefs = OWN.iter().map(|(prompt, words)| brief(prompt, *words)).collect::<Result<_>>()?;
        return Ok((briefs, "our own instructions (set DATA=… for LongBench-Write)".to_owned()));
    }
    let path = Path::new(&data).join("longbench-write/longbench_write.jsonl");
    let text = std::fs::read_to_string(&path).with_context(|| format!("`{}` cannot be read", path.display()))?;
    let briefs = text.lines().map(|line| {
        let row: Row = serde_json::from_str(line).context("a row of LongBench-Write")?;
        brief(&row.prompt, row.length)
    });
    Ok((briefs.collect::<Result<_>>()?, "LongBench-Write".to_owned()))
}

fn brief(prompt: &str, words: u32) -> Result<Brief> {
    Ok(Brief::new(prompt, Target::Equal(words))?)
}
