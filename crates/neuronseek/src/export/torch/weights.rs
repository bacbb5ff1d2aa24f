//! Arrays as a safetensors file.

use std::borrow::Cow;
use std::collections::HashMap;

use safetensors::tensor::{Dtype, View};

use crate::export::python::layers::{Array, Numbers};

struct Bytes<'a> {
    array: &'a Array,
    bytes: Vec<u8>,
}

impl View for &Bytes<'_> {
    fn dtype(&self) -> Dtype {
        match self.array.numbers {
            Numbers::Single(_) => Dtype::F32,
            Numbers::Double(_) => Dtype::F64,
        }
    }
    fn shape(&self) -> &[usize] {
        &self.array.shape
    }
    fn data(&self) -> Cow<'_, [u8]> {
        Cow::Borrowed(&self.bytes)
    }
    fn data_len(&self) -> usize {
        self.bytes.len()
    }
}

/// The file; one entry of metadata, for the order of several is not the same in every run.
pub fn safetensors(arrays: &[Array]) -> Result<Vec<u8>, String> {
    let views: Vec<Bytes<'_>> = arrays
        .iter()
        .map(|array| Bytes {
            array,
            bytes: match &array.numbers {
                Numbers::Single(values) => values.iter().flat_map(|v| v.to_le_bytes()).collect(),
                Numbers::Double(values) => values.iter().flat_map(|v| v.to_le_bytes()).collect(),
            },
        })
        .collect();
    let metadata = HashMap::from([("format".to_string(), "pt".to_string())]);
    let views = views.iter().map(|view| (view.array.name.as_str(), view));
    safetensors::serialize(views, Some(metadata)).map_err(|error| error.to_string())
}
