//! Models as PyTorch modules that train further, with their weights as safetensors.
//!
//! The Python file shares the functions that read and encode cells with the export for NumPy. The
//! networks of one structure are one module, whose weights have an axis more: one product of
//! matrices serves all of them. Scaling constants are buffers in double precision, so that dates
//! and other large numbers lose nothing before they are centred.

mod weights;

use super::python::layers::{self, Array, Dialect, Numbers, Stack};
use super::python::text::{numbers, part, quoted};
use super::python::{description, expressions, outcome, recipe};
use crate::expression::Expression;
use crate::model::{Core, Pipeline};
use crate::prepare::{BoundedInput, InputScale, Restoring};
use crate::search::Formula;

const PARTS: &str = include_str!("parts.py");

/// A model for PyTorch.
#[derive(Debug, Clone, PartialEq)]
pub struct TorchExport {
    /// A Python file with the class `NeuronSeekModel` and the function `load(path)`.
    pub module: String,
    /// What `load` reads: a safetensors file.
    pub weights: Vec<u8>,
}

/// The model as a PyTorch module with its weights.
///
/// # Errors
/// Every reason why there is none; at present the only one is that weights cannot be written.
pub fn torch(pipeline: &Pipeline) -> Result<TorchExport, Vec<String>> {
    let program = program(pipeline);
    let weights = weights::safetensors(&program.tensors).map_err(|reason| vec![reason])?;
    let mut blocks = vec![head(pipeline)];
    blocks.extend(recipe::blocks(&pipeline.recipe));
    blocks.extend(program.functions);
    let (outcome, targets) = (&pipeline.outcome, &pipeline.targets);
    blocks.extend(outcome::restored(outcome, targets, Dialect::Torch));
    if let Restoring::Classes {
        classes, decision, ..
    } = outcome
    {
        blocks.extend(outcome::classes(classes, decision));
    }
    blocks.extend(program.classes);
    blocks.push(program.model + "\n\n" + &methods(outcome));
    blocks.push(part(PARTS, "load").to_string());
    Ok(TorchExport {
        module: blocks.join("\n\n\n") + "\n",
        weights,
    })
}

fn head(pipeline: &Pipeline) -> String {
    let what = "as a PyTorch module that trains further";
    let outputs = match pipeline.outcome {
        Restoring::Values(_) => "numbers in the targets' units",
        Restoring::Classes { .. } => "logits (for two classes one, the log-odds of the second)",
    };
    let mut imports = recipe::imports(&pipeline.recipe);
    imports.push("import json");
    imports.sort_unstable_by_key(|line| (line.starts_with("from"), *line));
    format!(
        "\"\"\"{}\n\
         `load` reads the weights, a safetensors file. The module takes encoded inputs, rows x inputs, as\n\
         `encode` makes them of a mapping from the names of columns to sequences; give them in double\n\
         precision. It gives {outputs},\n\
         in the precision of the inputs. `predict` does both:\n\n    \
         model = load(\"model.safetensors\")\n    \
         model.predict(columns)\n    \
         outputs = model(torch.from_numpy(encode(columns)))  # to train on\n\n\
         All weights are parameters; constants of scaling are buffers and stay.\n\n\
         Predictions differ from those of `neuronseek predict` by about 1e-6 of the largest one, as the\n\
         order of sums in single precision has it.\n\"\"\"\n\n\
         {}\n\nimport numpy as np\nimport torch\nfrom torch import nn\n\n\
         # Rows that are predicted together.\nROWS = 1024",
        description(pipeline, what),
        imports.join("\n"),
    )
}

/// What turns inputs into outputs.
struct Program {
    functions: Vec<String>,
    /// Modules that the model consists of.
    classes: Vec<String>,
    /// The model up to `forward`.
    model: String,
    tensors: Vec<Array>,
}

fn program(pipeline: &Pipeline) -> Program {
    match &pipeline.core {
        Core::Networks { scale, members } => {
            let stacks = layers::stacks(members, Dialect::Torch);
            networks(&stacks, bounded_scale(scale), "bent_method", &[])
        }
        Core::Formula {
            scale,
            formula,
            limits,
        } => {
            let (buffers, end) = (search_scale(scale), limited(limits));
            match formula {
                Formula::Polynomial(polynomial) => {
                    let stack = layers::polynomial(polynomial, Dialect::Torch);
                    networks(&[stack], buffers, "cut_method", &end)
                }
                Formula::Expression { outputs, .. } => formulas(pipeline, outputs, buffers, &end),
            }
        }
    }
}

