use std::collections::BTreeSet;

use serde::Serialize;
use serde_json::Value;

use super::{Record, RunsError};

/// The records as a CSV table, one row each: the id, then the fields of run, result and
/// measurement, each group by name. A field of a field is `outer.inner`, a list is JSON, `null`
/// is an empty cell. A field that a run and its result both have becomes `result.NAME` there.
///
/// # Errors
/// When a record has no JSON form.
pub fn csv<R, O, M>(records: &[Record<R, O, M>]) -> Result<String, RunsError>
where
    R: Serialize,
    O: Serialize,
    M: Serialize,
{
    let mut rows = Vec::new();
    let mut columns: [BTreeSet<String>; 3] = Default::default();
    for record in records {
        let mut groups: [Vec<(String, String)>; 3] = Default::default();
        flatten("", &serde_json::to_value(&record.run)?, &mut groups[0]);
        flatten("", &serde_json::to_value(&record.result)?, &mut groups[1]);
        flatten("", &serde_json::to_value(&record.measured)?, &mut groups[2]);
        for (columns, group) in columns.iter_mut().zip(&groups) {
            columns.extend(group.iter().map(|(name, _)| name.clone()));
        }
        rows.push((record.id.as_str(), groups));
    }
    let mut text = String::from("id");
    let [ran, came_out, _] = &columns;
    for (group, names) in columns.iter().enumerate() {
        for name in names {
            let prefix = match group {
                1 if ran.contains(name) => "result.",
                2 if ran.contains(name) || came_out.contains(name) => "measured.",
                _ => "",
            };
            text.push(',');
            text.push_str(&quoted(&format!("{prefix}{name}")));
        }
    }
    text.push('\n');
    for (id, groups) in rows {
        text.push_str(id);
        for (names, group) in columns.iter().zip(&groups) {
            for name in names {
                let cell = group.iter().find(|(other, _)| other == name);
                text.push(',');
                text.push_str(&cell.map_or(String::new(), |(_, cell)| quoted(cell)));
            }
        }
        text.push('\n');
    }
    Ok(text)
}

/// (column, cell) of every plain value inside.
fn flatten(name: &str, value: &Value, cells: &mut Vec<(String, String)>) {
    let cell = match value {
        Value::Object(map) => {
            for (key, value) in map {
                let inner = if name.is_empty() {
                    key.clone()
                } else {
                    format!("{name}.{key}")
                };
                flatten(&inner, value, cells);
            }
            return;
        }
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    let name = if name.is_empty() { "value" } else { name };
    cells.push((name.to_string(), cell));
}

/// Quoted where RFC 4180 asks for it.
fn quoted(cell: &str) -> String {
    if cell.contains([',', '"', '\n', '\r']) {
        format!("\"{}\"", cell.replace('"', "\"\""))
    } else {
        cell.to_string()
    }
}
