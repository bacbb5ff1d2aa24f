use std::fmt::Write;

use neuronseek::export::{Precision, c};
use neuronseek::prepare::Restoring;

use crate::made;
use crate::programs::{first_of, run};
use crate::samples::Sample;

const WARNINGS: [&str; 6] = [
    "-Wall",
    "-Wextra",
    "-Wpedantic",
    "-Wconversion",
    "-Wmissing-prototypes",
    "-Werror",
];

fn number(number: f64) -> String {
    match number.is_nan() {
        true => "NAN".to_string(),
        false => format!("{number:?}"),
    }
}

fn text(text: Option<&str>) -> String {
    let octal = |text: &str| -> String { text.bytes().map(|b| format!("\\{b:03o}")).collect() };
    text.map_or("NULL".to_string(), |text| format!("\"{}\"", octal(text)))
}

/// A program that predicts all rows of a sample.
fn main(sample: &Sample) -> String {
    let mut program = String::from(
        "#include <stdio.h>\n#include \"model.c\"\n\nstatic const neuronseek_row rows[] = {\n",
    );
    let rows = sample.rows(number, text);
    for row in &rows {
        writeln!(program, "    {{{}}},", row.join(", ")).unwrap();
    }
    let (count, call) = match &sample.pipeline.outcome {
        Restoring::Values(_) => ("NEURONSEEK_TARGETS", "neuronseek_predict(&rows[row], out)"),
        Restoring::Classes { .. } => (
            "NEURONSEEK_CLASSES",
            "printf(\"%d \", neuronseek_predict(&rows[row], out))",
        ),
    };
    write!(
        program,
        "}};\n\nint main(void)\n{{\n    double out[{count}];\n    int row, i;\n    \
         for (row = 0; row < {}; row++) {{\n        {call};\n        \
         for (i = 0; i < {count}; i++)\n            \
         printf(i == 0 ? \"%.17g\" : \" %.17g\", out[i]);\n        printf(\"\\n\");\n    }}\n    \
         return 0;\n}}\n",
        rows.len()
    )
    .unwrap();
    program
}

#[test]
fn c_predicts_what_models_predict() {
    let Some(compiler) = first_of(&["gcc", "clang", "cc"]) else {
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    for sample in Sample::all() {
        std::fs::write(folder.path().join("main.c"), main(sample)).unwrap();
        for precision in [Precision::Float, Precision::Double] {
            let file = c(&sample.pipeline, precision).unwrap();
            assert_eq!(file, c(&sample.pipeline, precision).unwrap());
            std::fs::write(folder.path().join("model.c"), &file).unwrap();
            let mut arguments = vec!["-std=c99", "-O2", "-o", "predict", "main.c", "-lm"];
            arguments.extend(WARNINGS);
            run(folder.path(), &compiler, &arguments);
            let printed = run(folder.path(), folder.path().join("predict"), &[]);
            sample.check("c", &printed, precision == Precision::Double);
        }
    }
}

#[test]
fn c_is_cplusplus_too() {
    let Some(compiler) = first_of(&["g++", "clang++", "c++"]) else {
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    for sample in Sample::all() {
        let file = c(&sample.pipeline, Precision::Float).unwrap();
        std::fs::write(folder.path().join("model.cpp"), &file).unwrap();
        let arguments = [
            "-Wall",
            "-Wextra",
            "-Wpedantic",
            "-Werror",
            "-c",
            "model.cpp",
        ];
        run(folder.path(), &compiler, &arguments);
    }
}

#[test]
fn a_zero_byte_is_refused() {
    let mut pipeline = made::classes().pipeline;
    if let Restoring::Classes { classes, .. } = &mut pipeline.outcome {
        classes[0] = "a\0b".to_string();
        classes[2] = "\0".to_string();
    }
    assert_eq!(c(&pipeline, Precision::Float).unwrap_err().len(), 2);
}
