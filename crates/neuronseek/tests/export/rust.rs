use std::fmt::Write;

use neuronseek::export::identifiers;
use neuronseek::export::rust;
use neuronseek::prepare::Restoring;

use crate::programs::{first_of, run};
use crate::samples::Sample;

fn number(number: f64) -> String {
    match number.is_nan() {
        true => "f64::NAN".to_string(),
        false => format!("{number:?}"),
    }
}

fn text(text: Option<&str>) -> String {
    format!("{text:?}")
}

/// A program that predicts all rows of a sample.
fn main(sample: &Sample) -> String {
    let columns = sample.pipeline.recipe.columns.iter();
    let members = identifiers(columns.map(|column| column.name.as_str()));
    let mut program = String::from("mod model;\n\nstatic ROWS: &[model::Row] = &[\n");
    for row in sample.rows(number, text) {
        let cells = members.iter().zip(row);
        let cells: Vec<String> = cells
            .map(|(name, cell)| format!("{name}: {cell}"))
            .collect();
        writeln!(program, "    model::Row {{ {} }},", cells.join(", ")).unwrap();
    }
    program.push_str("];\n\nfn main() {\n    for row in ROWS {\n");
    program.push_str(match &sample.pipeline.outcome {
        Restoring::Values(_) => {
            "        let numbers: [f64; model::TARGETS] = model::predict(row);\n        \
             let mut words: Vec<String> = Vec::new();\n"
        }
        Restoring::Classes { .. } => {
            "        let (class, numbers) = model::predict(row);\n        \
             assert_eq!(numbers.len(), model::CLASSES.len());\n        \
             let mut words = vec![class.to_string()];\n"
        }
    });
    program.push_str(
        "        words.extend(numbers.iter().map(|number| format!(\"{number:?}\")));\n        \
         println!(\"{}\", words.join(\" \"));\n    }\n}\n",
    );
    program
}

#[test]
fn rust_predicts_what_models_predict() {
    let Some(compiler) = first_of(&["rustc"]) else {
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let options = ["--edition", "2021", "-O", "-D", "warnings"];
    for sample in Sample::all() {
        let file = rust(&sample.pipeline).unwrap();
        assert_eq!(file, rust(&sample.pipeline).unwrap());
        std::fs::write(folder.path().join("model.rs"), &file).unwrap();
        std::fs::write(folder.path().join("main.rs"), main(sample)).unwrap();
        let mut arguments = options.to_vec();
        arguments.extend(["-o", "predict", "main.rs"]);
        run(folder.path(), &compiler, &arguments);
        let printed = run(folder.path(), folder.path().join("predict"), &[]);
        sample.check("rust", &printed, true);
        // Nothing of `std` is used.
        let alone = format!("#![no_std]\n{file}");
        std::fs::write(folder.path().join("alone.rs"), alone).unwrap();
        let mut arguments = options.to_vec();
        arguments.extend(["--crate-type", "lib", "--emit", "metadata", "alone.rs"]);
        run(folder.path(), &compiler, &arguments);
    }
}
