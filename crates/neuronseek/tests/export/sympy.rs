//! The polynomial in symbols, in the user's units.

use neuronseek::export::sympy;
use neuronseek::matrix::Matrix;
use neuronseek::prepare::Restoring;
use serde_json::json;

use crate::asking::ask;
use crate::fixtures::{cases, close, matrix};

#[test]
fn sympy_evaluates_the_same() {
    let mut evaluated = 0;
    for case in cases() {
        let Some(expanded) = case.model.expanded() else {
            continue;
        };
        let inputs = case.model.preparation().inputs(&case.table).unwrap();
        let all: Vec<usize> = (0..100).collect();
        let inputs = inputs.select_rows(&all);
        let own = (0..inputs.rows()).flat_map(|row| expanded.values(inputs.row(row)));
        let own = Matrix::from_vec(inputs.rows(), expanded.outputs.len(), own.collect());
        // Values that no bounds change are what the model says.
        let plain = matches!(case.model.pipeline().unwrap().outcome, Restoring::Values(_));
        if expanded.predicts && plain {
            close(case.name, &case.expected().select_rows(&all), &own, 1e-9);
        }
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("polynomial.py");
        std::fs::write(&file, sympy(&expanded)).unwrap();
        let rows: Vec<&[f64]> = (0..inputs.rows()).map(|row| inputs.row(row)).collect();
        let input = json!({"file": file, "rows": rows});
        let found: Option<Vec<Vec<f64>>> = ask("export/run_sympy.py", "sympy", &input);
        let Some(found) = found else { return };
        close(case.name, &own, &matrix(&found), 1e-9);
        evaluated += 1;
    }
    assert!(evaluated >= 2, "{evaluated}");
}
