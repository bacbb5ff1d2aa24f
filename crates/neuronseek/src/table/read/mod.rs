//! From bytes to a table: what the file is, how it is compressed, who reads it.
//!
//! The first bytes decide what a file is, and not its name, which may be wrong; the name decides
//! the separator of a text.

use std::fs::File;
use std::io::{self, Cursor, Read};
use std::path::Path;

use super::{ReadOptions, Table, TableError};

mod delimited;
mod parquet;
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
        let file = File::open(path).map_err(|cause| TableError::Open {
            source_name: source.clone(),
            cause,
        })?;
        if file.metadata().is_ok_and(|metadata| metadata.is_dir()) {
            return Err(TableError::Directory {
                source_name: source,
            });
        }
        Table::read_from(file, &source, options)
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
        let mut magic = [0; 4];
        let mut length = 0;
        while length < magic.len() {
            match reader.read(&mut magic[length..]) {
                Ok(0) => break,
                Ok(more) => length += more,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(cause) => {
                    return Err(TableError::Read {
                        source_name: source.to_string(),
                        rows: 0,
                        cause,
                    });
                }
            }
        }
        let mut whole = Cursor::new(magic).take(length as u64).chain(reader);
        match &magic[..length] {
            start if start == b"PAR1" || (!start.is_empty() && source.ends_with(".parquet")) => {
                let mut bytes = Vec::new();
                match whole.read_to_end(&mut bytes) {
                    Ok(_) => parquet::read(bytes, source, options),
                    Err(cause) => Err(TableError::Read {
                        source_name: source.to_string(),
                        rows: 0,
                        cause,
                    }),
                }
            }
            [0x1f, 0x8b, ..] => {
                let decoder = flate2::read::MultiGzDecoder::new(whole);
                delimited::read(decoder, source, Some("gzip"), options)
            }
            [0x28, 0xb5, 0x2f, 0xfd] => match zstd::stream::read::Decoder::new(whole) {
                Ok(decoder) => delimited::read(decoder, source, Some("zstd"), options),
                Err(error) => Err(TableError::Damaged {
                    source_name: source.to_string(),
                    rows: None,
                    format: "zstd",
                    reason: error.to_string(),
                }),
            },
            _ => delimited::read(whole, source, None, options),
        }
    }
}

#[cfg(test)]
mod tests;
