//! Models as one Python file that needs NumPy alone.
//!
//! The file has functions first, in the order in which cells become predictions, then weights,
//! then what runs when the file is a script. Only functions that the model needs are written.
//! Functions that do not differ from model to model lie here as Python; what differs is
//! written by the modules, which the export for PyTorch shares.

pub(super) mod expressions;
pub(super) mod layers;
pub(super) mod outcome;
pub(super) mod recipe;
mod terms;
pub(super) mod text;

use layers::{Array, Dialect, Numbers, Stack};
use text::{base64, numbers, part, quoted};

use crate::expression::Expression;
use crate::model::{Core, Pipeline};
use crate::prepare::{BoundedInput, InputScale, Recipe, Restoring};
use crate::search::Formula;

const MATH: &str = include_str!("math.py");
const MAIN: &str = include_str!("main.py");

/// Arrays in double precision of at most so many numbers are written in digits.
const READABLE: usize = 400;

/// The model as one Python file that needs NumPy alone, with `predict(columns)`, for classes
/// `predict_proba(columns)` and `CLASSES`; as a script it predicts the rows of a CSV file.
///
/// # Errors
/// Every reason why there is none; at present there is no such reason.
pub fn python(pipeline: &Pipeline) -> Result<String, Vec<String>> {
    let core = core(pipeline);
    let mut blocks = vec![head(pipeline, &core)];
    blocks.extend(recipe::blocks(&pipeline.recipe));
    blocks.extend(core.functions);
    let (outcome, targets) = (&pipeline.outcome, &pipeline.targets);
    blocks.extend(outcome::restored(outcome, targets, Dialect::Numpy));
    blocks.extend(predictions(pipeline));
    blocks.extend(core.weights);
    blocks.extend(script(pipeline));
    Ok(blocks.join("\n\n\n") + "\n")
}

/// What the head of a file says of any model.
pub(super) fn description(pipeline: &Pipeline, what: &str) -> String {
    format!(
        "A model fitted by NeuronSeek {}, {what}.\n\n\
         {}\n\n\
         Columns:\n\n{}\n\
         A missing cell is None or NaN. Texts are compared without spaces at either end. Truth values\n\
         are True and False or 1 and 0. Dates are numbers of seconds since 1970-01-01T00:00:00Z,\n\
         datetime64, or texts such as 2024-01-31 or 2024-01-31T10:11:12.\n",
        env!("CARGO_PKG_VERSION"),
        outcome::in_words(&pipeline.outcome, &pipeline.targets),
        recipe::columns_in_words(&pipeline.recipe),
    )
}

fn head(pipeline: &Pipeline, core: &Program) -> String {
    let what = "as one file that needs NumPy alone";
    let mut text = format!("\"\"\"{}\n", description(pipeline, what));
    text += "`predict` takes a mapping from the names of columns to sequences, such as a dictionary of lists\n\
             or a pandas DataFrame. As a script, this file reads a CSV file (its first argument, else standard\n\
             input) and prints predictions as CSV.\n\n";
    text += "Predictions differ from those of `neuronseek predict` by about 1e-6 of the largest one:\n\
             this file computes in double precision, `neuronseek predict` computes networks in single\n\
             precision.\n\"\"\"\n\n";
    let mut imports = vec!["import csv", "import os", "import sys"];
    let has = |name: &str| core.functions.iter().any(|block| block.contains(name));
    if has("math.") {
        imports.push("import math");
    }
    if core.weights.iter().any(|block| block.contains("base64.")) {
        imports.push("import base64");
    }
    imports.extend(recipe::imports(&pipeline.recipe));
    imports.sort_unstable_by_key(|line| (line.starts_with("from"), *line));
    text += &imports.join("\n");
    text += "\n\nimport numpy as np\n\n# Rows that are worked on together.\nROWS = 4096";
    text
}

/// What turns inputs into outputs.
struct Program {
    functions: Vec<String>,
    weights: Vec<String>,
}

fn core(pipeline: &Pipeline) -> Program {
    match &pipeline.core {
        Core::Networks { scale, members } => {
            let stacks = layers::stacks(members, Dialect::Numpy);
            let end = "    return outputs";
            let mut program = networks(&stacks, pipeline.core.outputs(), ("bent", end));
            program.functions.insert(0, bounded_scale(scale));
            program
        }
        Core::Formula {
            scale,
            formula,
            limits,
        } => {
            let end = limited(limits);
            let mut program = match formula {
                Formula::Polynomial(polynomial) => {
                    let stack = layers::polynomial(polynomial, Dialect::Numpy);
                    networks(&[stack], formula.outputs(), ("cut", &end))
                }
                Formula::Expression { outputs, .. } => expressions(outputs, &pipeline.recipe, &end),
            };
            program.functions.insert(0, search_scale(scale));
            program
        }
    }
}

