//! Models as PyTorch modules.

use neuronseek::export::torch;
use serde_json::{Value, json};

use crate::asking::with;
use crate::fixtures::{close, matrix};
use crate::interpreter::run;
use crate::samples::Sample;

#[test]
fn exported_modules_predict_what_the_model_does_and_train_further() {
    let Some(interpreter) = with("numpy, torch") else {
        return;
    };
    let (folder, samples) = (tempfile::tempdir().unwrap(), Sample::all());
    let write = |name: &str, bytes: &[u8]| std::fs::write(folder.path().join(name), bytes).unwrap();
    write("train.py", include_bytes!("programs/train.py"));
    let names: Vec<String> = (0..samples.len())
        .map(|index| format!("case{index}"))
        .collect();
    for (sample, name) in samples.iter().zip(&names) {
        std::fs::create_dir(folder.path().join(name)).unwrap();
        let export = torch(&sample.pipeline).unwrap();
        assert_eq!(export, torch(&sample.pipeline).unwrap());
        let (module, weights) = (export.module.as_bytes(), &export.weights);
        println!(
            "{}: {} and {} bytes",
            sample.name,
            module.len(),
            weights.len()
        );
        write(&format!("{name}/model.py"), module);
        write(&format!("{name}/model.safetensors"), weights);
        let given = sample.columns();
        write(
            &format!("{name}/columns.json"),
            given.to_string().as_bytes(),
        );
        write(
            &format!("{name}/target.json"),
            sample.target.to_string().as_bytes(),
        );
    }
    let mut arguments = vec!["train.py"];
    arguments.extend(names.iter().map(String::as_str));
    let printed = run(&interpreter, &arguments, folder.path());
    let results: Vec<Value> = serde_json::from_str(&printed).unwrap();
    for (sample, result) in samples.iter().zip(results) {
        close(
            &sample.name,
            &sample.expected,
            &matrix(&serde_json::from_value::<Vec<Vec<f64>>>(result["values"].clone()).unwrap()),
            sample.tolerance,
        );
        if !sample.labels.is_empty() {
            assert_eq!(result["labels"], json!(sample.labels));
        }
        if let Some(losses) = result.get("losses") {
            let losses: Vec<f64> = serde_json::from_value(losses.clone()).unwrap();
            let (first, last) = (losses[0], losses[losses.len() - 1]);
            println!("{}: loss {first} to {last}", sample.name);
            assert!(last < first, "{}: {losses:?}", sample.name);
        }
    }
}
