//! The model file: safetensors, with one metadata entry that holds everything but the networks'
//! weights as JSON. There is no code in it.
//!
//! Metadata is one entry because safetensors keeps entries in a hash map, whose order differs
//! from run to run; with one entry the same model is the same bytes. Its text is
//! `{"format":"neuronseek","version":1,"sha256":"...","model":{...}}`; the checksum covers the text
//! of `model` and all tensors, so that a damaged file is refused instead of read as another model.

use std::borrow::Cow;
use std::collections::HashMap;
use std::io::Write;
use std::path::Path;

use safetensors::tensor::{Dtype, SafeTensors, View};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use sha2::{Digest, Sha256};
use thiserror::Error;

/// The version of the format that is written.
pub const VERSION: u32 = 1;

const KEY: &str = "neuronseek";

/// The format of models of tables; other kinds of models have formats of their own.
pub const TABLE_FORMAT: &str = "neuronseek";

/// Why a model file cannot be read or written.
#[derive(Debug, Error)]
pub enum FileError {
    /// The operating system says no.
    #[error("cannot {action} {path}: {source}")]
    Io {
        /// "read" or "write".
        action: &'static str,
        /// The file.
        path: String,
        /// What the system says.
        source: std::io::Error,
    },
    /// Not a model file.
    #[error("{path} is not a NeuronSeek model: {reason}")]
    Foreign {
        /// The file.
        path: String,
        /// What is wrong.
        reason: String,
    },
    /// The log of another tuning.
    #[error(
        "{path} is not the log of this tuning (same data, options and seed): repeat the command \
         that wrote it, or leave out --resume"
    )]
    Unrelated {
        /// The file.
        path: String,
    },
    /// A model file that was changed or cut.
    #[error("{path} is damaged ({reason}); restore it from a copy or fit the model again")]
    Damaged {
        /// The file.
        path: String,
        /// What is wrong.
        reason: String,
    },
    /// Written by a later program.
    #[error(
        "{path} has format version {version}, and this program reads up to {VERSION}: use a newer neuronseek"
    )]
    Newer {
        /// The file.
        path: String,
        /// The file's version.
        version: u32,
    },
}

/// A named tensor in single precision.
#[derive(Debug, Clone, PartialEq)]
pub struct NamedTensor {
    /// Unique within a file.
    pub name: String,
    /// Its shape; the product is the number of values.
    pub shape: Vec<usize>,
    /// Row-major values.
    pub values: Vec<f32>,
}

struct Bytes {
    shape: Vec<usize>,
    bytes: Vec<u8>,
}

impl View for &Bytes {
    fn dtype(&self) -> Dtype {
        Dtype::F32
    }
    fn shape(&self) -> &[usize] {
        &self.shape
    }
    fn data(&self) -> Cow<'_, [u8]> {
        Cow::Borrowed(&self.bytes)
    }
    fn data_len(&self) -> usize {
        self.bytes.len()
    }
}

#[derive(Serialize)]
struct HeaderOut<'a> {
    format: &'a str,
    version: u32,
    sha256: String,
    model: &'a RawValue,
}

#[derive(Deserialize)]
struct HeaderIn<'a> {
    format: String,
    version: u32,
    sha256: Option<String>,
    #[serde(borrow)]
    model: Option<&'a RawValue>,
}

