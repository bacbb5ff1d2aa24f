//! Tables larger than memory: files read in batches.
//!
//! A batch is a [`Table`], so that whatever takes a table takes a batch. What is known of the files
//! is settled when they are opened: which columns there are, and which pieces can be read apart from
//! each other, by several threads or in another order. No file stays open.

use std::path::{Path, PathBuf};

use rayon::prelude::*;

use super::error::TableError;
use super::missing::Missing;
use super::{ReadOptions, Table};

mod batches;
mod find;
mod head;

pub use batches::Batches;
use head::{Form, Head, One, Shape};

/// How many rows are read at a time where files are only checked.
const CHECKED: usize = 8192;

/// Tables of the same columns in one or more files, read in batches, as one table: rows of the first
/// file first.
///
/// ```no_run
/// use neuronseek::table::{Files, ReadOptions};
///
/// let files = Files::open(&["parts/*.parquet".into()], &ReadOptions::default())?;
/// for piece in 0..files.pieces().len() {
///     for batch in files.read(piece, 65_536, None)? {
///         println!("{} rows", batch?.rows());
///     }
/// }
/// # Ok::<(), neuronseek::table::TableError>(())
/// ```
pub struct Files {
    files: Vec<One>,
    shape: Shape,
    pieces: Vec<Piece>,
    options: ReadOptions,
    missing: Missing,
}

/// What can be read apart from the rest: a row group of a Parquet file, or a whole text file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Piece {
    /// The position of the file in [`Files::paths`].
    pub file: usize,
    /// The row group, counted from 0, of a Parquet file.
    pub group: Option<usize>,
    /// The number of rows where it is known before reading: in Parquet files.
    pub rows: Option<u64>,
    /// Its bytes on disk.
    pub bytes: u64,
}

/// Files that are left out, and why.
pub type Bad = Vec<(PathBuf, TableError)>;

impl Files {
    /// Looks at files: their columns, their row groups, whether they have rows.
    ///
    /// A path with `*`, `?` or `[..]` is a pattern, unless there is a file of that name; what it
    /// matches is taken sorted by name. A directory stands for those of its files that end with
    /// `.parquet`, `.csv` or `.tsv` (also `.gz` or `.zst` behind the latter two), sorted by name;
    /// names that begin with a dot or an underscore are left out.
    ///
    /// The columns are those of the first file with rows; others may have them in another order. A
    /// column without a name that is empty in the first thousand rows is left out.
    ///
    /// # Errors
    /// When nothing matches; for standard input and pipes, which can be read only once; when a file
    /// cannot be read or has other columns; when no file has rows.
    pub fn open(paths: &[PathBuf], options: &ReadOptions) -> Result<Files, TableError> {
        let paths = find::files(paths)?;
        let several = paths.len() > 1;
        let (files, bad) = Files::look(&paths, options);
        match bad.into_iter().next() {
            Some((_, error)) => Err(one_of_several(error, several)),
            None => files,
        }
    }

    /// [`Files::open`] without the files that cannot be read or have other columns, followed by
    /// [`Files::without_bad`].
    ///
    /// # Errors
    /// When nothing matches, when no file can be read, when no file has rows.
    pub fn open_without_bad(
        paths: &[PathBuf],
        options: &ReadOptions,
        columns: Option<&[String]>,
    ) -> Result<(Files, Bad), TableError> {
        let paths = find::files(paths)?;
        let (files, mut bad) = Files::look(&paths, options);
        if bad.len() == paths.len() {
            return Err(all_bad(bad));
        }
        let (files, more) = files?.parted(columns)?;
        bad.extend(more);
        bad.sort_by_key(|(path, _)| paths.iter().position(|given| given == path));
        files.unless_empty(bad)
    }

    /// The files that can be used; those that cannot.
    fn look(paths: &[PathBuf], options: &ReadOptions) -> (Result<Files, TableError>, Bad) {
        let missing = Missing::new(&options.missing);
        let (mut files, mut bad, mut shape) = (Vec::new(), Vec::new(), None);
        for path in paths {
            let head = Head::open(path, options, &missing);
            match head.and_then(|head| head.fit(&mut shape)) {
                Ok(one) => files.push(one),
                Err(error) => bad.push((path.clone(), error)),
            }
        }
        let files = match shape {
            Some(shape) => Ok(Files {
                pieces: pieces_of(&files),
                files,
                shape,
                options: options.clone(),
                missing,
            }),
            None => Err(TableError::NoRows {
                source_name: files
                    .first()
                    .map_or(String::new(), |one| one.source.clone()),
            }),
        };
        (files, bad)
    }

    /// The names of the columns, in the order in which batches have them.
    pub fn names(&self) -> &[String] {
        &self.shape.names
    }

    /// The number of rows, known before reading where all files are Parquet.
    pub fn rows(&self) -> Option<u64> {
        self.pieces.iter().map(|piece| piece.rows).sum()
    }

    /// The bytes of all files on disk.
    pub fn bytes(&self) -> u64 {
        self.files.iter().map(|one| one.bytes).sum()
    }

    /// The number of files, those without rows included.
    pub fn count(&self) -> usize {
        self.files.len()
    }

