//! Where the three systems differ in names, numbers and functions.

use crate::neuron::Function;

/// Which system's SQL is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dialect {
    /// SQLite from 3.38, with mathematical functions.
    Sqlite,
    /// DuckDB from 1.0.
    Duckdb,
    /// PostgreSQL from 12.
    Postgres,
}

impl Dialect {
    /// All of them.
    pub const ALL: [Dialect; 3] = [Dialect::Sqlite, Dialect::Duckdb, Dialect::Postgres];

    /// The name as its makers write it.
    pub fn name(self) -> &'static str {
        match self {
            Dialect::Sqlite => "SQLite",
            Dialect::Duckdb => "DuckDB",
            Dialect::Postgres => "PostgreSQL",
        }
    }

    /// The type of numbers in double precision.
    pub(super) fn real(self) -> &'static str {
        match self {
            Dialect::Sqlite => "REAL",
            Dialect::Duckdb => "DOUBLE",
            Dialect::Postgres => "DOUBLE PRECISION",
        }
    }

    /// The smaller of two numbers that are not missing.
    pub(super) fn least(self, a: &str, b: &str) -> String {
        match self {
            Dialect::Sqlite => format!("min({a}, {b})"),
            Dialect::Duckdb | Dialect::Postgres => format!("least({a}, {b})"),
        }
    }

    /// The larger of two numbers that are not missing.
    pub(super) fn greatest(self, a: &str, b: &str) -> String {
        match self {
            Dialect::Sqlite => format!("max({a}, {b})"),
            Dialect::Duckdb | Dialect::Postgres => format!("greatest({a}, {b})"),
        }
    }

    /// A number that is not missing, kept between two others.
    pub(super) fn clamp(self, value: &str, [low, high]: [f64; 2]) -> String {
        self.least(&self.greatest(value, &number(low)), &number(high))
    }

    /// The largest of several numbers, in halves, since functions take only so many arguments.
    pub(super) fn largest(self, values: &[String]) -> String {
        match values {
            [] => number(0.0),
            [one] => one.clone(),
            more => {
                let (left, right) = more.split_at(more.len() / 2);
                self.greatest(&self.largest(left), &self.largest(right))
            }
        }
    }

    /// A column's cell as a number; a missing one is NULL.
    pub(super) fn number_cell(self, column: &str) -> String {
        let real = self.real();
        match self {
            // A file that was read in may have empty texts among its numbers.
            Dialect::Sqlite => format!("CAST(NULLIF({column}, '') AS {real})"),
            Dialect::Duckdb | Dialect::Postgres => {
                format!("NULLIF(CAST({column} AS {real}), 'NaN')")
            }
        }
    }

    /// A column's cell as 0 or 1.
    pub(super) fn truth_cell(self, column: &str) -> String {
        let real = self.real();
        match self {
            // There truth values become numbers by way of integers alone.
            Dialect::Postgres => format!("CAST(CAST({column} AS INTEGER) AS {real})"),
            Dialect::Sqlite | Dialect::Duckdb => self.number_cell(column),
        }
    }

    /// A column's cell as a text; an empty one is missing.
    pub(super) fn text_cell(self, column: &str) -> String {
        let kind = match self {
            Dialect::Duckdb => "VARCHAR",
            Dialect::Sqlite | Dialect::Postgres => "TEXT",
        };
        format!("NULLIF(TRIM(CAST({column} AS {kind})), '')")
    }

    /// A number rounded to single precision.
    pub(super) fn single(self, expression: &str) -> String {
        match self {
            // Times 2^29 + 1, less what that is more than the number: the upper 24 bits are left
            // (Dekker, A floating-point technique for extending the available precision, 1971).
            Dialect::Sqlite => format!(
                "536870913.0 * ({expression}) - (536870913.0 * ({expression}) - ({expression}))"
            ),
            Dialect::Duckdb | Dialect::Postgres => {
                format!("CAST(CAST({expression} AS REAL) AS {})", self.real())
            }
        }
    }

    /// Numbers as a constant that [`super::vectors`] reads.
    pub(super) fn array(self, numbers: &[f32]) -> String {
        let mut text = String::with_capacity(12 * numbers.len());
        for (index, value) in numbers.iter().enumerate() {
            if index > 0 {
                text.push(',');
            }
            text += &short(*value);
        }
        self.array_of_text(&text)
    }

    /// The same in double precision.
    pub(super) fn wide_array(self, numbers: &[f64]) -> String {
        let numbers: Vec<String> = numbers.iter().map(|value| plain(*value)).collect();
        self.array_of_text(&numbers.join(","))
    }

    fn array_of_text(self, text: &str) -> String {
        match self {
            Dialect::Sqlite => format!("'[{text}]'"),
            Dialect::Duckdb => format!("CAST('[{text}]' AS DOUBLE[])"),
            Dialect::Postgres => format!("CAST('{{{text}}}' AS DOUBLE PRECISION[])"),
        }
    }
}

