//! Models as PyTorch modules.

use neuronseek::export::torch;
use serde_json::{Value, json};

use crate::fixtures::close;
use crate::interpreter::{columns, jobs, matrix, run, with};

#[test]
fn exported_modules_predict_what_the_model_does_and_train_further() {
    let Some(interpreter) = with("numpy, torch") else {
        return;
    };
    let (folder, jobs) = (tempfile::tempdir().unwrap(), jobs());
    let write = |name: &str, bytes: &[u8]| std::fs::write(folder.path().join(name), bytes).unwrap();
    write("train.py", include_bytes!("programs/train.py"));
    let names: Vec<String> = (0..jobs.len())
        .map(|index| format!("case{index}"))
        .collect();
    for (job, name) in jobs.iter().zip(&names) {
        std::fs::create_dir(folder.path().join(name)).unwrap();
        let export = torch(&job.pipeline).unwrap();
        assert_eq!(export, torch(&job.pipeline).unwrap());
        let (module, weights) = (export.module.as_bytes(), &export.weights);
        println!("{}: {} and {} bytes", job.name, module.len(), weights.len());
        write(&format!("{name}/model.py"), module);
        write(&format!("{name}/model.safetensors"), weights);
        let given = columns(&job.table, &job.pipeline.recipe.columns);
        write(
            &format!("{name}/columns.json"),
            given.to_string().as_bytes(),
        );
        write(
            &format!("{name}/target.json"),
            job.target.to_string().as_bytes(),
        );
    }
    let mut arguments = vec!["train.py"];
    arguments.extend(names.iter().map(String::as_str));
    let printed = run(&interpreter, &arguments, folder.path());
    let results: Vec<Value> = serde_json::from_str(&printed).unwrap();
    for (job, result) in jobs.iter().zip(results) {
        close(
            &job.name,
            &job.expected,
            &matrix(&result["values"]),
            job.tolerance,
        );
        if !job.labels.is_empty() {
            assert_eq!(result["labels"], json!(job.labels));
        }
        if let Some(losses) = result.get("losses") {
            let losses: Vec<f64> = serde_json::from_value(losses.clone()).unwrap();
            let (first, last) = (losses[0], losses[losses.len() - 1]);
            println!("{}: loss {first} to {last}", job.name);
            assert!(last < first, "{}: {losses:?}", job.name);
        }
    }
}