fn networks(stacks: &[Stack], buffers: Vec<Array>, scaled: &str, end: &[String]) -> Program {
    let bodies: String = stacks.iter().map(|stack| stack.body.as_str()).collect();
    let called = ["product", "embedding", "layer_norm"];
    let called = called
        .into_iter()
        .filter(|name| bodies.contains(&format!("{name}(")));
    let functions = called.map(|name| part(PARTS, name).to_string()).collect();
    let mut tensors = buffers.clone();
    let (mut classes, mut modules, mut sum) = (Vec::new(), String::new(), Vec::new());
    for (index, stack) in stacks.iter().enumerate() {
        let name = format!("networks{}", index + 1);
        let mut own = vec![buffer(
            "shares",
            &[stack.weights.len(), 1, 1],
            &stack.weights,
        )];
        own.extend(stack.arrays.iter().cloned());
        classes.push(class_of(stack, index + 1, &own));
        modules += &format!("        self.{name} = Networks{}()\n", index + 1);
        sum.push(format!("self.{name}(x)"));
        tensors.extend(own.into_iter().map(|array| Array {
            name: format!("{name}.{}", array.name),
            ..array
        }));
    }
    let mut lines = vec![format!("outputs = {}", sum.join(" + "))];
    lines.extend_from_slice(end);
    Program {
        functions,
        classes,
        model: model(&buffers, &modules, scaled, &lines),
        tensors,
    }
}

/// The module of the networks of one structure.
fn class_of(stack: &Stack, number: usize, arrays: &[Array]) -> String {
    let count = match stack.weights.len() {
        1 => "One network".to_string(),
        count => format!("{count} networks"),
    };
    let body: Vec<String> = stack.body.trim_end().lines().map(indented).collect();
    let dtype = match stack.arrays.first().map(|array| &array.numbers) {
        Some(Numbers::Double(_)) => "double",
        _ => "single",
    };
    let first = stack.arrays.first().map_or("shares", |array| &array.name);
    format!(
        "class Networks{number}(nn.Module):\n    \"\"\"{count} in {dtype} precision; the first axis of all weights is theirs.\"\"\"\n\n    \
         def __init__(self):\n        super().__init__()\n{}\n    \
         def forward(self, x):\n        \
         \"\"\"Rows x outputs, added by the networks' shares.\"\"\"\n        \
         return (self.shares * self.each(x.to(self.{first}.dtype))).sum(0)\n\n    \
         def each(self, x):\n        \"\"\"Networks x rows x outputs.\"\"\"\n{}",
        declared(arrays),
        body.join("\n")
    )
}

fn indented(line: &str) -> String {
    match line {
        "" => String::new(),
        line => format!("    {line}"),
    }
}

/// The lines that make parameters and buffers, empty until weights are loaded.
fn declared(arrays: &[Array]) -> String {
    let line = |array: &Array| {
        let shape: Vec<String> = array.shape.iter().map(usize::to_string).collect();
        let dtype = match array.numbers {
            Numbers::Single(_) => "",
            Numbers::Double(_) => ", dtype=torch.float64",
        };
        let zeros = format!("torch.zeros({}{dtype})", shape.join(", "));
        match array.trained {
            true => format!("        self.{} = nn.Parameter({zeros})\n", array.name),
            false => format!(
                "        self.register_buffer({}, {zeros})\n",
                quoted(&array.name)
            ),
        }
    };
    arrays.iter().map(line).collect()
}

/// The model up to `forward`, whose lines make `outputs` of `x`.
fn model(buffers: &[Array], modules: &str, scaled: &str, lines: &[String]) -> String {
    let lines: String = lines
        .iter()
        .map(|line| format!("        {line}\n"))
        .collect();
    format!(
        "class NeuronSeekModel(nn.Module):\n    \"\"\"The model; `load` gives one with its weights.\"\"\"\n\n    \
         def __init__(self):\n        super().__init__()\n{}{modules}\n{}\n\n    \
         def forward(self, inputs):\n        \
         \"\"\"From encoded inputs, rows x inputs, to rows x outputs.\"\"\"\n        \
         x = self.scaled(inputs)\n{lines}        \
         return restored(outputs).to(inputs.dtype)",
        declared(buffers),
        method(scaled),
    )
}

