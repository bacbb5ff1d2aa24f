//! Markdown as part of a page.

use pulldown_cmark::{CowStr, Event, HeadingLevel, Options, Parser, Tag, TagEnd, html};

use super::html::escape;

/// A heading of the text: its id on the page and its words.
pub struct Heading {
    /// The id.
    pub id: String,
    /// The words, not escaped.
    pub words: String,
}

/// The text as HTML, and its headings. Headings stand two levels lower, below the experiment's
/// own; tables scroll inside a box; HTML in the text is shown, not obeyed; a picture becomes a
/// link to it, since the page loads nothing. `prefix` begins the ids, `folder` is where relative
/// links lead.
pub fn render(text: &str, prefix: &str, folder: &str) -> (String, Vec<Heading>) {
    let options = Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH;
    let mut headings: Vec<Heading> = Vec::new();
    let mut in_heading = false;
    let mut events: Vec<Event<'_>> = Vec::new();
    for event in Parser::new_ext(text, options) {
        if let (true, Event::Text(words) | Event::Code(words)) = (in_heading, &event)
            && let Some(heading) = headings.last_mut()
        {
            heading.words.push_str(words);
        }
        match event {
            Event::Start(Tag::Heading { level, .. }) => {
                in_heading = true;
                let id = format!("{prefix}{}", headings.len() + 1);
                headings.push(Heading {
                    id: id.clone(),
                    words: String::new(),
                });
                events.push(Event::Start(Tag::Heading {
                    level: lower(level),
                    id: Some(CowStr::from(id)),
                    classes: Vec::new(),
                    attrs: Vec::new(),
                }));
            }
            Event::End(TagEnd::Heading(level)) => {
                in_heading = false;
                events.push(Event::End(TagEnd::Heading(lower(level))));
            }
            Event::Start(Tag::Table(alignments)) => {
                // The keyboard scrolls what it can reach.
                let open =
                    "<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"table\">";
                events.push(Event::Html(CowStr::from(open)));
                events.push(Event::Start(Tag::Table(alignments)));
            }
            Event::End(TagEnd::Table) => {
                events.push(Event::End(TagEnd::Table));
                events.push(Event::Html(CowStr::from("</div>\n")));
            }
            Event::Start(Tag::Link { dest_url, .. } | Tag::Image { dest_url, .. }) => {
                let link = format!("<a href=\"{}\">", escape(&followed(&dest_url, folder)));
                events.push(Event::InlineHtml(CowStr::from(link)));
            }
            Event::End(TagEnd::Link | TagEnd::Image) => {
                events.push(Event::InlineHtml(CowStr::from("</a>")));
            }
            Event::Html(raw) | Event::InlineHtml(raw) => events.push(Event::Text(raw)),
            other => events.push(other),
        }
    }
    let mut page = String::new();
    html::push_html(&mut page, events.into_iter());
    (page, headings)
}

fn lower(level: HeadingLevel) -> HeadingLevel {
    match level {
        HeadingLevel::H1 => HeadingLevel::H3,
        HeadingLevel::H2 => HeadingLevel::H4,
        HeadingLevel::H3 => HeadingLevel::H5,
        _ => HeadingLevel::H6,
    }
}

/// Where a link leads from the page. A scheme other than the web's and mail's leads nowhere.
fn followed(link: &str, folder: &str) -> String {
    let scheme = link
        .split_once(':')
        .filter(|(scheme, _)| !scheme.is_empty() && !scheme.contains(['/', '#', '?']));
    match scheme {
        Some((scheme, _)) if ["http", "https", "mailto"].contains(&scheme) => link.to_string(),
        Some(_) => "#".to_string(),
        None if link.starts_with(['/', '#']) => link.to_string(),
        None => format!("{folder}{link}"),
    }
}
