//! Where the bytes of a file come from.

use std::fs::File;
use std::io::Read;

use bytes::{Buf, Bytes};
use parquet::errors::Result;
use parquet::file::reader::{ChunkReader, Length};

/// The bytes of a file: one type for both, so that what decodes them is compiled once.
pub(in crate::table) enum Data {
    /// In memory.
    Bytes(Bytes),
    /// On disk. All readers of it share one position, so that one thread alone may read.
    File(File),
}

impl Length for Data {
    fn len(&self) -> u64 {
        match self {
            Data::Bytes(bytes) => Length::len(bytes),
            Data::File(file) => file.len(),
        }
    }
}

impl ChunkReader for Data {
    type T = Box<dyn Read + Send>;

    fn get_read(&self, start: u64) -> Result<Self::T> {
        Ok(match self {
            Data::Bytes(bytes) => {
                let start = usize::try_from(start).unwrap_or(usize::MAX);
                Box::new(bytes.slice(start.min(bytes.len())..).reader())
            }
            Data::File(file) => Box::new(file.get_read(start)?),
        })
    }

    fn get_bytes(&self, start: u64, length: usize) -> Result<Bytes> {
        match self {
            Data::Bytes(bytes) => bytes.get_bytes(start, length),
            // A damaged length must not make it ask for more memory than the file has bytes.
            Data::File(file) => match start.checked_add(length as u64) {
                Some(end) if end <= file.len() => file.get_bytes(start, length),
                _ => Err(parquet::errors::ParquetError::EOF(format!(
                    "{length} bytes at {start} lie beyond its end"
                ))),
            },
        }
    }
}
