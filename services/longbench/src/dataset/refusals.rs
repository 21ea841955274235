//! Refusals in place of a text, English and Chinese. They are looked for where a refusal stands, at the beginning; what no
//! character of a story says, such as "as an AI language model, I", anywhere.

use std::sync::LazyLock;

use regex::Regex;

use super::asked::normalised;

static OPENING: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(
        r"(?x) ^ [^\p{L}]* (?:
          (?: (?:i\s*'?\s*m|i\s+am|we\s*'?\s*re) \s+ )? (?:(?:very|so|truly|really|deeply)\s+)? (?:sorry|afraid) \b [^.!?\n]{0,60}
              \b (?: can\s*'?\s*t | cannot | can \s+ not | unable | won't | not \s+ able | not \s+ possible )
        | i \s+ apologi[sz]e \b [^.!?\n]{0,80} \b (?: can't | cannot | unable | not \s+ able )
        | (?:i|we) \s+ (?: can't | cannot | can \s+ not | won't | will \s+ not | am \s+ unable \s+ to | am \s+ not \s+ able \s+ to | must \s+ decline \s+ to | have \s+ to \s+ decline )
              \s+ (?: help | assist | comply | fulfil | fulfill | write | provide | create | generate | produce | complete | continue | do \s+ that )
        | unfortunately \s* , \s* i \s+ (?: can't | cannot | am \s+ unable | am \s+ not \s+ able )
        | as \s+ an? \s+ (?:ai|artificial\s+intelligence|(?:large\s+)?language\s+model) \b
        | (?:非常|很|十分|真的|实在)? (?:抱歉|对不起|對不起|不好意思|遗憾) [^。!?\n]{0,40} (?:无法|無法|不能|没有办法|没办法|不便|做不到|难以)
        | (?:作为|作為) (?:一个|一个|一名|一款|个)? (?:人工智能|ai|大?语言模型|大模型)
        | 我 (?:无法|無法|不能|没有能力|不便|没办法) (?:满足|提供|完成|帮助|协助|撰写|写|生成|继续|回答|创作)
        )",
    )
    .ok()
});

static ANYWHERE: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(
        r"(?x) \b as \s+ an? \s+ (?: ai | (?:large\s+)? language ) \s+ (?:language\s+)? model \s* , \s* i \b
        | \b i \s+ (?: can't | cannot | am \s+ unable \s+ to ) \s+ (?: fulfil | fulfill | complete | comply \s+ with ) \s+ (?: this | your | the ) \s+ request
        | (?:作为|作為) (?:一个|一名|一款)? (?:人工智能|ai) (?:语言)? (?:模型|助手|程序) ,? \s* 我 (?:无法|不能|没有)",
    )
    .ok()
});

/// The refusal in a text, when there is one.
pub(super) fn refusal_in(text: &str) -> Option<String> {
    let text = normalised(text).replace('’', "'");
    let found = OPENING.as_ref().and_then(|pattern| pattern.find(&text));
    let found = found.or_else(|| ANYWHERE.as_ref().and_then(|pattern| pattern.find(&text)))?;
    Some(found.as_str().trim().chars().take(80).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refusals_are_found_in_both_languages() {
        for text in [
            "I'm sorry, but I can't write that.",
            "I’m very sorry, but as a model I am unable to write a novel.",
            "# Essay\n\nI cannot fulfill this request.",
            "I am unable to write texts of that length.",
            "As an AI language model, I have limits.",
            "Unfortunately, I cannot continue.",
            "I apologize, but I am not able to produce 10,000 words.",
            "A fine beginning. As an AI language model, I cannot go on.",
            "抱歉，我无法完成这个要求。",
            "非常抱歉，由于篇幅限制，不能写完。",
            "作为一个人工智能语言模型，我没有感情。",
            "我无法提供这样长的文章。",
        ] {
            assert!(refusal_in(text).is_some(), "{text}");
        }
    }

    #[test]
    fn characters_may_be_sorry() {
        for text in [
            "The rain had stopped. \"I'm sorry, but I can't stay,\" she said.",
            "Sorry business is good business, the old man used to say.",
            "As an airline pilot, I saw the coast every day.",
            "I cannot remember the first time that I saw the sea.",
            "他抱歉地笑了笑，说自己不能久留。",
            "作为一个父亲，我不能沉默。",
            "我不能忘记那个夏天。",
        ] {
            assert_eq!(refusal_in(text), None, "{text}");
        }
    }
}
