//! One file of several: what it is, and whether its columns are those of the others.

use std::fs::File;
use std::path::{Path, PathBuf};

use super::super::error::{TableError, shown};
use super::super::missing::Missing;
use super::super::read::delimited::{Text, Use};
use super::super::read::parquet::{Data, Footer, Holds, is_index};
use super::super::read::{self, Format};
use super::super::{ReadOptions, check_names};

/// A column without a name is left out when so many first rows have nothing in it: separators at
/// the ends of all lines leave such a column.
const LOOKED_AT: usize = 1000;

/// A file.
pub(super) struct One {
    /// Its path.
    pub path: PathBuf,
    /// Its path for messages.
    pub source: String,
    /// Its length.
    pub bytes: u64,
    /// What it is.
    pub form: Form,
    /// Its position of each column of the table; empty in a file without rows.
    pub order: Vec<usize>,
}

/// What a file is.
pub(super) enum Form {
    /// A text.
    Text {
        /// What becomes of each column of the file that the table does not have.
        uses: Vec<Use>,
    },
    /// Parquet.
    Parquet(Footer),
}

/// A file and its columns.
pub(super) struct Head {
    one: One,
    names: Vec<String>,
    unnamed: Vec<bool>,
    holds: Vec<Holds>,
    /// Columns that are left out unless the table has them.
    empty: Vec<bool>,
    /// Whether there is a row.
    rows: bool,
}

/// The columns of all files.
pub(super) struct Shape {
    /// The file that has them.
    pub source: String,
    /// Their names.
    pub names: Vec<String>,
    /// Whether a name is made up.
    pub unnamed: Vec<bool>,
    /// What they hold, and by which file that is known.
    holds: Vec<(Holds, String)>,
}

impl Head {
    /// Looks at a file.
    pub fn open(path: &Path, options: &ReadOptions, missing: &Missing) -> Result<Head, TableError> {
        let source = path.display().to_string();
        let metadata = read::open(path, &source)?.metadata();
        let bytes = metadata.as_ref().map_or(0, std::fs::Metadata::len);
        if metadata.is_ok_and(|metadata| !metadata.is_file()) {
            return Err(TableError::ReadOnce {
                source_name: source,
            });
        }
        let (file, format) = read::sniffed(path, &source)?;
        let one = |form| One {
            path: path.to_path_buf(),
            source: source.clone(),
            bytes,
            form,
            order: Vec::new(),
        };
        match format {
            Format::Parquet => Head::parquet(file, &source, one),
            _ => Head::text(file, format, &source, options, missing, one),
        }
    }

    fn parquet(
        file: File,
        source: &str,
        one: impl FnOnce(Form) -> One,
    ) -> Result<Head, TableError> {
        let footer = Footer::read(&Data::File(file), source)?;
        let columns = footer.columns();
        let (names, holds): (Vec<String>, Vec<Holds>) = columns
            .map(|(name, holds)| (name.to_string(), holds))
            .unzip();
        Ok(Head {
            unnamed: names.iter().map(|name| is_index(name)).collect(),
            empty: vec![false; names.len()],
            names,
            holds,
            rows: footer.rows() > 0,
            one: one(Form::Parquet(footer)),
        })
    }

    fn text(
        file: File,
        format: Format,
        source: &str,
        options: &ReadOptions,
        missing: &Missing,
        one: impl FnOnce(Form) -> One,
    ) -> Result<Head, TableError> {
        let reader = read::decompressed(file, format, source)?;
        let mut text = Text::open(reader, source, format.name(), options)?;
        let unnamed = text.header.unnamed.clone();
        let (most, uses) = match unnamed.contains(&true) {
            true => (LOOKED_AT, (0..unnamed.len()).map(Use::Column).collect()),
            false => (1, vec![Use::Nothing; unnamed.len()]),
        };
        let rows = text.rows(most, &uses, missing)?;
        let mut empty = vec![false; unnamed.len()];
        for (position, cells) in rows.cells.iter().enumerate() {
            empty[position] = unnamed[position] && cells.iter().all(|cell| cell.is_none());
        }
        Ok(Head {
            holds: vec![Holds::Anything; unnamed.len()],
            names: text.header.names.clone(),
            unnamed,
            one: one(Form::Text {
                uses: vec![Use::Nothing; empty.len()],
            }),
            empty,
            rows: rows.count > 0,
        })
    }

