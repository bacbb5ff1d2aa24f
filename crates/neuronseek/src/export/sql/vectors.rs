//! Vectors of rows, and their products with weights.
//!
//! Numbers of a row, a network and an item are either *long*, a part with the columns `row_no, net,
//! item, v`, or *vectors*: one row of a part holds many items. DuckDB has lists and fast products
//! of them. SQLite has no arrays, and PostgreSQL's take 50 times as long to multiply as columns do,
//! so there a vector is columns `c0, c1, ...`, cut into chunks of at most [`CHUNK`], for tables have
//! so many columns only and the gathering of n columns out of rows takes n comparisons a row.

use super::dialect::{self, Dialect};
use super::query::Query;

/// The most items in a row of a vector. On 128 units of 128 inputs SQLite spends a third of the
/// time on gathering; with shorter chunks adding them up takes more than gathering saves.
const CHUNK: usize = 128;

/// A part whose rows hold vectors.
#[derive(Debug, Clone)]
pub(super) struct Vector {
    pub part: String,
    pub length: usize,
    /// Whether each network has its own.
    pub by_net: bool,
}

impl Vector {
    /// How many chunks there are, and how many items are in each.
    pub fn chunks(&self, dialect: Dialect) -> (usize, usize) {
        chunks(self.length, dialect)
    }

    /// `row_no`, and `net` where each network has its own.
    fn keys(&self, alias: &str) -> String {
        match self.by_net {
            true => format!("{alias}.row_no, {alias}.net"),
            false => format!("{alias}.row_no"),
        }
    }

    /// The condition that a row of weights `w` is of the vector `p`.
    fn same(&self, dialect: Dialect) -> String {
        let mut conditions = Vec::new();
        if self.by_net {
            conditions.push("w.net = p.net");
        }
        if self.chunks(dialect).0 > 1 {
            conditions.push("w.chunk = p.chunk");
        }
        match conditions.is_empty() {
            true => String::new(),
            false => format!("\nWHERE {}", conditions.join(" AND ")),
        }
    }
}

fn chunks(length: usize, dialect: Dialect) -> (usize, usize) {
    if dialect == Dialect::Duckdb {
        return (1, length);
    }
    let count = length.div_ceil(CHUNK).max(1);
    (count, length.div_ceil(count))
}

/// The weights of a linear map: for each network, each factor and each item a row.
pub(super) struct Weights {
    /// `rows[net][factor][item]`
    pub rows: Vec<Vec<Vec<Vec<f32>>>>,
}

/// Columns of weights have one letter a factor.
const LETTERS: [&str; 10] = ["w", "a", "b", "c_", "d", "e", "f", "g", "h", "k"];

fn letters(factors: usize) -> Vec<&'static str> {
    match factors {
        1 => vec![LETTERS[0]],
        _ => LETTERS[1..].iter().copied().take(factors).collect(),
    }
}

/// Arrays that become rows: `keys`, `item` and one number of each array.
pub(super) struct Arrays<'a> {
    pub keys: &'a [&'a str],
    pub columns: &'a [&'a str],
    pub rows: Vec<(Vec<usize>, Vec<Vec<f64>>)>,
}

impl Query {
    /// Expressions on the columns of `from` as a vector.
    pub fn vector_of_columns(&mut self, name: &str, expressions: &[String], from: &str) -> Vector {
        let vector = Vector {
            part: name.to_string(),
            length: expressions.len(),
            by_net: false,
        };
        let (_, size) = vector.chunks(self.dialect);
        let chunk = |(index, expressions): (usize, &[String])| match self.dialect {
            Dialect::Duckdb => {
                let list = expressions.join(",\n    ");
                format!("SELECT row_no, [\n    {list}\n  ] AS v\nFROM {from}")
            }
            Dialect::Sqlite | Dialect::Postgres => {
                let mut columns: Vec<String> = expressions.to_vec();
                columns.resize(size, "0.0".to_string());
                let columns = columns.iter().enumerate();
                let columns: Vec<String> = columns
                    .map(|(index, text)| format!(",\n  {text} AS c{index}"))
                    .collect();
                format!(
                    "SELECT row_no, {index} AS chunk{}\nFROM {from}",
                    columns.concat()
                )
            }
        };
        let chunks: Vec<String> = match expressions {
            [] => vec![format!("SELECT row_no{} FROM {from}", self.empty())],
            some => some.chunks(size).enumerate().map(chunk).collect(),
        };
        self.part(name, &chunks.join("\nUNION ALL\n"));
        vector
    }

