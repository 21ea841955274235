//! The Chinese texts. Sibling of `english`, with the same texts in the same order.

use super::Wording;
use crate::{Section, Weakness};

pub(super) const WORDING: Wording = Wording {
    plan_system: "你为长文制定写作计划。你把要写的内容分成若干节，每节有自己的要点，内容互不重复，合起来完成指令的要求。每一节给出简短的标题、\
        一两句话的要点，以及字数。",
    write_system: "你一节一节地写一篇长文。你会看到整篇文章的指令、写作计划、已经写好的内容，以及现在要写的一节。只写这一节，按照指令要求的风格，\
        接着已有的内容往下写，不要重复。只给出正文：不要标题，不要字数，不要任何关于任务的话。",
    condense_system: "你把文字改短。保留原意、风格和语言，去掉重复和冗长之处。只给出改短后的文字。",
    notes_system: "你在写作长文时做笔记，使后面的内容与已有的内容一致。",
    instruction: "整篇文章的指令：",
    plan: "整篇文章的计划：",
    part: "现在只为文章的这一部分制定计划：",
    facts: "已经确定的事实：",
    summary: "已写内容的摘要：",
    whole_text: "已经写好的内容：",
    end_of_text: "已写内容的结尾：",
    new_section: "刚写好的一节：",
    passage: "原文：",
    continue_it: "在同一节中接着上文往下写。不要重复，只给出接下来的内容。",
    condense_it: "把这段文字改短。",
    whole_document: "写出全文。",
    is_last: "这是最后一节：请收束全文。",
    is_first: "这是第一节。",
    refused: "这一节的前一稿没有通过检查。请重写，避免下面的问题：",
    plan_refused: "前一份计划没有通过检查。请重新制定，避免下面的问题：",
    plan_unread: "前一次的回答不是计划。只给出计划，包括所有的节。",
    plan_doubles: "前一份计划有重复的内容。每一节要有自己的要点，不要再写这些：",
    weak: "这一节的前一稿有下面的缺点，请重写，避免这些缺点：",
    elsewhere: "……",
    plan_it: |words, count, each| format!("把文章分成大约{count}节，每节大约{each}字。\n所有节的字数合计：{words}字。"),
    write_it: |section: &Section| {
        if section.heading.is_empty() {
            format!("现在写第{}节。内容是：{}", section.id, section.main_point)
        } else {
            format!("现在写第{}节“{}”。要点：{}", section.id, section.heading, section.main_point)
        }
    },
    length: |words| format!("长度：{words}字。"),
    notes_it: |words| {
        format!(
            "给出到这一节为止全部内容的摘要，最多{words}字。给出这一节中后文不能违背的事实，例如人名、数字、日期和决定，每条几个字，最多五条。\
             给出这一节所违背的已定事实的编号，通常没有。"
        )
    },
    words: |words| format!("{words}字"),
    weakness: |weakness| match weakness {
        Weakness::Repetition => "反复说同样的话，或重复前文。",
        Weakness::Contradiction => "与已经确定的事实矛盾。",
        Weakness::MainPointMissing => "没有写到要点。",
        Weakness::Markers => "含有关于任务的话，例如段落编号或字数。",
        Weakness::Refusal => "不是正文，而是拒绝。",
        Weakness::Trimmed => "太长。",
        Weakness::OtherLanguage => "没有使用指令的语言。",
    },
    left_out: |number| format!("*［第{number}节略去：没有一稿通过检查。］*"),
    unwritten: |number| format!("*［第{number}节缺失：未能写出。］*"),
    space: "",
    tokens_per_word: 2.5,
};
