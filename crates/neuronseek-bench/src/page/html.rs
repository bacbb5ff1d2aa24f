//! The page's HTML.

use std::collections::BTreeSet;
use std::fmt::Write;
use std::path::{Component, Path, PathBuf};

use super::markdown::{self, Heading};
use super::{Folder, PageError, Plot, broken, picture};

/// How the page looks.
const STYLE: &str = include_str!("style.css");

/// The whole page.
pub fn page(folders: &[Folder]) -> Result<String, PageError> {
    let mut ids = BTreeSet::new();
    let mut contents = String::new();
    let mut sections = String::new();
    for folder in folders {
        let id = new_id(&folder.experiment.name, &mut ids);
        let (tables, headings) =
            markdown::render(&folder.table, &format!("{id}-part-"), &folder.link);
        contents.push_str(&entry(folder, &id, &headings));
        sections.push_str(&section(folder, &id, &tables)?);
    }
    let title = match folders {
        [one] => one.experiment.title.clone(),
        _ => "Experiments of NeuronSeek".to_string(),
    };
    let title = escape(&title);
    // The policy makes a browser refuse scripts and anything from elsewhere.
    Ok(format!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta http-equiv=\"Content-Security-Policy\" \
         content=\"default-src 'none'; style-src 'unsafe-inline'\">\n\
         <meta name=\"color-scheme\" content=\"light dark\">\n\
         <title>{title}</title>\n<style>\n{STYLE}</style>\n</head>\n<body>\n\
         <header><h1>{title}</h1></header>\n\
         <nav aria-label=\"Contents\"><h2>Contents</h2>\n<ol>\n{contents}</ol>\n</nav>\n\
         <main>\n{sections}</main>\n</body>\n</html>\n"
    ))
}

/// An experiment's line in the table of contents.
fn entry(folder: &Folder, id: &str, headings: &[Heading]) -> String {
    let item = |id: &str, words: &str| format!("<li><a href=\"#{id}\">{}</a>", escape(words));
    let mut parts: Vec<String> = headings
        .iter()
        .map(|heading| item(&heading.id, &heading.words))
        .collect();
    if !folder.plots.is_empty() {
        parts.push(item(&format!("{id}-plots"), "Plots"));
    }
    parts.push(item(&format!("{id}-runs"), "Runs"));
    format!(
        "{}\n<ul>{}</li></ul></li>\n",
        item(id, &folder.experiment.title),
        parts.join("</li>")
    )
}

fn section(folder: &Folder, id: &str, tables: &str) -> Result<String, PageError> {
    let about = &folder.experiment;
    let mut text = format!(
        "<section id=\"{id}\">\n<h2>{}</h2>\n<dl>\n",
        escape(&about.title)
    );
    for (name, value) in [("Date", &about.date), ("Machine", &about.machine)] {
        let _ = writeln!(text, "<div><dt>{name}</dt><dd>{}</dd></div>", escape(value));
    }
    let _ = writeln!(
        text,
        "<div><dt>Command</dt><dd><code>{}</code></dd></div>\n</dl>",
        escape(&about.command)
    );
    if !about.remarks.is_empty() {
        text.push_str("<ul class=\"remarks\">\n");
        for remark in &about.remarks {
            let _ = writeln!(text, "<li>{}</li>", escape(remark));
        }
        text.push_str("</ul>\n");
    }
    text.push_str(tables);
    if !folder.plots.is_empty() {
        let _ = writeln!(
            text,
            "<h3 id=\"{id}-plots\">Plots</h3>\n<div class=\"plots\">"
        );
        for (index, plot) in folder.plots.iter().enumerate() {
            text.push_str(&figure(folder, plot, &format!("{id}-plot-{}-", index + 1))?);
        }
        text.push_str("</div>\n");
    }
    let file = |ending: &str| {
        let name = format!("{}.{ending}", folder.experiment.name);
        let link = escape(&format!("{}{}", folder.link, encoded(&name)));
        format!("<a href=\"{link}\">{}</a>", escape(&name))
    };
    let (lines, table) = (file("jsonl"), file("csv"));
    let _ = writeln!(
        text,
        "<h3 id=\"{id}-runs\">Runs</h3>\n<p>{lines}: {}, one a line. {table}: {}.</p>\n</section>",
        counted(folder.runs, "run"),
        counted(folder.rows, "row"),
    );
    Ok(text)
}

fn counted(count: usize, what: &str) -> String {
    let ending = if count == 1 { "" } else { "s" };
    format!("{count} {what}{ending}")
}

fn figure(folder: &Folder, plot: &Plot, prefix: &str) -> Result<String, PageError> {
    let svg = picture::embed(&plot.svg, prefix, &plot.stem.replace(['-', '_'], " "))
        .map_err(|reason| broken(Path::new(&format!("{}.svg", plot.stem)), &reason))?;
    let file = |ending: &str| {
        let name = format!("{}.{ending}", plot.stem);
        let link = escape(&format!("{}{}", folder.link, encoded(&name)));
        format!("<a href=\"{link}\">{}</a>", escape(&name))
    };
    let png = if plot.png {
        format!(", {}", file("png"))
    } else {
        String::new()
    };
    Ok(format!(
        "<figure>{svg}<figcaption>{}{png}</figcaption></figure>\n",
        file("svg")
    ))
}

/// An id of a name that none has yet.
fn new_id(name: &str, taken: &mut BTreeSet<String>) -> String {
    let plain: String = name
        .chars()
        .map(|c| {
            if c.is_alphanumeric() {
                c.to_ascii_lowercase()
            } else {
                '-'
            }
        })
        .collect();
    let mut id = plain.clone();
    let mut count = 1;
    while !taken.insert(id.clone()) {
        count += 1;
        id = format!("{plain}--{count}");
    }
    id
}

/// Text that HTML takes as text, in an attribute as well.
pub fn escape(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
        .replace('\'', "&#39;")
}

/// A name as part of a link.
fn encoded(name: &str) -> String {
    let mut text = String::new();
    for byte in name.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            text.push(char::from(byte));
        } else {
            let _ = write!(text, "%{byte:02X}");
        }
    }
    text
}

/// The link from a page to a folder, ending in a slash; empty where the page lies in it.
pub fn link_between(page: &Path, folder: &Path) -> String {
    let home = match page.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    let (home, folder) = (resolved(home), resolved(folder));
    let shared = home
        .components()
        .zip(folder.components())
        .take_while(|(a, b)| a == b)
        .count();
    let mut link = "../".repeat(home.components().count() - shared);
    for component in folder.components().skip(shared) {
        if let Component::Normal(name) = component {
            link.push_str(&encoded(&name.to_string_lossy()));
            link.push('/');
        }
    }
    link
}

fn resolved(path: &Path) -> PathBuf {
    std::fs::canonicalize(path).unwrap_or_else(|_| path.to_path_buf())
}