/// The bytes of a file that holds `document` and `tensors`: the same input, the same bytes.
/// `format` says which kind of model it is.
///
/// # Errors
/// Why the document or a tensor cannot be written.
pub fn encode<D: Serialize>(
    format: &str,
    document: &D,
    tensors: &[NamedTensor],
) -> Result<Vec<u8>, String> {
    let model = serde_json::value::to_raw_value(document).map_err(|error| error.to_string())?;
    let views: Vec<(&str, Bytes)> = tensors
        .iter()
        .map(|tensor| {
            let bytes = tensor.values.iter().flat_map(|v| v.to_le_bytes()).collect();
            let shape = tensor.shape.clone();
            (tensor.name.as_str(), Bytes { shape, bytes })
        })
        .collect();
    let parts = views
        .iter()
        .map(|(name, view)| (*name, view.shape.as_slice(), view.bytes.as_slice()));
    let header = HeaderOut {
        format,
        version: VERSION,
        sha256: checksum(model.get(), parts),
        model: &model,
    };
    let header = serde_json::to_string(&header).map_err(|error| error.to_string())?;
    let metadata = HashMap::from([(KEY.to_string(), header)]);
    let views = views.iter().map(|(name, view)| (*name, view));
    safetensors::serialize(views, Some(metadata)).map_err(|error| error.to_string())
}

/// Reads what [`encode`] wrote in the same format. `path` is for messages.
///
/// # Errors
/// [`FileError`] for a file of another kind or version, and for one that was changed or cut.
pub fn decode<D: for<'de> Deserialize<'de>>(
    format: &str,
    bytes: &[u8],
    path: &str,
) -> Result<(D, Vec<NamedTensor>), FileError> {
    let foreign = |reason: &str| FileError::Foreign {
        path: path.to_string(),
        reason: reason.to_string(),
    };
    let damaged = |reason: String| FileError::Damaged {
        path: path.to_string(),
        reason,
    };
    if bytes.len() < 10 || bytes[8] != b'{' {
        return Err(foreign("it does not start as a safetensors file does"));
    }
    let file = SafeTensors::deserialize(bytes).map_err(|error| damaged(error.to_string()))?;
    let (_, metadata) =
        SafeTensors::read_metadata(bytes).map_err(|error| damaged(error.to_string()))?;
    let header = metadata
        .metadata()
        .as_ref()
        .and_then(|map| map.get(KEY))
        .ok_or_else(|| foreign("its metadata has no entry \"neuronseek\""))?;
    let header: HeaderIn<'_> =
        serde_json::from_str(header).map_err(|error| damaged(error.to_string()))?;
    if header.format != format {
        let found = &header.format;
        return Err(foreign(&format!(
            "its format is \"{found}\" where \"{format}\" is expected (`neuronseek vision` reads \
             models of images, the other commands read models of tables)"
        )));
    }
    if header.version > VERSION {
        return Err(FileError::Newer {
            path: path.to_string(),
            version: header.version,
        });
    }
    let model = header
        .model
        .ok_or_else(|| damaged("no model in its metadata".to_string()))?;
    let mut tensors = Vec::new();
    for (name, view) in file.iter() {
        if view.dtype() != Dtype::F32 {
            return Err(damaged(format!("tensor {name} is not of type F32")));
        }
        tensors.push((name, view));
    }
    tensors.sort_by(|a, b| a.0.cmp(b.0));
    let parts = tensors
        .iter()
        .map(|(name, view)| (*name, view.shape(), view.data()));
    let sum = checksum(model.get(), parts);
    if header.sha256.as_deref() != Some(sum.as_str()) {
        return Err(damaged("its checksum does not fit its content".to_string()));
    }
    let document = serde_json::from_str(model.get()).map_err(|error| damaged(error.to_string()))?;
    let tensors = tensors
        .into_iter()
        .map(|(name, view)| NamedTensor {
            name: name.to_string(),
            shape: view.shape().to_vec(),
            values: view
                .data()
                .chunks_exact(4)
                .map(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]]))
                .collect(),
        })
        .collect();
    Ok((document, tensors))
}