    fn empty(&self) -> &'static str {
        match self.dialect {
            Dialect::Duckdb => ", CAST([] AS DOUBLE[]) AS v",
            Dialect::Sqlite | Dialect::Postgres => ", 0 AS chunk",
        }
    }

    /// Long numbers as vectors.
    pub fn gathered(&mut self, name: &str, long: &str, length: usize) -> Vector {
        let vector = Vector {
            part: name.to_string(),
            length,
            by_net: true,
        };
        let (count, size) = vector.chunks(self.dialect);
        let body = match self.dialect {
            Dialect::Duckdb => format!(
                "SELECT row_no, net, list(v ORDER BY item) AS v\nFROM {long}\nGROUP BY row_no, net"
            ),
            Dialect::Sqlite | Dialect::Postgres => {
                let (chunk, slot, group) = match count {
                    1 => ("0".to_string(), "item".to_string(), String::new()),
                    _ => (
                        format!("item / {size}"),
                        format!("item % {size}"),
                        format!(", item / {size}"),
                    ),
                };
                let column = |index: usize| {
                    let value = format!("sum(v) FILTER (WHERE {slot} = {index})");
                    match count * size == length {
                        true => format!(",\n  {value} AS c{index}"),
                        false => format!(",\n  coalesce({value}, 0.0) AS c{index}"),
                    }
                };
                let columns: Vec<String> = (0..size).map(column).collect();
                format!(
                    "SELECT row_no, net, {chunk} AS chunk{}\nFROM {long}\nGROUP BY row_no, net{group}",
                    columns.concat()
                )
            }
        };
        self.part(name, &body);
        vector
    }

    /// A function of each item.
    pub fn mapped(
        &mut self,
        name: &str,
        vector: &Vector,
        function: &dyn Fn(&str) -> String,
    ) -> Vector {
        let keys = vector.keys("p");
        let from = &vector.part;
        let body = match self.dialect {
            Dialect::Duckdb => {
                format!(
                    "SELECT {keys}, [{} FOR c IN p.v] AS v\nFROM {from} AS p",
                    function("c")
                )
            }
            Dialect::Sqlite | Dialect::Postgres => {
                let (_, size) = vector.chunks(self.dialect);
                let column = |index: usize| {
                    let name = format!("c{index}");
                    format!(",\n  {} AS {name}", function(&name))
                };
                let columns: Vec<String> = (0..size).map(column).collect();
                format!(
                    "SELECT {keys}, p.chunk{}\nFROM {from} AS p",
                    columns.concat()
                )
            }
        };
        self.part(name, &body);
        Vector {
            part: name.to_string(),
            ..vector.clone()
        }
    }

    /// The products of a vector with weights, long; those of several factors are multiplied.
    pub fn products(&mut self, name: &str, vector: &Vector, weights: &Weights, first_net: usize) {
        let factors = weights.rows.first().map_or(1, Vec::len).max(1);
        let letters = letters(factors);
        self.weights(name, vector, weights, first_net, &letters);
        let (count, size) = vector.chunks(self.dialect);
        let product = |letter: &&str| match self.dialect {
            Dialect::Duckdb if vector.length == 0 => "0.0".to_string(),
            Dialect::Duckdb => format!("list_dot_product(p.v, w.{letter})"),
            Dialect::Sqlite | Dialect::Postgres => {
                let terms: Vec<String> = (0..size)
                    .map(|index| format!("c{index} * {letter}{index}"))
                    .collect();
                dialect::sum(&terms)
            }
        };
        let products: Vec<String> = letters.iter().map(product).collect();
        let from = format!(
            "FROM {} AS p CROSS JOIN {name}_weights AS w{}",
            vector.part,
            vector.same(self.dialect)
        );
        let select = "SELECT p.row_no, w.net, w.item";
        if count == 1 {
            let value = match products.as_slice() {
                [one] => one.clone(),
                several => format!("({})", several.join(")\n  * (")),
            };
            self.part(name, &format!("{select},\n  {value} AS v\n{from}"));
            return;
        }
        let columns = products.iter().zip(&letters);
        let columns: Vec<String> = columns
            .map(|(product, letter)| format!(",\n  {product} AS {letter}"))
            .collect();
        let chunks = format!("{name}_chunks");
        self.part(&chunks, &format!("{select}{}\n{from}", columns.concat()));
        let sums: Vec<String> = letters
            .iter()
            .map(|letter| format!("sum({letter})"))
            .collect();
        self.part(
            name,
            &format!(
                "SELECT row_no, net, item, {} AS v\nFROM {chunks}\nGROUP BY row_no, net, item",
                sums.join(" * ")
            ),
        );
    }

    /// Weights as rows that fit the rows of a vector.
    fn weights(
        &mut self,
        name: &str,
        vector: &Vector,
        weights: &Weights,
        first_net: usize,
        letters: &[&str],
    ) {
        let (count, size) = vector.chunks(self.dialect);
        let mut rows = Vec::new();
        for (net, factors) in weights.rows.iter().enumerate() {
            for item in 0..factors.first().map_or(0, Vec::len) {
                for chunk in 0..count {
                    let mut row = format!("({}, {chunk}, {item}", first_net + net);
                    for factor in factors {
                        let mut own: Vec<f32> = factor[item].clone();
                        own.resize(count * size, 0.0);
                        let own = &own[chunk * size..(chunk + 1) * size];
                        row += &format!(", {}", self.dialect.array(own));
                    }
                    rows.push(row + ")");
                }
            }
        }
        let mut columns = vec!["net", "chunk", "item"];
        columns.extend(letters);
        let data = format!("{name}_data");
        self.values(&data, &columns, &rows);
        let element = |letter: &str, index: usize| match self.dialect {
            Dialect::Sqlite => format!("{letter} ->> {index} AS {letter}{index}"),
            _ => format!("{letter}[{}] AS {letter}{index}", index + 1),
        };
        let columns: Vec<String> = match self.dialect {
            Dialect::Duckdb => letters.iter().map(|letter| format!(", {letter}")).collect(),
            _ => letters
                .iter()
                .flat_map(|letter| (0..size).map(move |index| (letter, index)))
                .map(|(letter, index)| format!(",\n  {}", element(letter, index)))
                .collect(),
        };
        let body = format!("SELECT net, chunk, item{}\nFROM {data}", columns.concat());
        let part = format!("{name}_weights");
        match vector.by_net || count > 1 {
            true => self.looked_up(&part, 3 + columns.len(), &body),
            false => self.part(&part, &body),
        }
    }

    /// Some items of a vector, long but without a network: `row_no, [net,] input, v`.
    pub fn items(&mut self, name: &str, vector: &Vector, items: &[usize]) {
        let (_, size) = vector.chunks(self.dialect);
        let rows: Vec<String> = items
            .iter()
            .map(|item| format!("({item}, {}, {})", item / size.max(1), item % size.max(1)))
            .collect();
        let data = format!("{name}_data");
        self.values(&data, &["input", "chunk", "slot"], &rows);
        let value = match self.dialect {
            Dialect::Duckdb => "p.v[i.input + 1]".to_string(),
            Dialect::Sqlite | Dialect::Postgres => {
                let mut slots: Vec<usize> = items.iter().map(|item| item % size).collect();
                slots.sort_unstable();
                slots.dedup();
                let cases: Vec<String> = slots
                    .iter()
                    .map(|slot| format!("\n    WHEN {slot} THEN p.c{slot}"))
                    .collect();
                format!("CASE i.slot{} END", cases.concat())
            }
        };
        let same = match self.dialect {
            Dialect::Duckdb => "",
            Dialect::Sqlite | Dialect::Postgres => "\nWHERE i.chunk = p.chunk",
        };
        let (keys, from) = (vector.keys("p"), &vector.part);
        self.part(
            name,
            &format!(
                "SELECT {keys}, i.input, {value} AS v\nFROM {from} AS p CROSS JOIN {data} AS i{same}"
            ),
        );
    }

    /// Numbers that are given as arrays, as rows.
    pub fn arrays(&mut self, name: &str, arrays: &Arrays<'_>) {
        let row = |(keys, values): &(Vec<usize>, Vec<Vec<f64>>)| {
            let keys = keys.iter().map(|key| key.to_string());
            let values = values.iter().map(|array| self.dialect.wide_array(array));
            let all: Vec<String> = keys.chain(values).collect();
            format!("({})", all.join(", "))
        };
        let rows: Vec<String> = arrays.rows.iter().map(row).collect();
        let data = format!("{name}_data");
        self.values(&data, &[arrays.keys, arrays.columns].concat(), &rows);
        let keys: Vec<String> = arrays.keys.iter().map(|key| format!("d.{key}")).collect();
        let (keys, first) = (keys.join(", "), arrays.columns[0]);
        let of_each = |text: &dyn Fn(&str) -> String| {
            let columns: Vec<String> = arrays.columns.iter().map(|c| text(c)).collect();
            columns.join(", ")
        };
        let body = match self.dialect {
            Dialect::Sqlite => format!(
                "SELECT {keys}, j.key AS item, {}\nFROM {data} AS d CROSS JOIN json_each(d.{first}) AS j",
                of_each(&|c| format!("d.{c} ->> j.key AS {c}"))
            ),
            Dialect::Duckdb => format!(
                "SELECT {keys}, unnest(range(len(d.{first}))) AS item, {}\nFROM {data} AS d",
                of_each(&|c| format!("unnest(d.{c}) AS {c}"))
            ),
            Dialect::Postgres => format!(
                "SELECT {keys}, CAST(u.item - 1 AS INTEGER) AS item, {}\n\
                 FROM {data} AS d CROSS JOIN unnest({}) WITH ORDINALITY AS u({}, item)",
                of_each(&|c| format!("u.{c}")),
                of_each(&|c| format!("d.{c}")),
                of_each(&|c| c.to_string())
            ),
        };
        let columns = arrays.keys.len() + 1 + arrays.columns.len();
        self.looked_up(name, columns, &body);
    }
}
