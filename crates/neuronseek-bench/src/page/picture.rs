//! An SVG file as part of a page.

use quick_xml::events::{BytesStart, Event};
use quick_xml::{Reader, Writer};

/// The file's SVG element with `prefix` before each of its ids, named `label` for those who hear
/// the page, as wide as its place but no wider than drawn. What would act on the rest of the page
/// or beyond it (scripts, style sheets, links, foreign content) is refused, not dropped: the plot
/// would no longer be what was drawn.
pub fn embed(svg: &str, prefix: &str, label: &str) -> Result<String, String> {
    let mut reader = Reader::from_str(svg);
    let mut writer = Writer::new(Vec::new());
    let mut depth = 0_usize;
    let mut seen = false;
    loop {
        let event = reader
            .read_event()
            .map_err(|error| format!("{error}, at byte {}", reader.error_position()))?;
        let event = match event {
            Event::Eof => break,
            Event::Comment(_) | Event::Decl(_) | Event::PI(_) | Event::DocType(_) => continue,
            Event::Start(element) => {
                let root = depth == 0;
                depth += 1;
                Event::Start(started(&element, root, &mut seen, prefix, label)?)
            }
            Event::Empty(element) => {
                Event::Empty(started(&element, depth == 0, &mut seen, prefix, label)?)
            }
            Event::End(element) => {
                depth = depth.saturating_sub(1);
                Event::End(element)
            }
            // What stands outside the SVG element is no part of it.
            _ if depth == 0 => continue,
            inner => inner,
        };
        writer
            .write_event(event)
            .map_err(|error| error.to_string())?;
    }
    if !seen || depth > 0 {
        return Err("it does not hold one whole <svg> element".to_string());
    }
    String::from_utf8(writer.into_inner()).map_err(|error| error.to_string())
}

/// An element's start as the page has it.
fn started(
    element: &BytesStart<'_>,
    root: bool,
    seen: &mut bool,
    prefix: &str,
    label: &str,
) -> Result<BytesStart<'static>, String> {
    let name = String::from_utf8_lossy(element.name().as_ref()).into_owned();
    if root && (name != "svg" || std::mem::replace(seen, true)) {
        return Err("it does not hold one whole <svg> element".to_string());
    }
    let refused = ["script", "style", "foreignobject", "a", "image", "iframe"];
    if refused.contains(&name.to_ascii_lowercase().as_str()) {
        return Err(format!("a page cannot hold its <{name}> element"));
    }
    let mut attributes = Vec::new();
    for attribute in element.attributes() {
        let attribute = attribute.map_err(|error| error.to_string())?;
        let key = String::from_utf8_lossy(attribute.key.as_ref()).into_owned();
        let value = attribute
            .unescape_value()
            .map_err(|error| error.to_string())?;
        attributes.push((key.clone(), renamed(&key, &value, prefix)?));
    }
    if root {
        frame(&mut attributes, label)?;
    }
    let mut new = BytesStart::new(name);
    for (key, value) in &attributes {
        new.push_attribute((key.as_str(), value.as_str()));
    }
    Ok(new)
}

/// An attribute's value with its ids prefixed.
fn renamed(key: &str, value: &str, prefix: &str) -> Result<String, String> {
    let refused = || Err(format!("a page cannot hold its attribute {key}={value:?}"));
    let lower = key.to_ascii_lowercase();
    if lower.starts_with("on") {
        return refused();
    }
    if lower == "id" {
        return Ok(format!("{prefix}{value}"));
    }
    if lower == "href" || lower.ends_with(":href") {
        return match value.strip_prefix('#') {
            Some(id) => Ok(format!("#{prefix}{id}")),
            None => refused(),
        };
    }
    if lower.starts_with("aria-") && (lower.ends_with("by") || lower.ends_with("owns")) {
        let ids: Vec<String> = value
            .split_whitespace()
            .map(|id| format!("{prefix}{id}"))
            .collect();
        return Ok(ids.join(" "));
    }
    if value.matches("url(").count() != value.matches("url(#").count() {
        return refused();
    }
    Ok(value.replace("url(#", &format!("url(#{prefix}")))
}

/// Gives the SVG element a `viewBox` in place of its size, so that it scales, and a name.
fn frame(attributes: &mut Vec<(String, String)>, label: &str) -> Result<(), String> {
    let find = |name: &str| {
        let found = attributes.iter().find(|(key, _)| key == name);
        found.map(|(_, value)| value.clone())
    };
    let length = |name: &str| -> Option<f64> {
        let value = find(name)?;
        let number = value.trim_end_matches("px").parse().ok();
        number.filter(|number: &f64| number.is_finite() && *number > 0.0)
    };
    let view = match (find("viewBox"), length("width"), length("height")) {
        (Some(view), _, _) => view,
        (None, Some(width), Some(height)) => format!("0 0 {width} {height}"),
        _ => return Err("its <svg> has neither a viewBox nor a size".to_string()),
    };
    let width = length("width")
        .or_else(|| view.split_whitespace().nth(2)?.parse().ok())
        .unwrap_or(720.0);
    let ours = ["viewBox", "width", "height", "role", "aria-label", "style"];
    attributes.retain(|(key, _)| !ours.contains(&key.as_str()));
    attributes.push(("viewBox".to_string(), view));
    attributes.push(("role".to_string(), "img".to_string()));
    attributes.push(("aria-label".to_string(), label.to_string()));
    attributes.push(("style".to_string(), format!("max-width:{width}px")));
    Ok(())
}
