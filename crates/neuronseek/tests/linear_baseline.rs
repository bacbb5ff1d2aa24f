//! The linear baseline on real tables is about as good as scikit-learn's.

use std::path::PathBuf;

use neuronseek::linear::baseline;
use neuronseek::model::Metrics;
use neuronseek::prepare::{
    Origin, Preparation, PrepareOptions, SearchScale, Target, probabilities,
};
use neuronseek::table::{ReadOptions, Table, split};

/// Table, target, test rows of split 0, and there the nmse or log loss of scikit-learn's `Ridge`
/// or `LogisticRegression` (defaults, standardised numbers, one-hot categories).
const TABLES: [(&str, &str, usize, f64); 16] = [
    ("abalone", "Class_number_of_rings", 866, 0.526066),
    ("airfoil_self_noise", "sound_pressure", 310, 0.466406),
    ("airlines_dep_delay", "DepDelay", 19984, 0.949176),
    ("airlines_dep_delay_1987_2008", "DepDelay", 8637, 0.94274),
    ("asteroid_diameter", "diameter", 635, 0.694465),
    ("bike_sharing", "count", 3555, 0.610402),
    ("california_housing", "MedHouseVal", 4222, 0.377961),
    ("credit_g", "class", 206, 0.538045),
    ("diamonds", "price", 10859, 0.08395),
    ("electricity", "class", 9127, 0.488559),
    ("electron_collision", "M", 4088, 0.58969),
    ("eye_movements", "label", 2206, 0.950128),
    ("magic_telescope", "class", 3872, 0.462141),
    ("oranges_vs_grapefruit", "name", 2034, 0.156943),
    ("stellar_sdss17", "class", 4096, 0.157865),
    ("vehicle", "Class", 165, 0.41155),
];

/// The folder of the tables, where there is one.
fn tables() -> Option<PathBuf> {
    let folder = std::env::var_os("NEURONSEEK_DATA").map_or_else(
        || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data"),
        PathBuf::from,
    );
    Some(folder.join("tabular")).filter(|folder| folder.is_dir())
}

/// The metrics on the test rows of split 0, and how many rows these are.
fn fit_and_judge(
    path: &std::path::Path,
    target: &str,
) -> Result<(Metrics, usize), Box<dyn std::error::Error>> {
    let table = Table::read(path, &ReadOptions::default())?;
    let mut options = PrepareOptions {
        targets: vec![target.to_string()],
        ..PrepareOptions::default()
    };
    // Both tell the group of rows, and thus the label.
    if target == "label" {
        options.ignore = vec!["lineNo".to_string(), "assgNo".to_string()];
    }
    let split = split::by_hash(table.rows(), 0);
    let preparation = Preparation::fit(&table, &options, &split.train)?;
    let inputs = preparation.inputs(&table)?;
    assert!(inputs.data().iter().all(|value| value.is_finite()));
    let training = inputs.select_rows(&split.train);
    let scale = SearchScale::fit(&training, Origin::Auto);
    let known = preparation.target(&table, &split.train)?;
    let fit = baseline(&scale.apply(&training), &known, None)?;
    assert!(fit.converged, "{target}");
    let outputs = fit
        .model
        .predict(&scale.apply(&inputs.select_rows(&split.test)));
    let metrics = match preparation.target(&table, &split.test)? {
        Target::Values(values) => {
            let truth = preparation.restore(&values);
            Metrics::regression(&truth, &preparation.restore(&outputs), None)
        }
        Target::Classes { labels, count } => {
            Metrics::classification(&labels, &probabilities(&outputs, count), None)
        }
    };
    Ok((metrics.ok_or("no metrics")?, split.test.len()))
}

#[test]
fn the_baseline_is_as_good_as_scikit_learns_on_sixteen_tables() {
    let Some(folder) = tables() else {
        println!("skipped: no tables; set NEURONSEEK_DATA");
        return;
    };
    let mut worse = Vec::new();
    for (name, target, test_rows, expected) in TABLES {
        let path = folder.join(format!("{name}.csv.gz"));
        let (metrics, rows) = fit_and_judge(&path, target).unwrap();
        assert_eq!(rows, test_rows, "{name}");
        let loss = match metrics {
            Metrics::Regression { nmse, .. } => nmse.unwrap(),
            Metrics::Classification { log_loss, .. } => log_loss,
        };
        println!("{name}: {loss:.6}, scikit-learn {expected}");
        if loss > 1.015 * expected {
            worse.push(format!(
                "{name}: {loss:.6} where scikit-learn has {expected}"
            ));
        }
    }
    assert!(worse.is_empty(), "{worse:?}");
}
