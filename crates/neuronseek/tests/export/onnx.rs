//! ONNX in onnxruntime.

use neuronseek::export::onnx::onnx;
use serde::Deserialize;
use serde_json::json;

use crate::asking::ask;
use crate::fixtures::{cases, close, columns};

#[derive(Deserialize)]
struct Answer {
    values: Vec<Vec<f64>>,
    labels: Vec<String>,
}

#[test]
fn onnxruntime_predicts_the_same() {
    for case in cases() {
        let pipeline = case.model.pipeline().unwrap();
        let bytes = onnx(&pipeline).unwrap();
        assert_eq!(bytes, onnx(&pipeline).unwrap());
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("model.onnx");
        std::fs::write(&file, bytes).unwrap();
        let input = json!({"file": file, "columns": columns(&pipeline.recipe, &case.table)});
        let answer: Option<Answer> = ask("export/run_onnx.py", "numpy, onnx, onnxruntime", &input);
        let Some(answer) = answer else { return };
        let expected = case.expected();
        let found = crate::fixtures::matrix(&answer.values);
        close(case.name, &expected, &found, case.tolerance);
        assert_eq!(answer.labels, case.labels(), "{}", case.name);
    }
}