fn networks(stacks: &[Stack], outputs: usize, (scaled, end): (&str, &str)) -> Program {
    let bodies: String = stacks.iter().map(|stack| stack.body.as_str()).collect();
    let mut functions = math(&bodies);
    let mut weights = Vec::new();
    let mut list = String::new();
    for (index, stack) in stacks.iter().enumerate() {
        let name = format!("networks{}", index + 1);
        let count = match stack.weights.len() {
            1 => "One network".to_string(),
            count => format!("{count} networks"),
        };
        functions.push(format!(
            "def {name}(x, w):\n    \"\"\"{count}, of weights w.\"\"\"\n{}",
            stack.body.trim_end()
        ));
        let upper = name.to_uppercase();
        weights.push(weights_of(&upper, stack));
        list += &format!("    ({name}, {upper}_SHARES, {upper}),\n");
    }
    let about =
        "# The functions, what the outputs of each network are multiplied with, and the weights.";
    weights.push(format!("{about}\nNETWORKS = [\n{list}]"));
    let in_base64 = weights.iter().any(|block| block.contains("array(\"<f"));
    if in_base64 {
        weights.insert(0, outcome::function("array"));
    }
    functions.push(format!(
        "def outputs_of(inputs):\n    \"\"\"The outputs of all networks, added by their shares, rows x outputs.\"\"\"\n    \
         x = {scaled}(inputs)\n    outputs = np.zeros((len(x), {outputs}))\n    \
         for network, shares, weights in NETWORKS:\n        \
         for number, share in enumerate(shares):\n            \
         w = SimpleNamespace(**{{name: array[number] for name, array in weights.items()}})\n            \
         outputs += share * network(x, w)\n{end}"
    ));
    Program { functions, weights }
}

/// The functions that these lines call.
fn math(lines: &str) -> Vec<String> {
    let all: [(&str, &[&str]); 7] = [
        ("power", &["power"]),
        ("product", &["product"]),
        ("embedding", &["embedding"]),
        ("layer_norm", &["layer_norm"]),
        ("relu", &["relu"]),
        ("silu", &["sigmoid", "silu"]),
        ("gelu", &["erf_series", "ERF_SERIES", "erf", "gelu"]),
    ];
    let called = |name: &str| lines.contains(&format!("{name}("));
    let mut parts: Vec<&str> = Vec::new();
    for (_, needed) in all.iter().filter(|(name, _)| called(name)) {
        parts.extend(*needed);
    }
    if called("sigmoid") && !parts.contains(&"sigmoid") {
        parts.push("sigmoid");
    }
    let parts = parts.into_iter().map(|name| part(MATH, name).to_string());
    parts.collect()
}

fn weights_of(name: &str, stack: &Stack) -> String {
    let shares = numbers(&stack.weights, 0);
    let mut to = format!("{name}_SHARES = {shares}\n{name} = {{\n");
    for array in &stack.arrays {
        to += &format!("    {}: {},\n", quoted(&array.name), array_text(array));
    }
    to + "}"
}

fn array_text(array: &Array) -> String {
    let shape: Vec<String> = array.shape.iter().map(usize::to_string).collect();
    let shape = shape.join(", ");
    let (kind, bytes): (&str, Vec<u8>) = match &array.numbers {
        Numbers::Double(values) if values.len() <= READABLE => {
            return format!("np.array({}).reshape({shape})", numbers(values, 4));
        }
        Numbers::Double(values) => ("<f8", values.iter().flat_map(|v| v.to_le_bytes()).collect()),
        Numbers::Single(values) => ("<f4", values.iter().flat_map(|v| v.to_le_bytes()).collect()),
    };
    let text = base64(&bytes);
    format!("array(\"{kind}\", ({shape}), \"\"\"\n{text}\n\"\"\")")
}

fn expressions(outputs: &[Expression], recipe: &Recipe, end: &str) -> Program {
    let name = |index: usize| recipe::input_name(recipe, index);
    let formulas = expressions::formulas(outputs, &name, Dialect::Numpy);
    let mut functions = math(&formulas.lines.join("\n"));
    let mut to = String::from(
        "def outputs_of(inputs):\n    \"\"\"The formula, rows x outputs.\"\"\"\n    x = cut(inputs)\n",
    );
    for line in &formulas.lines {
        to += &format!("    {line}\n");
    }
    to += &format!("    outputs = np.empty((len(x), {}))\n", outputs.len());
    for index in 0..outputs.len() {
        to += &format!("    outputs[:, {index}] = y{}\n", index + 1);
    }
    functions.push(to + end);
    Program {
        functions,
        weights: Vec::new(),
    }
}

