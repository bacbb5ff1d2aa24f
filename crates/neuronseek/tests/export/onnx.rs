//! ONNX in onnxruntime.

use neuronseek::export::onnx::onnx;
use serde::Deserialize;
use serde_json::json;

use crate::asking::ask;
use crate::fixtures::{close, matrix};
use crate::samples::Sample;

#[derive(Deserialize)]
struct Answer {
    values: Vec<Vec<f64>>,
    labels: Vec<String>,
}

#[test]
fn onnxruntime_predicts_the_same() {
    for sample in Sample::all() {
        let bytes = onnx(&sample.pipeline).unwrap();
        assert_eq!(bytes, onnx(&sample.pipeline).unwrap());
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("model.onnx");
        std::fs::write(&file, bytes).unwrap();
        let input = json!({"file": file, "columns": sample.columns()});
        let answer: Option<Answer> = ask("export/run_onnx.py", "numpy, onnx, onnxruntime", &input);
        let Some(answer) = answer else { return };
        let found = matrix(&answer.values);
        close(&sample.name, &sample.expected, &found, sample.tolerance);
        assert_eq!(answer.labels, sample.labels, "{}", sample.name);
    }
}
