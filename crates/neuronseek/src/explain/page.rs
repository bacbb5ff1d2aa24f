//! The report as one HTML file that asks nobody for anything.

use super::document::Explanation;

/// The page, made from `web/report` of the repository; it draws the document that it holds.
const PAGE: &str = include_str!("page/report.html");

/// Where the document goes.
const DOCUMENT: &str = "__NEURONSEEK_EXPLANATION__";

/// Where the title goes.
const TITLE: &str = "__NEURONSEEK_TITLE__";

/// The report as an HTML file.
///
/// # Errors
/// None in practice: all numbers and texts can be written.
pub fn page(explanation: &Explanation) -> Result<String, serde_json::Error> {
    // A text within must not end the element that holds the document.
    let document = serde_json::to_string(explanation)?.replace('<', "\\u003c");
    let title = escaped(&format!("{}: NeuronSeek report", explanation.model));
    let (head, rest) = PAGE.split_once(DOCUMENT).unwrap_or((PAGE, ""));
    Ok([&head.replace(TITLE, &title), document.as_str(), rest].concat())
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}
