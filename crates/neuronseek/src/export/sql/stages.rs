//! Columns that are computed from columns of the same row.

use super::dialect;

/// A step: all columns of the step before, and some that are computed from them.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Stage {
    /// Begins with `ns_`, so that it is no table of the user's.
    pub name: String,
    /// Names with expressions.
    pub columns: Vec<(String, String)>,
}

impl Stage {
    pub fn new(name: &str, columns: Vec<(String, String)>) -> Stage {
        Stage {
            name: name.to_string(),
            columns,
        }
    }

    /// The columns as a list, one a line.
    pub fn list(&self, indent: usize) -> String {
        let line = |(name, expression): &(String, String)| {
            let expression = dialect::indented(expression, indent + 2);
            format!("{:indent$}{expression} AS {name}", "")
        };
        let lines: Vec<String> = self.columns.iter().map(line).collect();
        lines.join(",\n")
    }
}

/// An expression over the last step as a subquery of a row `t`, steps inside each other.
pub(super) fn nested(stages: &[Stage], expression: &str, indent: usize) -> String {
    let pad = " ".repeat(indent);
    let Some((last, before)) = stages.split_last() else {
        return format!("{pad}SELECT {expression}");
    };
    let mut text = format!("{pad}SELECT {expression}\n{pad}FROM (\n");
    text += &inner(last, before, indent + 2);
    text + &format!("\n{pad}) AS {}", last.name)
}

fn inner(stage: &Stage, before: &[Stage], indent: usize) -> String {
    let pad = " ".repeat(indent);
    match before.split_last() {
        None => format!("{pad}SELECT\n{}", stage.list(indent + 2)),
        Some((last, earlier)) => format!(
            "{pad}SELECT\n{pad}  {}.*,\n{}\n{pad}FROM (\n{}\n{pad}) AS {}",
            last.name,
            stage.list(indent + 2),
            inner(last, earlier, indent + 2),
            last.name
        ),
    }
}
