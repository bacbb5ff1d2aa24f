//! From bytes to a table: what the file is, how it is compressed, who reads it.
//!
//! The first bytes decide what a file is, and not its name, which may be wrong; the name decides
//! the separator of a text.

use std::fs::File;
use std::io::{self, BufReader, Cursor, Read, Seek};
use std::path::Path;

use flate2::read::MultiGzDecoder;

use super::{ReadOptions, Table, TableError};

pub(super) mod delimited;
pub(super) mod parquet;
mod records;

pub use parquet::panic_is_caught;

impl Table {
    /// Reads a table from a file: CSV or TSV, plain or compressed by gzip or zstd, or Parquet.
    /// The path `-` is standard input.
    ///
    /// # Errors
    /// One for whatever keeps the file from being a table: each says what, where (file, data row,
    /// line, column) and what to do.
    ///
    /// ```no_run
    /// use neuronseek::table::{ReadOptions, Table};
    ///
    /// let table = Table::read("measurements.csv.gz".as_ref(), &ReadOptions::default())?;
    /// println!("{} rows", table.rows());
    /// # Ok::<(), neuronseek::table::TableError>(())
    /// ```
    pub fn read(path: &Path, options: &ReadOptions) -> Result<Table, TableError> {
        if path.as_os_str() == "-" {
            return Table::read_from(io::stdin().lock(), "standard input", options);
        }
        let source = path.display().to_string();
        Table::read_from(open(path, &source)?, &source, options)
    }

    /// Reads a table from any reader; `source` names it in messages, and its ending tells the
    /// separator (`.tsv`, `.tab`: a tab).
    ///
    /// # Errors
    /// As [`Table::read`].
    pub fn read_from(
        mut reader: impl Read,
        source: &str,
        options: &ReadOptions,
    ) -> Result<Table, TableError> {
        let failed = |cause| TableError::Read {
            source_name: source.to_string(),
            rows: 0,
            cause,
        };
        let (start, length) = start(&mut reader).map_err(failed)?;
        let format = Format::of(&start[..length], source);
        let mut whole = Cursor::new(start).take(length as u64).chain(reader);
        match format {
            Format::Parquet => {
                let mut bytes = Vec::new();
                whole.read_to_end(&mut bytes).map_err(failed)?;
                parquet::read(bytes, source, options)
            }
            Format::Text => delimited::read(whole, source, None, options),
            Format::Gzip => {
                delimited::read(MultiGzDecoder::new(whole), source, format.name(), options)
            }
            Format::Zstd => {
                delimited::read(zstd_decoder(whole, source)?, source, format.name(), options)
            }
        }
    }
}

/// What a file is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Format {
    /// A table in Parquet.
    Parquet,
    /// Text as it is.
    Text,
    /// Text compressed by gzip.
    Gzip,
    /// Text compressed by zstd.
    Zstd,
}

impl Format {
    /// The format by the first bytes of a file and its name.
    fn of(start: &[u8], source: &str) -> Format {
        match start {
            b"PAR1" => Format::Parquet,
            start if !start.is_empty() && source.ends_with(".parquet") => Format::Parquet,
            [0x1f, 0x8b, ..] => Format::Gzip,
            [0x28, 0xb5, 0x2f, 0xfd] => Format::Zstd,
            _ => Format::Text,
        }
    }

    /// The name of the compression of a text.
    pub fn name(self) -> Option<&'static str> {
        match self {
            Format::Gzip => Some("gzip"),
            Format::Zstd => Some("zstd"),
            Format::Parquet | Format::Text => None,
        }
    }
}

/// The first bytes of a reader, and how many there are.
fn start(reader: &mut impl Read) -> io::Result<([u8; 4], usize)> {
    let mut start = [0; 4];
    let mut length = 0;
    while length < start.len() {
        match reader.read(&mut start[length..]) {
            Ok(0) => break,
            Ok(more) => length += more,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok((start, length))
}

fn zstd_decoder<R: Read>(
    reader: R,
    source: &str,
) -> Result<zstd::stream::read::Decoder<'static, BufReader<R>>, TableError> {
    zstd::stream::read::Decoder::new(reader).map_err(|error| TableError::Damaged {
        source_name: source.to_string(),
        rows: None,
        format: "zstd",
        reason: error.to_string(),
    })
}

/// A file opened for reading, not a directory.
pub(super) fn open(path: &Path, source: &str) -> Result<File, TableError> {
    let file = File::open(path).map_err(|cause| TableError::Open {
        source_name: source.to_string(),
        cause,
    })?;
    if file.metadata().is_ok_and(|metadata| metadata.is_dir()) {
        return Err(TableError::Directory {
            source_name: source.to_string(),
        });
    }
    Ok(file)
}

/// An open file, at its start, and its format.
pub(super) fn sniffed(path: &Path, source: &str) -> Result<(File, Format), TableError> {
    let mut file = open(path, source)?;
    let format = start(&mut file).and_then(|(start, length)| {
        file.rewind()?;
        Ok(Format::of(&start[..length], source))
    });
    match format {
        Ok(format) => Ok((file, format)),
        Err(cause) => Err(TableError::Read {
            source_name: source.to_string(),
            rows: 0,
            cause,
        }),
    }
}

/// The text of a file, decompressed.
pub(super) fn decompressed(
    file: File,
    format: Format,
    source: &str,
) -> Result<Box<dyn Read + Send>, TableError> {
    Ok(match format {
        Format::Gzip => Box::new(MultiGzDecoder::new(file)),
        Format::Zstd => Box::new(zstd_decoder(file, source)?),
        Format::Parquet | Format::Text => Box::new(file),
    })
}

#[cfg(test)]
mod tests;