/// Below this a number of double precision has no digits to spare, and PostgreSQL refuses it.
const TINY: f64 = 1e-300;

/// A number without a parenthesis; what no database can write is its nearest neighbour.
fn plain(value: f64) -> String {
    match value {
        value if value.is_nan() || value.abs() < TINY => "0.0".to_string(),
        value => format!("{:?}", value.clamp(-f64::MAX, f64::MAX)),
    }
}

/// A number of single precision, without the digits that double precision would add.
fn short(value: f32) -> String {
    match value {
        value if value.is_nan() || value == 0.0 => "0.0".to_string(),
        value => format!("{:?}", value.clamp(-f32::MAX, f32::MAX)),
    }
}

/// A number; a negative one in parentheses, for two signs would begin a comment.
pub(super) fn number(value: f64) -> String {
    match plain(value) {
        text if text.starts_with('-') => format!("({text})"),
        text => text,
    }
}

/// A name of a column.
pub(super) fn identifier(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// A name of a table; a dot stands between a schema and a table.
pub(super) fn table(name: &str) -> String {
    let parts: Vec<String> = name.split('.').map(identifier).collect();
    parts.join(".")
}

/// A text.
pub(super) fn text(value: &str) -> String {
    format!("'{}'", value.replace('\'', "''"))
}

/// The text with so many spaces more before each line but the first; what is in quotes stays as it is,
/// since a name or a level may have several lines.
pub(super) fn indented(text: &str, spaces: usize) -> String {
    let mut indented = String::with_capacity(text.len());
    let mut quote = None;
    for letter in text.chars() {
        indented.push(letter);
        match (letter, quote) {
            ('\n', None) => indented.extend(std::iter::repeat_n(' ', spaces)),
            ('\'' | '"', None) => quote = Some(letter),
            (letter, Some(open)) if letter == open => quote = None,
            _ => {}
        }
    }
    indented
}

/// How many summands stand in one pair of parentheses.
const SUMMANDS: usize = 100;

/// A sum, in groups of groups, so that no system's limit on the depth of expressions is met.
pub(super) fn sum(terms: &[String]) -> String {
    match terms {
        [] => number(0.0),
        few if few.len() <= SUMMANDS => few.join(" + "),
        many => {
            let groups: Vec<String> = many
                .chunks(SUMMANDS)
                .map(|group| format!("({})", group.join(" + ")))
                .collect();
            sum(&groups)
        }
    }
}

/// The same, one summand a line where they are few.
pub(super) fn sum_of_lines(terms: &[String]) -> String {
    match terms.len() {
        1..=SUMMANDS => terms.join("\n+ "),
        _ => sum(terms),
    }
}

/// A whole power of a short text, 1 and more.
pub(super) fn power(base: &str, order: usize) -> String {
    match order {
        1 => base.to_string(),
        2 | 3 => format!("({})", vec![base; order].join(" * ")),
        _ => format!("power({base}, {order})"),
    }
}

/// A function of a neuron. Exponents are kept where PostgreSQL has a result.
pub(super) fn function(function: Function, argument: &str, dialect: Dialect) -> String {
    match function {
        Function::Sin => format!("sin({argument})"),
        Function::Cos => format!("cos({argument})"),
        Function::Exp => format!("exp({})", dialect.clamp(argument, [-100.0, 700.0])),
    }
}
