//! The parts before SELECT.

use super::dialect::{self, Dialect};
use super::stages::Stage;

/// The parts of a statement, in order.
pub(super) struct Query {
    pub dialect: Dialect,
    parts: Vec<String>,
}

impl Query {
    pub fn new(dialect: Dialect) -> Query {
        Query {
            dialect,
            parts: Vec::new(),
        }
    }

    /// A part that is computed once.
    pub fn part(&mut self, name: &str, body: &str) {
        let body = dialect::indented(body, 2);
        self.parts
            .push(format!("{name} AS MATERIALIZED (\n  {body}\n)"));
    }

    /// A part with so many columns, in which rows of other parts are looked up.
    ///
    /// SQLite takes what it has grouped for a hundred rows or fewer, and then scans this part for
    /// each of them, where it might make an index. Rows of the table that do not exist make the
    /// part large in its eyes.
    pub fn looked_up(&mut self, name: &str, columns: usize, body: &str) {
        let body = match self.dialect {
            Dialect::Sqlite => {
                let nulls = vec!["NULL"; columns].join(", ");
                format!("{body}\nUNION ALL SELECT {nulls} FROM ns_rows WHERE neuronseek_row < 0")
            }
            Dialect::Duckdb | Dialect::Postgres => body.to_string(),
        };
        self.part(name, &body);
    }

    /// A part of given rows.
    pub fn values(&mut self, name: &str, columns: &[&str], rows: &[String]) {
        let columns = columns.join(", ");
        self.parts.push(format!(
            "{name}({columns}) AS (VALUES\n  {}\n)",
            rows.join(",\n  ")
        ));
    }

    /// The table with numbers of its rows.
    pub fn rows(&mut self, table: &str) {
        let table = dialect::table(table);
        self.part(
            "ns_rows",
            &format!("SELECT row_number() OVER () AS neuronseek_row, t.*\nFROM {table} AS t"),
        );
    }

    /// Steps of a row; the first one reads `from`, which is the table where it says so.
    pub fn stages(&mut self, stages: &[Stage], from: &str) {
        let mut from = from.to_string();
        for stage in stages {
            let kept = match from.strip_suffix(" AS t") {
                Some(_) => "t.neuronseek_row AS row_no".to_string(),
                None => format!("{from}.*"),
            };
            let list = stage.list(2);
            let comma = if list.is_empty() { "" } else { ",\n" };
            self.part(
                &stage.name,
                &format!("SELECT\n  {kept}{comma}{list}\nFROM {from}"),
            );
            from.clone_from(&stage.name);
        }
    }

    /// All parts as text.
    pub fn with(&self) -> String {
        match self.parts.as_slice() {
            [] => String::new(),
            parts => format!("WITH {}\n", parts.join(",\n")),
        }
    }
}
