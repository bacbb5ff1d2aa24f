//! A model as plain steps in JSON.

use serde::Serialize;

use crate::model::Pipeline;

/// The version of the layout of [`json`].
pub const JSON_VERSION: u32 = 1;

#[derive(Serialize)]
struct Document<'a> {
    format: &'static str,
    version: u32,
    neuronseek: &'static str,
    #[serde(flatten)]
    pipeline: &'a Pipeline,
}

/// A [`Pipeline`] as JSON, on one line: its fields by their names, beside
/// `"format": "neuronseek-pipeline"`, `"version"` ([`JSON_VERSION`]) and `"neuronseek"` (that of the
/// program). Numbers round-trip.
pub fn json(pipeline: &Pipeline) -> String {
    let document = Document {
        format: "neuronseek-pipeline",
        version: JSON_VERSION,
        neuronseek: env!("CARGO_PKG_VERSION"),
        pipeline,
    };
    // Names are texts and nothing else is in a map, so there is always a form.
    let mut text = serde_json::to_string(&document).unwrap_or_default();
    text.push('\n');
    text
}
