//! The polynomial in symbols, in the user's units.

use std::path::{Path, PathBuf};

use neuronseek::export::sympy;
use neuronseek::matrix::Matrix;
use neuronseek::model::{FitOptions, Model, Profile, fit};
use neuronseek::observe::Control;
use neuronseek::prepare::Restoring;
use neuronseek::table::{ReadOptions, Table};
use serde_json::json;

use crate::asking::ask;
use crate::fixtures::{cases, close, matrix};

const ROWS: usize = 100;

/// What SymPy says of the first rows beside what the model's polynomial says; `None` without SymPy,
/// `Some(false)` where there is no polynomial.
fn evaluated(name: &str, model: &Model, table: &Table) -> Option<bool> {
    let Some(expanded) = model.expanded() else {
        return Some(false);
    };
    let inputs = model.preparation().inputs(table).unwrap();
    let all: Vec<usize> = (0..ROWS).collect();
    let inputs = inputs.select_rows(&all);
    let own = (0..inputs.rows()).flat_map(|row| expanded.values(inputs.row(row)));
    let own = Matrix::from_vec(inputs.rows(), expanded.outputs.len(), own.collect());
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("polynomial.py");
    std::fs::write(&file, sympy(&expanded)).unwrap();
    let rows: Vec<&[f64]> = (0..inputs.rows()).map(|row| inputs.row(row)).collect();
    let input = json!({"file": file, "rows": rows});
    let found: Vec<Vec<f64>> = ask("export/run_sympy.py", "sympy", &input)?;
    close(name, &own, &matrix(&found), 1e-9);
    Some(true)
}

#[test]
fn sympy_evaluates_the_same() {
    let mut count = 0;
    for case in cases() {
        let Some(found) = evaluated(case.name, &case.model, &case.table) else {
            return;
        };
        count += usize::from(found);
        let Some(expanded) = case.model.expanded() else {
            continue;
        };
        // Values that no bounds change are what the model says.
        let plain = matches!(case.model.pipeline().unwrap().outcome, Restoring::Values(_));
        if expanded.predicts && plain {
            let all: Vec<usize> = (0..ROWS).collect();
            let inputs = case.model.preparation().inputs(&case.table).unwrap();
            let own = all.iter().flat_map(|&row| expanded.values(inputs.row(row)));
            let own = Matrix::from_vec(ROWS, expanded.outputs.len(), own.collect());
            close(case.name, &case.expected().select_rows(&all), &own, 1e-9);
        }
    }
    assert!(count >= 2, "{count}");
}

/// Airfoil noise comes with the repository, abalone with the tables.
#[test]
fn sympy_evaluates_polynomials_of_real_tables() {
    let here = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let data = std::env::var_os("NEURONSEEK_DATA");
    let data = data.map_or_else(|| here.join("../shared/data"), PathBuf::from);
    let tables = [
        (
            here.join("examples/data/airfoil_self_noise.csv"),
            "sound_pressure",
        ),
        (data.join("tabular/abalone.csv.gz"), "Class_number_of_rings"),
    ];
    for (path, target) in tables {
        if !path.exists() {
            println!("skipped: no {}; set NEURONSEEK_DATA", path.display());
            continue;
        }
        let table = Table::read(&path, &ReadOptions::default()).unwrap();
        let mut options = FitOptions {
            profile: Profile::Small,
            ..FitOptions::default()
        };
        options.prepare.targets = vec![target.to_string()];
        options.train.epochs = Some(1);
        let model = fit(&table, None, &options, &Control::silent())
            .unwrap()
            .model;
        let name = path.display().to_string();
        assert_ne!(evaluated(&name, &model, &table), Some(false), "{name}");
    }
}