fn bounded_scale(scale: &[BoundedInput]) -> String {
    let of = |number: fn(&BoundedInput) -> f64| {
        let all: Vec<f64> = scale.iter().map(number).collect();
        numbers(&all, 0)
    };
    let bounded = scale.iter().map(|input| match input.bounded {
        true => "True".to_string(),
        false => "False".to_string(),
    });
    format!(
        "# The scale of inputs, and whether each is bent to between -3 and 3 (else it is cut off).\n\
         CENTER = np.array({})\nSCALE = np.array({})\nBENT = np.array({})\n\n\n{}",
        of(|input| input.center),
        of(|input| input.scale),
        text::list(bounded, 0),
        part(MATH, "bent"),
    )
}

fn search_scale(scale: &[InputScale]) -> String {
    let of = |number: fn(&InputScale) -> f64| {
        let all: Vec<f64> = scale.iter().map(number).collect();
        numbers(&all, 0)
    };
    format!(
        "# What inputs are kept in, and their scale.\n\
         LOW = np.array({})\nHIGH = np.array({})\nSHIFT = np.array({})\nSCALE = np.array({})\n\n\n{}",
        of(|input| input.limits.map_or(f64::NEG_INFINITY, |[low, _]| low)),
        of(|input| input.limits.map_or(f64::INFINITY, |[_, high]| high)),
        of(|input| input.shift),
        of(|input| input.scale),
        part(MATH, "cut"),
    )
}

/// The lines that keep a formula's outputs in their limits.
fn limited(limits: &[[f64; 2]]) -> String {
    if limits.is_empty() {
        return "    return np.where(np.isnan(outputs), 0.0, outputs)".to_string();
    }
    let ends = |end: usize| {
        let all: Vec<f64> = limits.iter().map(|limits| limits[end]).collect();
        format!("np.array({})", numbers(&all, 4))
    };
    let (low, high) = (ends(0), ends(1));
    format!(
        "    # Kept to what outputs were in training; an undefined one is in the middle.\n    \
         low = {low}\n    high = {high}\n    \
         return np.where(np.isnan(outputs), 0.5 * (low + high), np.clip(outputs, low, high))"
    )
}

/// `predict` and what it needs.
fn predictions(pipeline: &Pipeline) -> Vec<String> {
    let mut blocks = vec![part(MAIN, "computed").to_string()];
    let (rows, result) = match &pipeline.outcome {
        Restoring::Classes {
            classes, decision, ..
        } => {
            blocks.extend(outcome::classes(classes, decision));
            let function = outcome::probabilities(classes);
            blocks.push(format!(
                "def predict_proba(columns):\n    \"\"\"The probabilities of the classes, rows x classes.\"\"\"\n    \
                 return {function}(computed(columns))"
            ));
            (
                "The predicted class of each row.",
                "np.array(CLASSES)[decided(predict_proba(columns))]",
            )
        }
        Restoring::Values(values) if values.len() == 1 => {
            ("The prediction for each row.", "computed(columns)[:, 0]")
        }
        Restoring::Values(_) => ("Predictions, rows x targets.", "computed(columns)"),
    };
    blocks.push(format!(
        "def predict(columns):\n    \"\"\"{rows}\"\"\"\n    return {result}"
    ));
    blocks
}

/// What runs when the file is a script.
fn script(pipeline: &Pipeline) -> Vec<String> {
    let call = "if __name__ == \"__main__\":\n    try:\n        main()\n        \
                sys.stdout.flush()\n    except BrokenPipeError:\n        \
                # Whoever reads has read enough, and nothing is left to flush.\n        os._exit(0)"
        .to_string();
    let mut blocks = vec![part(MAIN, "csv_columns").to_string()];
    match (&pipeline.outcome, pipeline.targets.as_slice()) {
        (Restoring::Classes { .. }, _) => {
            blocks.push(part(MAIN, "main_classes").replace("main_classes", "main"));
        }
        (Restoring::Values(_), targets) => {
            let header: Vec<String> = match targets {
                [_] => vec!["prediction".to_string()],
                several => several
                    .iter()
                    .map(|name| format!("prediction_{name}"))
                    .collect(),
            };
            let main = part(MAIN, "main_values").replace("main_values", "main");
            blocks.push(main.replace("HEADER", &text::texts(&header, 4)));
        }
    }
    blocks.push(call);
    blocks
}