/// SHA-256 over the document and, by name, each tensor's name, shape and bytes, with lengths
/// between, so that no two contents share a byte stream.
fn checksum<'a>(
    document: &str,
    tensors: impl Iterator<Item = (&'a str, &'a [usize], &'a [u8])>,
) -> String {
    let mut sorted: Vec<_> = tensors.collect();
    sorted.sort_by(|a, b| a.0.cmp(b.0));
    let mut hash = Sha256::new();
    hash.update((document.len() as u64).to_le_bytes());
    hash.update(document.as_bytes());
    for (name, shape, bytes) in sorted {
        hash.update((name.len() as u64).to_le_bytes());
        hash.update(name.as_bytes());
        hash.update((shape.len() as u64).to_le_bytes());
        for &extent in shape {
            hash.update((extent as u64).to_le_bytes());
        }
        hash.update((bytes.len() as u64).to_le_bytes());
        hash.update(bytes);
    }
    hash.finalize().iter().map(|b| format!("{b:02x}")).collect()
}

/// Writes `bytes` aside in the same folder and renames, so that `path` holds either what it held
/// before or all of `bytes`, whatever happens in between.
pub fn write_whole(path: &Path, bytes: &[u8]) -> Result<(), FileError> {
    let failed = |source: std::io::Error| FileError::Io {
        action: "write",
        path: path.display().to_string(),
        source,
    };
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    let mut builder = tempfile::Builder::new();
    builder.prefix(".neuronseek-");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        // The permissions that an ordinary file gets; the umask takes its share.
        builder.permissions(std::fs::Permissions::from_mode(0o666));
    }
    let mut aside = builder.tempfile_in(folder).map_err(failed)?;
    aside.write_all(bytes).map_err(failed)?;
    aside.as_file().sync_all().map_err(failed)?;
    aside.persist(path).map_err(|error| failed(error.error))?;
    Ok(())
}

/// Reads a whole file.
pub fn read_whole(path: &Path) -> Result<Vec<u8>, FileError> {
    std::fs::read(path).map_err(|source| FileError::Io {
        action: "read",
        path: path.display().to_string(),
        source,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample() -> Vec<u8> {
        let tensors = [
            NamedTensor {
                name: "b".into(),
                shape: vec![2],
                values: vec![1.0, -2.5],
            },
            NamedTensor {
                name: "a".into(),
                shape: vec![1, 3],
                values: vec![0.5, 0.0, 1e-30],
            },
        ];
        encode(
            TABLE_FORMAT,
            &serde_json::json!({"x": 1.5, "name": "é"}),
            &tensors,
        )
        .unwrap()
    }

    #[test]
    fn round_trip() {
        let (document, tensors): (serde_json::Value, _) =
            decode(TABLE_FORMAT, &sample(), "m").unwrap();
        assert_eq!(document["x"], 1.5);
        assert_eq!(tensors[0].name, "a");
        assert_eq!(tensors[1].values, [1.0, -2.5]);
        assert_eq!(sample(), sample());
    }

    #[test]
    fn every_changed_byte_is_refused_or_harmless() {
        let good = sample();
        let whole: (serde_json::Value, Vec<NamedTensor>) =
            decode(TABLE_FORMAT, &good, "m").unwrap();
        for position in 0..good.len() {
            for flip in [1u8, 0x20, 0x80] {
                let mut bad = good.clone();
                bad[position] ^= flip;
                if let Ok(read) = decode::<serde_json::Value>(TABLE_FORMAT, &bad, "m") {
                    assert_eq!(read, whole, "byte {position} changed by {flip:#x}");
                }
            }
        }
        for length in 0..good.len() {
            assert!(decode::<serde_json::Value>(TABLE_FORMAT, &good[..length], "m").is_err());
        }
    }

    #[test]
    fn newer_versions_are_named() {
        let text = String::from_utf8_lossy(&sample()).into_owned();
        assert!(text.contains("\\\"version\\\":1"));
        let newer: Vec<u8> = {
            let bytes = sample();
            let at = text.find("version\\\":1").unwrap() + "version\\\":".len();
            let mut bytes = bytes;
            bytes[at] = b'9';
            bytes
        };
        assert!(matches!(
            decode::<serde_json::Value>(TABLE_FORMAT, &newer, "m"),
            Err(FileError::Newer { version: 9, .. })
        ));
    }
}
