//! A guard's request, plan and agent as HTML. They may have been written by a model: raw HTML in them is shown as text,
//! images become their description, and only web links stay links.

use pulldown_cmark::{CowStr, Event, HeadingLevel, Options, Parser, Tag, TagEnd, html};

/// Renders `text`; the result holds only elements that this module lets through.
pub(crate) fn render(text: &str) -> String {
    let options = Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH | Options::ENABLE_TASKLISTS;
    let mut open_links = Vec::new();
    let events = Parser::new_ext(text, options).filter_map(|event| harmless(event, &mut open_links));
    let mut out = String::new();
    html::push_html(&mut out, events);
    out
}

/// `open_links` tells for each open link whether it was kept, so that its end is treated alike.
fn harmless<'a>(event: Event<'a>, open_links: &mut Vec<bool>) -> Option<Event<'a>> {
    match event {
        Event::Html(raw) | Event::InlineHtml(raw) => Some(Event::Text(raw)),
        Event::Start(Tag::HtmlBlock | Tag::Image { .. }) | Event::End(TagEnd::HtmlBlock | TagEnd::Image) => None,
        Event::Start(Tag::Heading { level, .. }) => {
            Some(Event::Start(Tag::Heading { level: lower(level), id: None, classes: Vec::new(), attrs: Vec::new() }))
        }
        Event::End(TagEnd::Heading(level)) => Some(Event::End(TagEnd::Heading(lower(level)))),
        Event::Start(Tag::Link { link_type, dest_url, id, .. }) => {
            let keep = is_web(&dest_url);
            open_links.push(keep);
            keep.then_some(Event::Start(Tag::Link { link_type, dest_url, title: CowStr::Borrowed(""), id }))
        }
        Event::End(TagEnd::Link) => open_links.pop().unwrap_or(false).then_some(Event::End(TagEnd::Link)),
        // A language name would become a class of the writer's choice.
        Event::Start(Tag::CodeBlock(_)) => Some(Event::Start(Tag::CodeBlock(pulldown_cmark::CodeBlockKind::Indented))),
        other => Some(other),
    }
}

/// The page has its own first and second headings.
const fn lower(level: HeadingLevel) -> HeadingLevel {
    match level {
        HeadingLevel::H1 | HeadingLevel::H2 => HeadingLevel::H3,
        HeadingLevel::H3 => HeadingLevel::H4,
        _ => HeadingLevel::H5,
    }
}

fn is_web(target: &str) -> bool {
    ["https://", "http://"]
        .iter()
        .any(|scheme| target.get(..scheme.len()).is_some_and(|s| s.eq_ignore_ascii_case(scheme)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plan_keeps_its_structure_below_the_headings_of_the_page() {
        let html = render("# Plan\n\n1. Read `code`\n2. Compare\n\n| a | b |\n|---|---|\n| 1 | 2 |\n");
        assert!(html.starts_with("<h3>Plan</h3>\n<ol>\n<li>Read <code>code</code></li>"), "{html}");
        assert!(html.contains("<td>1</td>"), "{html}");
    }

    #[test]
    fn markup_in_a_plan_is_text() {
        let html = render(
            "<script>alert(1)</script>\n\nsee <b onclick=x>this</b> &lt;i&gt;\n\n```\"><script>\n</script>\n```\n",
        );
        assert!(!html.contains("<script") && !html.contains("<b ") && !html.contains("<i>"), "{html}");
        assert!(html.contains("&lt;script&gt;alert(1)&lt;/script&gt;"), "{html}");
    }

    #[test]
    fn only_web_links_stay_and_images_are_their_description() {
        let html = render(
            "[a](javascript:alert(1)) [b](https://example.org \"x\") ![c](https://evil.example/t.png) [d](//e.example)",
        );
        assert_eq!(html, "<p>a <a href=\"https://example.org\">b</a> c d</p>\n");
    }
}
