//! C99 in one file: weights as constant arrays and a few loops, no memory that is asked for.
//!
//! Functions stand in `functions.c`, types in `types.c`; here is written what differs from model to
//! model.

mod encode;
mod outcome;
mod tables;
mod text;

use self::text::{literal, quoted};
use super::native::header::{self, Spelling};
use super::native::tables::Body;
use super::native::{formula, identifiers, reasons, template, wrapped};
use crate::expression::Operation;
use crate::model::{Core, Pipeline};
use crate::prepare::{Key, RawColumn, RawKind, Restoring};

/// What networks are computed in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Precision {
    /// Single precision, as `predict` does.
    #[default]
    Float,
    /// Double precision.
    Double,
}

/// What is written of a model, part by part.
#[derive(Default)]
struct Parts {
    flags: template::Flags,
    /// Constant arrays.
    data: String,
    /// Functions.
    code: String,
}

/// The model as one file of C99, which is C++ as well.
///
/// Networks are computed in `precision`; what is before and behind them, and formulas, in double
/// precision.
///
/// # Errors
/// Every reason why there is none, such as a level with a zero byte.
pub fn c(pipeline: &Pipeline, precision: Precision) -> Result<String, Vec<String>> {
    let mut reasons = reasons(pipeline);
    reasons.extend(zero_bytes(pipeline));
    if !reasons.is_empty() {
        return Err(reasons);
    }
    let members = identifiers(pipeline.recipe.columns.iter().map(|c| c.name.as_str()));
    let single = precision == Precision::Float && matches!(pipeline.core, Core::Networks { .. });
    let body = Body::of(&pipeline.core);
    let mut parts = Parts {
        flags: body.flags(),
        ..Parts::default()
    };
    if !parts.flags.contains("norm") {
        parts.flags.insert("plain");
    }
    encode::write(&pipeline.recipe, &members, &mut parts);
    tables::scales(&pipeline.core, &mut parts);
    match &body {
        Body::Tables(networks) => tables::networks(networks, single, &mut parts),
        Body::Written(expressions) => written(expressions, &mut parts),
    }
    outcome::write(pipeline, &body, &mut parts);
    let functions = template::called(include_str!("functions.c"), &parts.flags, &parts.code);
    let functions = functions.replace('@', if single { "f" } else { "" });
    let mut file = head(pipeline, &members, single);
    file.push_str(&interface(pipeline, &members));
    file.push_str(&constants(pipeline, &body, single));
    file.push_str(&template::asked(include_str!("types.c"), &parts.flags));
    for (title, text) in [
        ("What was fitted.", &parts.data),
        ("What every model is computed with.", &functions),
        ("This model.", &parts.code),
    ] {
        if !text.is_empty() {
            file.push_str(&format!(
                "/* ---- {title} ---- */\n\n{}\n\n",
                text.trim_end()
            ));
        }
    }
    file.truncate(file.trim_end().len());
    file.push('\n');
    Ok(file)
}

/// Texts of C end at a byte of 0.
fn zero_bytes(pipeline: &Pipeline) -> Vec<String> {
    let mut reasons = Vec::new();
    let mut check = |what: &str, text: &String| {
        if text.contains('\0') {
            reasons.push(format!(
                "{what} {text:?} has a zero byte, which ends a text in C"
            ));
        }
    };
    for coding in &pipeline.recipe.codings {
        if let Key::Texts(texts) = &coding.key {
            texts.iter().for_each(|text| check("the level", text));
        }
    }
    if let Restoring::Classes { classes, .. } = &pipeline.outcome {
        classes.iter().for_each(|class| check("the class", class));
    }
    reasons
}

fn head(pipeline: &Pipeline, members: &[String], single: bool) -> String {
    let spelling = Spelling {
        needs: "It is C99 and C++, needs math.h and string.h, and asks for no memory.",
        no_number: "NAN",
        no_text: "NULL",
        precision: match single {
            true => "Networks are computed in single precision, the rest in double precision.",
            false => "Everything is computed in double precision.",
        },
        quoted,
    };
    let lines = header::lines(pipeline, members, &spelling);
    let mut head = format!("/* {}\n", lines[0]);
    for line in &lines[1..] {
        head.push_str(format!(" * {line}").trim_end());
        head.push('\n');
    }
    head.push_str(" */\n\n#include <math.h>\n#include <string.h>\n\n");
    head
}

