//! One run at a time works on a file.

use std::fs::{File, TryLockError};
use std::io;
use std::path::Path;

use neuronseek::observe::Control;

use crate::DataError;

/// Waits until no other run works on the same file, and says so where it takes a while; the lock
/// ends with the value. Its file stays, since a run that waits for it may hold it open.
pub(crate) fn lock(path: &Path, control: &Control<'_>) -> Result<File, DataError> {
    let locked = || -> io::Result<File> {
        let file = File::create(path)?;
        match file.try_lock() {
            Ok(()) => Ok(file),
            Err(TryLockError::WouldBlock) => {
                control.warn(&format!(
                    "waiting for another run: {} is held",
                    path.display()
                ));
                file.lock().map(|()| file)
            }
            // Some network folders know no locks; then one run at a time is up to the user.
            Err(TryLockError::Error(_)) => Ok(file),
        }
    };
    locked().map_err(|cause| DataError::file("write", path, cause))
}
