use neuronseek::observe::Control;

use super::*;

/// A set of two classes, bright and dark, as a CIFAR-10 file.
fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, count) in [("data_batch_1.bin", 40), ("test_batch.bin", 20)] {
        let mut bytes = Vec::new();
        for image in 0..count {
            let label = (image % 2) as u8;
            bytes.push(label);
            let light = 40 + 140 * label + (image % 7) as u8;
            bytes.extend(vec![light; 3072]);
        }
        for number in 1..=5 {
            let name = match name {
                "test_batch.bin" => name.to_string(),
                _ => format!("data_batch_{number}.bin"),
            };
            std::fs::write(folder.path().join(name), &bytes).unwrap();
        }
    }
    folder
}

#[test]
fn networks_of_both_neurons_are_trained_and_compared() {
    let folder = folder();
    let settings = ImagesSettings {
        sets: vec![folder.path().to_path_buf()],
        architectures: vec![Architecture::SmallCnn],
        seeds: 2,
        config: TrainConfig {
            epochs: 1,
            batch: 50,
            ..TrainConfig::default()
        },
        ..ImagesSettings::default()
    };
    let options = Options::default();
    let results = run(&settings, &options, &Control::silent(), &|_, _| {}).unwrap();
    assert_eq!(results.records.len(), 4);
    let sizes: Vec<usize> = results
        .records
        .iter()
        .map(|record| match &record.result {
            Answer::Trained { parameters, .. } => *parameters,
            Answer::Failed(reason) => panic!("{reason}"),
        })
        .collect();
    assert!(sizes[1] <= sizes[0], "{sizes:?}");
    let table = markdown(&settings, &results.records);
    assert_eq!(table.matches("| small-cnn |").count(), 2);
    assert!(table.contains(" to "), "{table}");
}

#[test]
fn settings_that_cannot_be_are_refused_at_once() {
    let settings = ImagesSettings {
        neurons: Vec::new(),
        seeds: 0,
        ..ImagesSettings::default()
    };
    let options = Options::default();
    let error = run(&settings, &options, &Control::silent(), &|_, _| {}).unwrap_err();
    let text = error.to_string();
    for part in ["image set", "neuron", "seeds 0"] {
        assert!(text.contains(part), "{text}");
    }
}
