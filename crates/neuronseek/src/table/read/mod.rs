//! From bytes to a table: what the file is, how it is compressed, who reads it.

use std::path::Path;

use super::{ReadOptions, Table, TableError};

impl Table {
    /// Reads a file; `-` is CSV on standard input.
    pub fn read(_path: &Path, _options: &ReadOptions) -> Result<Table, TableError> {
        todo!()
    }
}