    /// The file, with its columns put in the order of those of the table. The first file with rows
    /// says which these are; one without rows need not have them.
    pub fn fit(mut self, shape: &mut Option<Shape>) -> Result<One, TableError> {
        if !self.rows {
            return Ok(self.one);
        }
        let shape = shape.get_or_insert_with(|| self.shape());
        let (order, difference) = self.compare(shape);
        if !difference.is_empty() {
            return Err(TableError::OtherColumns {
                source_name: self.one.source,
                first: shape.source.clone(),
                difference: difference.join("; "),
            });
        }
        if let Form::Text { uses } = &mut self.one.form {
            for (position, what) in uses.iter_mut().enumerate() {
                if self.empty[position] && !order.contains(&position) {
                    *what = Use::Empty;
                }
            }
        }
        shape.learn(&self, &order);
        self.one.order = order;
        Ok(self.one)
    }

    fn shape(&self) -> Shape {
        let kept = || (0..self.names.len()).filter(|&position| !self.empty[position]);
        let source = &self.one.source;
        Shape {
            source: source.clone(),
            names: kept().map(|at| self.names[at].clone()).collect(),
            unnamed: kept().map(|at| self.unnamed[at]).collect(),
            holds: kept().map(|at| (self.holds[at], source.clone())).collect(),
        }
    }

    /// The positions of the table's columns, and how the columns differ.
    fn compare(&self, shape: &Shape) -> (Vec<usize>, Vec<String>) {
        let places = self.names.iter().map(String::as_str).zip(0..);
        let places: std::collections::HashMap<&str, usize> = places.collect();
        let mut taken = self.empty.clone();
        let (mut order, mut lacking, mut others) = (Vec::new(), Vec::new(), Vec::new());
        for (name, (known, by)) in shape.names.iter().zip(&shape.holds) {
            let Some(&position) = places.get(name.as_str()) else {
                lacking.push(name.as_str());
                continue;
            };
            order.push(position);
            taken[position] = true;
            let found = self.holds[position];
            if found != *known && found != Holds::Anything && *known != Holds::Anything {
                let (found, known) = (found.name(), known.name());
                others.push(format!(
                    "\"{}\" holds {found}, {known} in {by}",
                    shown(name)
                ));
            }
        }
        let new = self.names.iter().zip(&taken).filter(|(_, taken)| !**taken);
        let new: Vec<&str> = new.map(|(name, _)| name.as_str()).collect();
        let mut difference = Vec::new();
        if !lacking.is_empty() {
            difference.push(format!("it lacks {}", list(&lacking)));
        }
        if !new.is_empty() {
            difference.push(format!("it has {} besides", list(&new)));
        }
        difference.extend(others.into_iter().take(3));
        (order, difference)
    }
}

impl Shape {
    /// Keeps what the file says of columns of which nothing was known.
    fn learn(&mut self, head: &Head, order: &[usize]) {
        for ((holds, source), &position) in self.holds.iter_mut().zip(order) {
            if *holds == Holds::Anything {
                *holds = head.holds[position];
                source.clone_from(&head.one.source);
            }
        }
    }

    /// The positions of the columns of the given names; all without names.
    pub fn positions(&self, names: Option<&[String]>) -> Result<Vec<usize>, TableError> {
        let Some(wanted) = names else {
            return Ok((0..self.names.len()).collect());
        };
        check_names(
            &self.source,
            &wanted.iter().map(String::as_str).collect::<Vec<_>>(),
        )?;
        let known = || self.names.iter().map(String::as_str);
        let position = |name: &String| {
            let found = known().position(|known| known == name);
            found.ok_or_else(|| super::super::unknown(&self.source, known(), name))
        };
        wanted.iter().map(position).collect()
    }
}

/// Names for a message, the first of them.
fn list(names: &[&str]) -> String {
    const MOST: usize = 6;
    let some = names.iter().take(MOST);
    let some: Vec<String> = some.map(|name| format!("\"{}\"", shown(name))).collect();
    match names.len() {
        0..=MOST => some.join(", "),
        all => format!("{}, ... ({all} columns)", some.join(", ")),
    }
}
