//! The part before `@data`: the relation's name and the attributes.

use super::cell::Cursor;
use super::{Attribute, Kind, Problem};

/// What the header has said so far.
#[derive(Debug, Default)]
pub(super) struct Header {
    pub relation: String,
    pub attributes: Vec<Attribute>,
}

impl Header {
    /// Takes in a line; whether it is `@data`, which ends the header.
    pub fn read(&mut self, line: &str) -> Result<bool, Problem> {
        let mut cursor = Cursor::new(line);
        cursor.skip_blank();
        if cursor.peek().is_none() {
            return Ok(false);
        }
        let word = cursor.cell(&[], false)?;
        match word.text.to_lowercase().as_str() {
            "@relation" => {
                self.relation = cursor.cell(&[], true)?.text;
                Ok(false)
            }
            "@attribute" => {
                let attribute = attribute(&mut cursor)?;
                let same = |other: &&Attribute| other.name == attribute.name;
                if self.attributes.iter().find(same).is_some() {
                    let text = format!("a second attribute \"{}\"", attribute.name);
                    return Err(Problem::new(word.at, text));
                }
                self.attributes.push(attribute);
                Ok(false)
            }
            "@data" if self.attributes.is_empty() => {
                Err(Problem::new(word.at, "@data before any @attribute"))
            }
            "@data" => end_of_line(&mut cursor).map(|()| true),
            _ => Err(Problem::new(
                word.at,
                format!(
                    "\"{}\" where @relation, @attribute or @data is expected",
                    excerpt(&word.text)
                ),
            )),
        }
    }
}

/// The first letters of a text, for messages.
pub(super) fn excerpt(text: &str) -> String {
    match text.char_indices().nth(40) {
        Some((end, _)) => format!("{}...", &text[..end]),
        None => text.to_string(),
    }
}

/// An attribute; the word `@attribute` is behind.
fn attribute(cursor: &mut Cursor) -> Result<Attribute, Problem> {
    let name = cursor.cell(&['{'], false)?;
    if name.text.trim().is_empty() {
        return Err(Problem::new(name.at, "an attribute without a name"));
    }
    cursor.skip_blank();
    let at = cursor.at();
    if cursor.take('{') {
        let kind = Kind::Nominal(values(cursor)?);
        end_of_line(cursor)?;
        return Ok(Attribute {
            name: name.text,
            kind,
        });
    }
    if cursor.peek().is_none() {
        let text = format!("attribute \"{}\" has no type", excerpt(&name.text));
        return Err(Problem::new(at, text));
    }
    let word = cursor.cell(&[], false)?;
    let kind = match word.text.to_lowercase().as_str() {
        "numeric" | "real" | "integer" => Kind::Numeric,
        "string" => Kind::Text,
        "date" => {
            cursor.skip_blank();
            if cursor.peek().is_some() {
                // The form of the dates, which the table's reader finds by itself.
                cursor.cell(&[], true)?;
            }
            Kind::Date
        }
        "relational" => {
            return Err(Problem::new(
                word.at,
                "relational attributes (tables within cells) cannot be read",
            ));
        }
        _ => {
            let text = format!(
                "\"{}\" is no type; numeric, real, integer, string, date or {{a, b}} is expected",
                excerpt(&word.text)
            );
            return Err(Problem::new(word.at, text));
        }
    };
    // `real [0, 1]`: some files give the range of numbers.
    cursor.skip_blank();
    if kind != Kind::Numeric || cursor.peek() != Some('[') {
        end_of_line(cursor)?;
    }
    Ok(Attribute {
        name: name.text,
        kind,
    })
}

/// The values of a nominal attribute up to the closing brace.
fn values(cursor: &mut Cursor) -> Result<Vec<String>, Problem> {
    let mut values = Vec::new();
    cursor.skip_blank();
    if cursor.take('}') {
        return Ok(values);
    }
    loop {
        values.push(cursor.cell(&[',', '}'], true)?.text);
        if cursor.take('}') {
            return Ok(values);
        }
        if !cursor.take(',') {
            let text = "the list of values is not closed by } in its line";
            return Err(Problem::new(cursor.at(), text));
        }
    }
}

fn end_of_line(cursor: &mut Cursor) -> Result<(), Problem> {
    cursor.skip_blank();
    match cursor.peek() {
        None => Ok(()),
        Some(letter) => Err(Problem::new(
            cursor.at(),
            format!("\"{letter}\" where the line should end"),
        )),
    }
}