/// The lines of a part of `parts.py` that holds methods.
fn method(name: &str) -> &'static str {
    part(PARTS, name)
        .split_once('\n')
        .map_or("", |(_, lines)| lines)
}

/// `predict` and what it needs.
fn methods(outcome: &Restoring) -> String {
    let (proba, rows, result) = match outcome {
        Restoring::Classes { classes, .. } => (
            format!(
                "\n\n    def predict_proba(self, columns):\n        \
                 \"\"\"The probabilities of the classes, rows x classes.\"\"\"\n        \
                 return {}(self.computed(columns))",
                outcome::probabilities(classes)
            ),
            "The predicted class of each row.",
            "np.array(CLASSES)[decided(self.predict_proba(columns))]",
        ),
        Restoring::Values(values) if values.len() == 1 => (
            String::new(),
            "The prediction for each row.",
            "self.computed(columns)[:, 0]",
        ),
        Restoring::Values(_) => (
            String::new(),
            "Predictions, rows x targets.",
            "self.computed(columns)",
        ),
    };
    format!(
        "{}{proba}\n\n    def predict(self, columns):\n        \"\"\"{rows}\"\"\"\n        return {result}",
        method("methods")
    )
}

fn buffer(name: &str, shape: &[usize], values: &[f64]) -> Array {
    Array {
        name: name.to_string(),
        shape: shape.to_vec(),
        numbers: Numbers::Double(values.to_vec()),
        trained: false,
    }
}

fn bounded_scale(scale: &[BoundedInput]) -> Vec<Array> {
    let of = |name: &str, number: fn(&BoundedInput) -> f64| {
        let all: Vec<f64> = scale.iter().map(number).collect();
        buffer(name, &[scale.len()], &all)
    };
    vec![
        of("center", |input| input.center),
        of("scale", |input| input.scale),
        of("bent", |input| f64::from(u8::from(input.bounded))),
    ]
}

fn search_scale(scale: &[InputScale]) -> Vec<Array> {
    let of = |name: &str, number: fn(&InputScale) -> f64| {
        let all: Vec<f64> = scale.iter().map(number).collect();
        buffer(name, &[scale.len()], &all)
    };
    vec![
        of("low", |i| {
            i.limits.map_or(f64::NEG_INFINITY, |[low, _]| low)
        }),
        of("high", |i| i.limits.map_or(f64::INFINITY, |[_, high]| high)),
        of("shift", |input| input.shift),
        of("scale", |input| input.scale),
    ]
}

/// The lines that keep a formula's outputs in their limits.
fn limited(limits: &[[f64; 2]]) -> Vec<String> {
    if limits.is_empty() {
        return vec!["outputs = torch.where(torch.isnan(outputs), 0.0, outputs)".to_string()];
    }
    let ends = |end: usize| {
        let all: Vec<f64> = limits.iter().map(|limits| limits[end]).collect();
        format!("outputs.new_tensor({})", numbers(&all, 8))
    };
    vec![
        "# Kept to what outputs were in training; an undefined one is in the middle.".to_string(),
        format!("low = {}", ends(0)),
        format!("high = {}", ends(1)),
        "inside = torch.clamp(outputs, low, high)".to_string(),
        "outputs = torch.where(torch.isnan(outputs), 0.5 * (low + high), inside)".to_string(),
    ]
}

fn formulas(
    pipeline: &Pipeline,
    outputs: &[Expression],
    buffers: Vec<Array>,
    end: &[String],
) -> Program {
    let name = |index: usize| recipe::input_name(&pipeline.recipe, index);
    let formulas = expressions::formulas(outputs, &name, Dialect::Torch);
    let mut own = buffers;
    let mut lines = Vec::new();
    if !formulas.constants.is_empty() {
        let count = formulas.constants.len();
        own.push(Array {
            trained: true,
            ..buffer("constants", &[count], &formulas.constants)
        });
        lines.push("c = self.constants".to_string());
    }
    lines.extend(formulas.lines);
    let columns = (1..=outputs.len()).map(|index| format!("y{index} + 0 * x[:, 0]"));
    let columns: Vec<String> = columns.collect();
    lines.push(format!(
        "outputs = torch.stack([{}], dim=1)",
        columns.join(", ")
    ));
    lines.extend_from_slice(end);
    Program {
        functions: Vec::new(),
        classes: Vec::new(),
        model: model(&own, "", "cut_method", &lines),
        tensors: own,
    }
}
