//! Rust in one file, of `core` alone: weights as statics and a few loops.
//!
//! Functions stand in `functions.rs` and `math.rs`, types in `types.rs`; here is written what
//! differs from model to model.

mod encode;
mod outcome;
mod tables;
mod text;

use self::text::literal;
use super::native::header::{self, Spelling};
use super::native::tables::Body;
use super::native::{formula, identifiers, reasons, template};
use crate::expression::{Expression, Operation};
use crate::model::{Core, Pipeline};
use crate::prepare::{RawKind, Restoring};

/// What is written of a model, part by part.
#[derive(Default)]
struct Parts {
    flags: template::Flags,
    /// Statics.
    data: String,
    /// Functions.
    code: String,
}

/// The model as one file of Rust (edition 2021), a module that uses `core` alone and allocates
/// nothing.
///
/// Everything is computed in double precision; weights of networks are stored in single precision,
/// as they were trained.
///
/// # Errors
/// Every reason why there is none.
pub fn rust(pipeline: &Pipeline) -> Result<String, Vec<String>> {
    let reasons = reasons(pipeline);
    if !reasons.is_empty() {
        return Err(reasons);
    }
    let members = identifiers(pipeline.recipe.columns.iter().map(|c| c.name.as_str()));
    let body = Body::of(&pipeline.core);
    let mut parts = Parts {
        flags: body.flags(),
        ..Parts::default()
    };
    for (flag, other) in [("norm", "plain"), ("deep", "flat")] {
        if !parts.flags.contains(flag) {
            parts.flags.insert(other);
        }
    }
    encode::write(&pipeline.recipe, &members, &mut parts);
    tables::scales(&pipeline.core, &mut parts);
    match &body {
        Body::Tables(networks) => tables::networks(networks, &mut parts),
        Body::Written(expressions) => written(expressions, &mut parts),
    }
    outcome::write(pipeline, &body, &mut parts);
    let flags = &parts.flags;
    let functions = template::called(include_str!("functions.rs"), flags, &parts.code);
    let both = format!("{functions}\n{}", parts.code);
    let math = template::called(include_str!("math.rs"), flags, &both);
    let types = template::asked(include_str!("types.rs"), flags);
    let mut file = head(pipeline, &members);
    file.push_str(&interface(pipeline, &members));
    file.push_str(&constants(pipeline, &body));
    for (title, text) in [
        ("This model.", &parts.code),
        ("What every model is computed with.", &functions),
        ("Functions that `core` lacks.", &math),
        ("Kinds of tables.", &types),
        ("What was fitted.", &parts.data),
    ] {
        if !text.is_empty() {
            file.push_str(&format!("// ---- {title} ----\n\n{}\n\n", text.trim_end()));
        }
    }
    file.truncate(file.trim_end().len());
    file.push('\n');
    Ok(file)
}

fn head(pipeline: &Pipeline, members: &[String]) -> String {
    let spelling = Spelling {
        needs: "It is a module of Rust that needs `core` alone.",
        no_number: "f64::NAN",
        no_text: "None",
        precision: "Everything is computed in double precision.",
        quoted: literal,
    };
    let mut head = String::new();
    for line in header::lines(pipeline, members, &spelling) {
        head.push_str(format!("// {line}").trim_end());
        head.push('\n');
    }
    head.push('\n');
    head
}

/// What the module is used by.
fn interface(pipeline: &Pipeline, members: &[String]) -> String {
    let columns = &pipeline.recipe.columns;
    let mut text = format!(
        "/// A row.\n#[allow(dead_code)]\n#[derive(Debug, Clone, Copy, PartialEq)]\npub struct {} {{\n",
        row_type(pipeline, "'a")
    );
    for (column, member) in columns.iter().zip(members) {
        let (unit, kind) = match column.kind {
            RawKind::Number => ("a number", "f64"),
            RawKind::Truth => ("1 or 0", "f64"),
            RawKind::Date => ("seconds since 1970", "f64"),
            RawKind::Text => ("a text", "Option<&'a str>"),
        };
        let name = literal(&column.name);
        text.push_str(&format!(
            "    /// {name}, {unit}\n    pub {member}: {kind},\n"
        ));
    }
    text.push_str("}\n\n");
    match &pipeline.outcome {
        Restoring::Values(values) => {
            let targets = pipeline.targets.iter().map(|target| literal(target));
            let targets: Vec<String> = targets.collect();
            text.push_str(&format!(
                "/// How many targets there are: {}.\npub const TARGETS: usize = {};\n\n",
                targets.join(", "),
                values.len()
            ));
        }
        Restoring::Classes { classes, .. } => {
            let lines = classes
                .iter()
                .map(|class| format!("    {},\n", literal(class)));
            text.push_str(&format!(
                "/// The classes.\n#[allow(dead_code)]\npub const CLASSES: [&str; {}] = [\n{}];\n\n",
                classes.len(),
                lines.collect::<String>()
            ));
        }
    }
    text
}

/// The type of rows; it has a lifetime if it has texts.
fn row_type(pipeline: &Pipeline, lifetime: &str) -> String {
    let columns = &pipeline.recipe.columns;
    match columns.iter().any(|column| column.kind == RawKind::Text) {
        true => format!("Row<{lifetime}>"),
        false => "Row".to_string(),
    }
}

/// Lengths of arrays and the type of weights.
fn constants(pipeline: &Pipeline, body: &Body) -> String {
    let scaled = match &pipeline.core {
        Core::Networks { scale, .. } => scale.len(),
        Core::Formula { scale, .. } => scale.len(),
    };
    let mut text = format!(
        "const INPUTS: usize = {};\n/// Inputs that are scaled and used.\n\
         const SCALED: usize = {scaled};\nconst OUTPUTS: usize = {};\n",
        pipeline.recipe.inputs.len(),
        pipeline.core.outputs()
    );
    if let Body::Tables(_) = body {
        let weight = match pipeline.core {
            Core::Networks { .. } => "f32",
            Core::Formula { .. } => "f64",
        };
        text.push_str(&format!(
            "/// Of layers.\nconst WIDEST: usize = {};\n\n/// What weights are stored in.\n\
             type Weight = {weight};\n",
            body.widest()
        ));
    }
    text.push('\n');
    text
}

fn function(operation: Operation) -> &'static str {
    match operation {
        Operation::Sin => "sin",
        Operation::Cos => "cos",
        Operation::Tan => "tan",
        Operation::Asin => "asin",
        Operation::Acos => "acos",
        Operation::Atan => "atan",
        Operation::Tanh => "tanh",
        Operation::Exp => "exp",
        Operation::Log => "log",
        Operation::Sqrt => "sqrt",
        Operation::Abs => "absolute",
        Operation::Sigmoid => "logistic",
        Operation::Min => "f64::min",
        Operation::Max => "f64::max",
        _ => "",
    }
}

/// A formula in lines.
fn written(expressions: &[Expression], parts: &mut Parts) {
    let dialect = formula::Dialect {
        function,
        number: text::double,
        declare: "let",
    };
    let expressions = expressions.iter().enumerate();
    let lines = expressions.flat_map(|(output, one)| formula::lines(one, output, &dialect));
    let lines: Vec<String> = lines.map(|line| format!("    {line}\n")).collect();
    let lines = lines.concat();
    let x = if lines.contains("x[") { "x" } else { "_x" };
    parts.code.push_str(&format!(
        "/// The outputs y for scaled inputs x.\n\
         fn formula({x}: &[f64], y: &mut [f64; OUTPUTS]) {{\n{lines}}}\n\n"
    ));
}

/// The mathematical functions against those of the standard library.
#[cfg(test)]
mod tests;
