//! A download that is compared with what was promised of it.

use std::path::Path;

use neuronseek::observe::Control;

use super::{Client, forget};
use crate::DataError;
use crate::checksum::Promise;

impl Client {
    /// Brings the file at an address to `part` and compares it with the promise. A file that was
    /// put together of several answers is asked for once more as a whole where it is not as
    /// promised, because they may be of different versions.
    ///
    /// # Errors
    /// As [`Client::file`], and [`DataError::Checksum`] when the file is another one; nothing of
    /// it stays then.
    pub fn checked(
        &self,
        address: &str,
        part: &Path,
        promise: &Promise<'_>,
        name: &str,
        control: &Control<'_>,
    ) -> Result<(), DataError> {
        let mut second = false;
        loop {
            let pieces = self.file(address, part, name, control)?;
            let broken = promise.broken(part);
            let broken = broken.map_err(|cause| DataError::file("read", part, cause))?;
            let Some(broken) = broken else {
                return Ok(());
            };
            forget(part);
            if !pieces || second {
                return Err(DataError::Checksum {
                    address: address.to_string(),
                    kind: broken.kind,
                    found: broken.found,
                    expected: broken.expected,
                });
            }
            second = true;
        }
    }
}
