//! The rows of a piece, some at a time.

use std::io::Read;

use super::super::Table;
use super::super::cells::Cells;
use super::super::column::Column;
use super::super::error::TableError;
use super::super::origin::{Lines, Origin};
use super::super::read;
use super::super::read::delimited::{Text, Use};
use super::super::read::parquet::{Data, Group};
use super::head::{Form, One};
use super::{Files, Piece};

/// The rows of a [`Piece`] in batches: tables, whose places ([`Table::place`]) are those in the
/// file. After an error there is nothing more.
pub struct Batches<'a> {
    files: &'a Files,
    one: &'a One,
    /// The columns, by their positions among those of the table.
    wanted: Vec<usize>,
    rows: usize,
    source: Source<'a>,
}

/// Where the rows come from.
enum Source<'a> {
    Text {
        text: Text<'a, Box<dyn Read + Send>>,
        uses: Vec<Use>,
    },
    Parquet(Group<'a>),
    Ended,
}

/// Rows that follow each other.
pub(super) struct Batch {
    first: usize,
    count: usize,
    lines: Lines,
    cells: Vec<Cells>,
}

impl<'a> Batches<'a> {
    /// Begins to read a piece.
    pub(super) fn open(
        files: &'a Files,
        piece: &Piece,
        rows: usize,
        wanted: Vec<usize>,
    ) -> Result<Batches<'a>, TableError> {
        let one = &files.files[piece.file];
        let (file, format) = read::sniffed(&one.path, &one.source)?;
        let changed = || TableError::Changed {
            source_name: one.source.clone(),
        };
        if file
            .metadata()
            .is_ok_and(|metadata| metadata.len() != one.bytes)
        {
            return Err(changed());
        }
        let positions: Vec<usize> = wanted.iter().map(|&column| one.order[column]).collect();
        let source = match &one.form {
            Form::Parquet(footer) => {
                let group = piece.group.unwrap_or(0);
                Source::Parquet(footer.group(Data::File(file), group, &positions)?)
            }
            Form::Text { uses } => {
                let reader = read::decompressed(file, format, &one.source)?;
                let text = Text::open(reader, &one.source, format.name(), &files.options)?;
                if text.header.names.len() != uses.len() {
                    return Err(changed());
                }
                let mut uses = uses.clone();
                for (target, &position) in positions.iter().enumerate() {
                    uses[position] = Use::Column(target);
                }
                Source::Text { text, uses }
            }
        };
        Ok(Batches {
            files,
            one,
            wanted,
            rows: rows.max(1),
            source,
        })
    }

    /// The next rows; `None` at the end.
    pub(super) fn batch(&mut self) -> Result<Option<Batch>, TableError> {
        let missing = &self.files.missing;
        Ok(match &mut self.source {
            Source::Ended => None,
            Source::Text { text, uses } => {
                let rows = text.rows(self.rows, uses, missing)?;
                (rows.count > 0).then(|| Batch {
                    first: rows.first,
                    count: rows.count,
                    lines: rows.lines,
                    cells: rows.cells.into_iter().map(Cells::Text).collect(),
                })
            }
            Source::Parquet(group) => {
                let rows = group.rows(self.rows, missing)?;
                rows.map(|(first, count, cells)| Batch {
                    first,
                    count,
                    lines: Lines::default(),
                    cells,
                })
            }
        })
    }

    fn table(&self, batch: Batch) -> Result<Table, TableError> {
        let shape = &self.files.shape;
        let mut columns = Vec::with_capacity(batch.cells.len());
        for (&position, cells) in self.wanted.iter().zip(batch.cells) {
            let mut column = Column::new(&shape.names[position], cells);
            column.unnamed = shape.unnamed[position];
            columns.push(column);
        }
        let origin = Origin {
            source: self.one.source.clone(),
            first: batch.first,
            lines: batch.lines,
            ..Origin::default()
        };
        let mut table = Table::assemble(origin, columns)?;
        // Without columns too it has its rows.
        table.rows = batch.count;
        Ok(table)
    }
}

impl Iterator for Batches<'_> {
    type Item = Result<Table, TableError>;

    fn next(&mut self) -> Option<Self::Item> {
        let table = match self.batch() {
            Ok(None) => None,
            Ok(Some(batch)) => Some(self.table(batch)),
            Err(error) => Some(Err(self.files.one_of_several(error))),
        };
        if !matches!(table, Some(Ok(_))) {
            self.source = Source::Ended;
        }
        table
    }
}