    /// The paths of the files.
    pub fn paths(&self) -> impl ExactSizeIterator<Item = &Path> {
        self.files.iter().map(|one| one.path.as_path())
    }

    /// What can be read apart from the rest, in the order of the rows. Every piece has rows.
    pub fn pieces(&self) -> &[Piece] {
        &self.pieces
    }

    /// Reads the rows of a piece, at most `rows` (at least 1) at a time, in their order. With
    /// `columns`, batches have these alone, in this order, and the others are not decoded.
    ///
    /// Integers beyond 2^53 make a column of their batch texts, as [`Table::read`] does with that of
    /// a table; the column may be numbers in other batches.
    ///
    /// # Errors
    /// When a column is unknown or named twice, when the file cannot be opened or was changed.
    /// Batches end with an error where the file cannot be read on.
    ///
    /// # Panics
    /// When there is no such piece.
    pub fn read(
        &self,
        piece: usize,
        rows: usize,
        columns: Option<&[String]>,
    ) -> Result<Batches<'_>, TableError> {
        let wanted = self.shape.positions(columns)?;
        Batches::open(self, &self.pieces[piece], rows, wanted)
            .map_err(|error| self.one_of_several(error))
    }

    /// All rows as one table in memory.
    ///
    /// # Errors
    /// When a file cannot be read to its end.
    pub fn table(&self) -> Result<Table, TableError> {
        let mut batches = Vec::new();
        for piece in 0..self.pieces.len() {
            for batch in self.read(piece, usize::MAX, None)? {
                batches.push(batch?);
            }
        }
        let table = Table::stacked(batches)?;
        table.ok_or_else(|| TableError::NoRows {
            source_name: String::new(),
        })
    }

    /// Reads everything once, on all threads, and leaves out the files that cannot be read to their
    /// end; gives them with their errors. With `columns`, damage in other columns does not count.
    ///
    /// # Errors
    /// When a column is unknown or named twice, when no file with rows is left.
    pub fn without_bad(self, columns: Option<&[String]>) -> Result<(Files, Bad), TableError> {
        let (files, bad) = self.parted(columns)?;
        files.unless_empty(bad)
    }

    /// The files that can be read to their end, and the others.
    fn parted(mut self, columns: Option<&[String]>) -> Result<(Files, Bad), TableError> {
        let wanted = self.shape.positions(columns)?;
        let pieces = self.pieces.par_iter();
        let errors: Vec<Option<TableError>> = pieces
            .map(|piece| self.check(piece, wanted.clone()).err())
            .collect();
        let mut of_files: Vec<Option<TableError>> = self.files.iter().map(|_| None).collect();
        for (piece, error) in self.pieces.iter().zip(errors) {
            let of_file = &mut of_files[piece.file];
            *of_file = of_file.take().or(error);
        }
        let (mut files, mut bad) = (Vec::new(), Vec::new());
        for (one, error) in self.files.into_iter().zip(of_files) {
            match error {
                Some(error) => bad.push((one.path, error)),
                None => files.push(one),
            }
        }
        self.files = files;
        self.pieces = pieces_of(&self.files);
        Ok((self, bad))
    }

    fn unless_empty(self, bad: Bad) -> Result<(Files, Bad), TableError> {
        match self.pieces.is_empty() {
            true => Err(all_bad(bad)),
            false => Ok((self, bad)),
        }
    }

    /// Reads a piece to its end.
    fn check(&self, piece: &Piece, wanted: Vec<usize>) -> Result<(), TableError> {
        let mut batches = Batches::open(self, piece, CHECKED, wanted)?;
        while batches.batch()?.is_some() {}
        Ok(())
    }

    fn one_of_several(&self, error: TableError) -> TableError {
        one_of_several(error, self.files.len() > 1)
    }
}

/// The error of a file, with the advice to leave it out where others are left.
fn one_of_several(error: TableError, several: bool) -> TableError {
    match several {
        true => TableError::OneOfSeveral {
            cause: Box::new(error),
        },
        false => error,
    }
}

/// The error when no file is left.
fn all_bad(bad: Bad) -> TableError {
    let count = bad.len();
    let first = bad.into_iter().next().map(|(_, error)| error);
    let first = first.unwrap_or_else(|| TableError::NoRows {
        source_name: String::new(),
    });
    match count {
        0 | 1 => first,
        count => TableError::AllBad {
            count,
            cause: Box::new(first),
        },
    }
}

/// The pieces of files.
fn pieces_of(files: &[One]) -> Vec<Piece> {
    let mut pieces = Vec::new();
    for (file, one) in files.iter().enumerate() {
        match &one.form {
            // Without rows.
            _ if one.order.is_empty() => {}
            Form::Text { .. } => pieces.push(Piece {
                file,
                group: None,
                rows: None,
                bytes: one.bytes,
            }),
            Form::Parquet(footer) => {
                let groups = footer.groups().enumerate();
                let groups = groups.filter(|(_, (rows, _))| *rows > 0);
                pieces.extend(groups.map(|(group, (rows, bytes))| Piece {
                    file,
                    group: Some(group),
                    rows: Some(rows as u64),
                    bytes,
                }));
            }
        }
    }
    pieces
}

#[cfg(test)]
mod tests;
