//! Checksums in hexadecimal digits, and what is promised of a file.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use md5::Md5;
use sha2::{Digest, Sha256};

/// What a file must be.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Promise<'a> {
    /// Its size.
    pub bytes: Option<u64>,
    /// "md5" or "sha256", and the checksum.
    pub checksum: Option<(&'static str, &'a str)>,
}

/// How a file is not what it must be.
#[derive(Debug)]
pub(crate) struct Broken {
    /// "size in bytes", "md5" or "sha256".
    pub kind: &'static str,
    /// What it is.
    pub found: String,
    /// What it must be.
    pub expected: String,
}

impl Promise<'_> {
    /// Compares a file with the promise; the size first, which says at once that a page of a
    /// proxy came instead.
    pub fn broken(&self, path: &Path) -> io::Result<Option<Broken>> {
        let bytes = std::fs::metadata(path)?.len();
        if let Some(expected) = self.bytes.filter(|expected| *expected != bytes) {
            return Ok(Some(Broken {
                kind: "size in bytes",
                found: bytes.to_string(),
                expected: expected.to_string(),
            }));
        }
        let Some((kind, expected)) = self.checksum else {
            return Ok(None);
        };
        let found = match kind {
            "md5" => md5_of(path)?,
            _ => sha256_of(path)?,
        };
        Ok((found != expected).then(|| Broken {
            kind,
            found,
            expected: expected.to_string(),
        }))
    }
}

/// The MD5 of a file: what OpenML promises of its ARFF files. It guards against accidents of
/// transport, not against forgery.
fn md5_of(path: &Path) -> io::Result<String> {
    of_file::<Md5>(path)
}

/// The SHA-256 of a file.
pub(crate) fn sha256_of(path: &Path) -> io::Result<String> {
    of_file::<Sha256>(path)
}

fn of_file<D: Digest>(path: &Path) -> io::Result<String> {
    let mut file = File::open(path)?;
    let mut digest = D::new();
    let mut block = vec![0; 1 << 16];
    loop {
        match file.read(&mut block)? {
            0 => return Ok(digits(digest)),
            length => digest.update(&block[..length]),
        }
    }
}

/// The digits of a finished digest.
pub(crate) fn digits(digest: impl Digest) -> String {
    let bytes = digest.finalize();
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_checksums() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("abc");
        std::fs::write(&file, "abc").unwrap();
        // The test vectors of RFC 1321 and of FIPS 180-2.
        assert_eq!(md5_of(&file).unwrap(), "900150983cd24fb0d6963f7d28e17f72");
        assert_eq!(
            sha256_of(&file).unwrap(),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        );
    }
}
