//! Models as Python that needs NumPy alone.

use neuronseek::export::python;
use neuronseek::matrix::Matrix;
use neuronseek::table::Column;
use serde_json::{Value, json};

use crate::asking::with;
use crate::fixtures::{close, matrix};
use crate::interpreter::run;
use crate::samples::Sample;

/// Every form of a date that tables read.
const DATES: [&str; 14] = [
    "1969-12-31",
    "2024-01-31",
    "2024/1/31",
    "31.1.2024",
    "20240131",
    "2024-01-31T10:11:12.25",
    "31.01.2024 10:11",
    "2024-01-31 10:11:12 UTC",
    "2024-01-31T10:11:12Z",
    "2024-01-31T10:11:12+02:00",
    "2024-01-31 10:11:12 +0200",
    "2024-01-31 10:11:12-05",
    "10:11:12",
    "9:05",
];

#[test]
fn exported_files_predict_what_the_model_does() {
    let Some(interpreter) = with("numpy") else {
        return;
    };
    let (folder, samples) = (tempfile::tempdir().unwrap(), Sample::all());
    let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
    write("predict.py", include_str!("programs/predict.py"));
    write("dates.json", &json!(DATES).to_string());
    let names: Vec<String> = (0..samples.len())
        .map(|index| format!("case{index}"))
        .collect();
    for (sample, name) in samples.iter().zip(&names) {
        std::fs::create_dir(folder.path().join(name)).unwrap();
        let text = python(&sample.pipeline).unwrap();
        assert_eq!(text, python(&sample.pipeline).unwrap());
        println!("{}: {} bytes", sample.name, text.len());
        write(&format!("{name}/model.py"), &text);
        let given = sample.columns();
        write(&format!("{name}/columns.json"), &given.to_string());
        write(&format!("{name}/table.csv"), &csv(sample));
    }
    let mut arguments = vec!["predict.py"];
    arguments.extend(names.iter().map(String::as_str));
    let printed = run(&interpreter, &arguments, folder.path());
    let results: Vec<Value> = serde_json::from_str(&printed).unwrap();
    for ((sample, result), name) in samples.iter().zip(results).zip(&names) {
        check(sample, &result);
        let printed = run(
            &interpreter,
            &["model.py", "table.csv"],
            &folder.path().join(name),
        );
        check_csv(sample, &printed);
    }
}

fn check(sample: &Sample, result: &Value) {
    close(
        &sample.name,
        &sample.expected,
        &matrix(&serde_json::from_value::<Vec<Vec<f64>>>(result["values"].clone()).unwrap()),
        sample.tolerance,
    );
    let rows = sample.table.rows();
    match (sample.labels.as_slice(), sample.pipeline.targets.len()) {
        ([], 1) => assert_eq!(result["shape"], json!([rows])),
        ([], targets) => assert_eq!(result["shape"], json!([rows, targets])),
        (labels, _) => assert_eq!(result["labels"], json!(labels)),
    }
    if let Some(seconds) = result.get("seconds") {
        let expected = Column::of_texts("day", DATES.map(Some)).dates().unwrap();
        assert_eq!(*seconds, json!(expected));
    }
}

/// The columns that a model reads as CSV, texts as the table has them.
fn csv(sample: &Sample) -> String {
    let mut writer = csv::Writer::from_writer(Vec::new());
    let names = sample
        .pipeline
        .recipe
        .columns
        .iter()
        .map(|column| &column.name);
    let own: Vec<_> = names
        .clone()
        .map(|name| sample.table.column(name).unwrap())
        .collect();
    writer.write_record(names).unwrap();
    for row in 0..sample.table.rows() {
        let cells = own
            .iter()
            .map(|column| column.text(row).unwrap_or_default().into_owned());
        writer.write_record(cells).unwrap();
    }
    String::from_utf8(writer.into_inner().unwrap()).unwrap()
}

fn check_csv(sample: &Sample, printed: &str) {
    let mut reader = csv::Reader::from_reader(printed.as_bytes());
    let first = usize::from(!sample.labels.is_empty());
    assert!(reader.headers().unwrap()[0].starts_with("prediction"));
    let records: Vec<csv::StringRecord> = reader.records().map(|row| row.unwrap()).collect();
    let numbers = records.iter().flat_map(|record| {
        let cells = record.iter().skip(first);
        cells.map(|cell| cell.parse::<f64>().unwrap())
    });
    let (rows, columns) = (sample.expected.rows(), sample.expected.columns());
    let found = Matrix::from_vec(rows, columns, numbers.collect());
    close(&sample.name, &sample.expected, &found, sample.tolerance);
    for (record, label) in records.iter().zip(&sample.labels) {
        assert_eq!(&record[0], label);
    }
}