/// What other files need to know; they may have a copy of it.
fn interface(pipeline: &Pipeline, members: &[String]) -> String {
    let mut text = String::from(
        "/* ---- For other files: a header may hold a copy of this part. ---- */\n\n\
         #ifdef __cplusplus\nextern \"C\" {\n#endif\n\n\
         /* A row. */\ntypedef struct {\n",
    );
    for (column, member) in pipeline.recipe.columns.iter().zip(members) {
        let name = quoted(&column.name);
        text.push_str(&match column.kind {
            RawKind::Text => format!("    const char *{member}; /* {name} */\n"),
            _ => format!("    double {member}; /* {name}, {} */\n", unit(column)),
        });
    }
    text.push_str("} neuronseek_row;\n\n");
    match &pipeline.outcome {
        Restoring::Values(values) => {
            for (index, target) in pipeline.targets.iter().enumerate() {
                text.push_str(&format!("/* out[{index}]: {} */\n", quoted(target)));
            }
            text.push_str(&format!(
                "enum {{ NEURONSEEK_TARGETS = {} }};\n\n\
                 /* Writes the predictions, one a target, to `out`. */\n\
                 void neuronseek_predict(const neuronseek_row *row, double *out);\n",
                values.len()
            ));
        }
        Restoring::Classes { classes, .. } => text.push_str(&format!(
            "enum {{ NEURONSEEK_CLASSES = {} }};\n\n\
             /* The classes. */\n\
             extern const char *const neuronseek_classes[NEURONSEEK_CLASSES];\n\n\
             /* The index of the predicted class; writes the probability of each to \
             `probabilities`. */\n\
             int neuronseek_predict(const neuronseek_row *row, double *probabilities);\n",
            classes.len()
        )),
    }
    text.push_str("\n#ifdef __cplusplus\n}\n#endif\n\n");
    if let Restoring::Classes { classes, .. } = &pipeline.outcome {
        let classes = wrapped(classes.iter().map(|class| literal(class)), 1);
        text.push_str(&format!(
            "const char *const neuronseek_classes[NEURONSEEK_CLASSES] = {{\n{classes}\n}};\n\n"
        ));
    }
    text
}

fn unit(column: &RawColumn) -> &'static str {
    match column.kind {
        RawKind::Number => "a number",
        RawKind::Truth => "1 or 0",
        RawKind::Text => "a text",
        RawKind::Date => "seconds since 1970",
    }
}

/// Lengths of arrays and the names of kinds.
fn constants(pipeline: &Pipeline, body: &Body, single: bool) -> String {
    let recipe = &pipeline.recipe;
    let mut text = String::from("enum {\n");
    if !recipe.codings.is_empty() {
        text.push_str("    NO_PLACE = -1,\n");
    }
    if let Body::Tables(networks) = body {
        let (widest, count) = (body.widest(), networks.len());
        text.push_str(&format!(
            "    WIDEST = {widest}, /* layer */\n    NETWORKS = {count},\n"
        ));
    }
    text.push_str(&format!(
        "    INPUTS = {},\n    OUTPUTS = {}\n}};\n\n",
        recipe.inputs.len(),
        pipeline.core.outputs()
    ));
    let Body::Tables(_) = body else {
        return text;
    };
    let real = if single { "float" } else { "double" };
    text.push_str(&format!(
        "/* What networks are computed in. */\ntypedef {real} real;\n\n"
    ));
    let (kinds, activations) = body.kinds();
    let kinds: Vec<String> = kinds
        .iter()
        .map(|kind| kind.flag().to_uppercase())
        .collect();
    text.push_str(&kinds_of("term_kind", &kinds));
    if !activations.is_empty() {
        let names = activations.iter().map(|a| tables::activation_name(*a));
        text.push_str(&kinds_of("activation_kind", &names.collect::<Vec<_>>()));
    }
    text
}

fn kinds_of(name: &str, kinds: &[String]) -> String {
    match kinds.is_empty() {
        true => format!("typedef int {name};\n\n"),
        false => format!("typedef enum {{ {} }} {name};\n\n", kinds.join(", ")),
    }
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
        Operation::Abs => "fabs",
        Operation::Sigmoid => "logistic",
        Operation::Min => "fmin",
        Operation::Max => "fmax",
        _ => "",
    }
}

/// A formula in lines.
fn written(expressions: &[crate::expression::Expression], parts: &mut Parts) {
    let dialect = formula::Dialect {
        function,
        number: text::double,
        declare: "const double",
    };
    let expressions = expressions.iter().enumerate();
    let lines = expressions.flat_map(|(output, one)| formula::lines(one, output, &dialect));
    let lines: Vec<String> = lines.map(|line| format!("    {line}\n")).collect();
    let lines = lines.concat();
    let unused = if lines.contains("x[") {
        ""
    } else {
        "    (void)x;\n"
    };
    parts.code.push_str(&format!(
        "/* The outputs y for scaled inputs x. */\n\
         static void formula(const double *x, double *y)\n{{\n{unused}{lines}}}\n\n"
    ));
}
