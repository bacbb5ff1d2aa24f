//! The terms of a model's polynomial as features.

use neuronseek::matrix::Matrix;
use neuronseek::model::{Model, ModelError};
use neuronseek::table::Table;
use neuronseek::terms::Polynomial;

/// The name of each feature: of pure terms and functions their text, of interactions one for each
/// product, such as `cp(2)[0]`; with several outputs the output's number behind those that each
/// output has of its own. A formula in symbols is one feature for each output.
pub fn names(model: &Model) -> Vec<String> {
    let Some(search) = &model.report().search else {
        return Vec::new();
    };
    let outputs = search.formula.outputs();
    let each = |name: String| -> Vec<String> {
        match outputs {
            1 => vec![name],
            _ => (0..outputs)
                .map(|output| format!("{name} of {output}"))
                .collect(),
        }
    };
    let Some(polynomial) = search.formula.polynomial() else {
        return each("formula".to_string());
    };
    let mut names = Vec::new();
    for term in &polynomial.pure {
        names.extend(each(match term.order {
            1 => "x".to_string(),
            order => format!("x^{order}"),
        }));
    }
    for term in &polynomial.functions {
        names.extend(each(format!("{}(x)", term.function.name())));
    }
    for (order, pieces) in polynomial.pieces_by_order() {
        names.extend((0..pieces.len()).map(|piece| format!("cp({order})[{piece}]")));
    }
    names
}

/// rows x [`names`]: the value of each pure term, `<w, x^(k)>`, and of each product of
/// projections, `prod_m <u_m, x>`, on inputs as the search saw them.
pub fn values(model: &Model, table: &Table) -> Result<Matrix<f64>, ModelError> {
    let inputs = model.preparation().inputs(table)?;
    let Some(search) = &model.report().search else {
        return Ok(Matrix::zeros(table.rows(), 0));
    };
    let scaled = model.search_scale().apply(&inputs);
    let Some(polynomial) = search.formula.polynomial() else {
        return Ok(search.formula.values(&scaled));
    };
    let parts = parts(polynomial);
    let count = parts.iter().map(Polynomial::outputs).sum();
    let mut features = Matrix::zeros(table.rows(), count);
    let mut first = 0;
    for part in &parts {
        let values = part.values(&scaled);
        for row in 0..features.rows() {
            features.row_mut(row)[first..first + part.outputs()].copy_from_slice(values.row(row));
        }
        first += part.outputs();
    }
    Ok(features)
}

/// A polynomial of each term alone, of each product with weight 1.
fn parts(whole: &Polynomial) -> Vec<Polynomial> {
    let empty = |outputs: usize| Polynomial {
        inputs: whole.inputs,
        intercept: vec![0.0; outputs],
        pure: Vec::new(),
        functions: Vec::new(),
        pieces: Vec::new(),
    };
    let mut parts = Vec::new();
    for term in &whole.pure {
        parts.push(Polynomial {
            pure: vec![term.clone()],
            ..empty(whole.outputs())
        });
    }
    for term in &whole.functions {
        parts.push(Polynomial {
            functions: vec![term.clone()],
            ..empty(whole.outputs())
        });
    }
    for piece in whole.pieces_by_order().into_values().flatten() {
        let mut piece = piece.clone();
        piece.weights = vec![1.0];
        parts.push(Polynomial {
            pieces: vec![piece],
            ..empty(1)
        });
    }
    parts
}
