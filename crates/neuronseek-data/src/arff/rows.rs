//! The rows after `@data`.

use std::collections::HashSet;

use neuronseek::table::TextCells;

use super::cell::{Cell, Cursor};
use super::header::excerpt;
use super::{Attribute, Kind, Problem};

/// The cells of all attributes, growing row by row.
pub(super) struct Columns {
    pub cells: Vec<TextCells>,
    rules: Vec<Rule>,
}

/// What a cell of an attribute must be.
struct Rule {
    name: String,
    numeric: bool,
    /// The declared values of a nominal attribute.
    values: Option<HashSet<String>>,
    /// What a sparse row means by leaving the attribute out.
    left_out: Option<String>,
}

impl Rule {
    fn new(attribute: &Attribute) -> Rule {
        let (numeric, values, left_out) = match &attribute.kind {
            Kind::Numeric => (true, None, Some("0".to_string())),
            Kind::Nominal(values) => (
                false,
                Some(values.iter().cloned().collect()),
                values.first().cloned(),
            ),
            Kind::Text | Kind::Date => (false, None, None),
        };
        Rule {
            name: attribute.name.clone(),
            numeric,
            values,
            left_out,
        }
    }

    fn check(&self, cell: &Cell) -> Result<(), Problem> {
        let wrong = |expected: &str| {
            let text = format!(
                "\"{}\" is {expected} of attribute \"{}\"",
                excerpt(&cell.text),
                excerpt(&self.name)
            );
            Err(Problem::new(cell.at, text))
        };
        if cell.is_missing() {
            return Ok(());
        }
        let finite = || cell.text.trim().parse().is_ok_and(f64::is_finite);
        if self.numeric && !finite() {
            return wrong("no finite number, as are the values");
        }
        match &self.values {
            Some(values) if !values.contains(&cell.text) => wrong("none of the declared values"),
            _ => Ok(()),
        }
    }
}

impl Columns {
    /// Columns without rows.
    pub fn new(attributes: &[Attribute]) -> Columns {
        Columns {
            cells: vec![TextCells::default(); attributes.len()],
            rules: attributes.iter().map(Rule::new).collect(),
        }
    }

    /// Takes in a line: a row, a blank line or a comment.
    pub fn read(&mut self, line: &str) -> Result<(), Problem> {
        let mut cursor = Cursor::new(line);
        cursor.skip_blank();
        let row = match cursor.peek() {
            None => return Ok(()),
            Some('{') => self.sparse(&mut cursor)?,
            Some(_) => self.dense(&mut cursor)?,
        };
        for (cells, value) in self.cells.iter_mut().zip(row) {
            cells.push(value.as_deref());
        }
        Ok(())
    }

    fn dense(&self, cursor: &mut Cursor) -> Result<Vec<Option<String>>, Problem> {
        let commas = self.rules.len() < 2 || cursor.has_comma();
        let mut row = Vec::with_capacity(self.rules.len());
        for (position, rule) in self.rules.iter().enumerate() {
            cursor.skip_blank();
            if cursor.peek().is_none() && !(commas && position == 0) {
                return Err(self.count(cursor.at(), position));
            }
            let cell = cursor.cell(&[','], commas)?;
            rule.check(&cell)?;
            row.push(value(cell));
            cursor.skip_blank();
            let last = position + 1 == self.rules.len();
            if commas && !last && !cursor.take(',') {
                return Err(self.count(cursor.at(), position + 1));
            }
        }
        cursor.skip_blank();
        cursor.take(',');
        cursor.skip_blank();
        match cursor.peek() {
            None => Ok(row),
            Some('{') => Err(Problem::new(
                cursor.at(),
                "weights of rows cannot be read: make the weight an attribute",
            )),
            Some(_) => Err(Problem::new(
                cursor.at(),
                format!("more values than the {} attributes", self.rules.len()),
            )),
        }
    }

    /// `{1 x, 3 'y z'}`: attributes by position, counted from 0.
    fn sparse(&self, cursor: &mut Cursor) -> Result<Vec<Option<String>>, Problem> {
        let start = cursor.at();
        cursor.take('{');
        let mut given: Vec<Option<Cell>> = self.rules.iter().map(|_| None).collect();
        cursor.skip_blank();
        let mut ended = cursor.take('}');
        while !ended {
            let position = cursor.cell(&[',', '}'], false)?;
            let place = position.text.parse::<usize>().ok();
            let Some(place) = place.filter(|&place| place < self.rules.len()) else {
                let text = format!(
                    "\"{}\" is no position of an attribute, 0 to {}",
                    excerpt(&position.text),
                    self.rules.len() - 1
                );
                return Err(Problem::new(position.at, text));
            };
            let cell = cursor.cell(&[',', '}'], true)?;
            self.rules[place].check(&cell)?;
            if given[place].replace(cell).is_some() {
                let text = format!("attribute {place} is given twice");
                return Err(Problem::new(position.at, text));
            }
            ended = cursor.take('}');
            if !ended && !cursor.take(',') {
                let text = "the row is not closed by } in its line";
                return Err(Problem::new(cursor.at(), text));
            }
        }
        cursor.skip_blank();
        if cursor.peek().is_some() {
            let text = "something after the closing }; weights of rows cannot be read";
            return Err(Problem::new(cursor.at(), text));
        }
        let filled = given.into_iter().zip(&self.rules);
        let filled = filled.map(|(cell, rule)| match (cell, &rule.left_out) {
            (Some(cell), _) => Ok(value(cell)),
            (None, Some(left_out)) => Ok(Some(left_out.clone())),
            (None, None) => Err(Problem::new(
                start,
                format!(
                    "the row leaves out \"{}\", and what that means for a text or a date is not defined",
                    excerpt(&rule.name)
                ),
            )),
        });
        filled.collect()
    }

    fn count(&self, at: usize, found: usize) -> Problem {
        let text = format!("{found} values for {} attributes", self.rules.len());
        Problem::new(at, text)
    }
}

fn value(cell: Cell) -> Option<String> {
    (!cell.is_missing()).then_some(cell.text)
}
