//! Formulas with the ranges of their inputs, from the published lists.

use std::path::Path;

use csv::StringRecord;
use neuronseek::expression::{Expression, Operation};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::FormulasError;

/// What kind of formula it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// A polynomial once expanded.
    Polynomial,
    /// A quotient of polynomials.
    Rational,
}

/// A formula to be found again.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Formula {
    /// The name in its list, such as "Nguyen-1" or "I.12.5".
    pub name: String,
    /// The file of the list.
    pub list: String,
    /// The formula over x1, x2, ...
    pub expression: Expression,
    /// What kind it is.
    pub kind: Kind,
    /// The lowest and highest value of each input.
    pub ranges: Vec<[f64; 2]>,
}

/// The polynomial and rational formulas of a folder, and how many others there are.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Formulas {
    /// Those that are used, in the order of the lists.
    pub chosen: Vec<Formula>,
    /// How many are of another kind, have no input, are the same as one before, or were not
    /// understood.
    pub others: usize,
}

/// The formula and the ranges of a line.
type Line = (Expression, Vec<[f64; 2]>);

/// Reads `dso_benchmarks.csv` (Nguyen, Livermore, Keijzer and others), `FeynmanEquations.csv` and
/// `BonusEquations.csv` in `folder`.
///
/// # Errors
/// When a list cannot be read.
pub fn read(folder: &Path) -> Result<Formulas, FormulasError> {
    let mut formulas = Formulas::default();
    for list in [
        "dso_benchmarks.csv",
        "FeynmanEquations.csv",
        "BonusEquations.csv",
    ] {
        let path = folder.join(list);
        let failed = |error: csv::Error| FormulasError::List {
            path: path.display().to_string(),
            reason: error.to_string(),
        };
        let mut reader = csv::Reader::from_path(&path).map_err(failed)?;
        let header = reader.headers().map_err(failed)?.clone();
        for record in reader.records() {
            let record = record.map_err(failed)?;
            let cell = |name: &str| cell(&header, &record, name);
            let (name, line) = if list.starts_with("dso") {
                (cell("name"), dso(&cell))
            } else {
                (cell("Filename"), feynman(&cell))
            };
            match line.and_then(|line| chosen(name.unwrap_or_default(), list, line)) {
                Some(formula) if !known(&formulas.chosen, &formula) => {
                    formulas.chosen.push(formula);
                }
                _ => formulas.others += 1,
            }
        }
    }
    Ok(formulas)
}

fn cell<'a>(header: &StringRecord, record: &'a StringRecord, name: &str) -> Option<&'a str> {
    let place = header.iter().position(|title| title == name)?;
    record.get(place).filter(|cell| !cell.is_empty())
}

fn known(formulas: &[Formula], new: &Formula) -> bool {
    let mut same = formulas
        .iter()
        .filter(|f| f.expression == new.expression && f.ranges == new.ranges);
    same.next().is_some()
}

fn chosen(name: &str, list: &str, (expression, ranges): Line) -> Option<Formula> {
    if expression.inputs() == 0 || ranges.len() < expression.inputs() {
        return None;
    }
    let kind = if expression.monomials().is_some() {
        Kind::Polynomial
    } else if is_rational(&expression) {
        Kind::Rational
    } else {
        return None;
    };
    Some(Formula {
        name: name.to_string(),
        list: list.to_string(),
        expression,
        kind,
        ranges,
    })
}

/// Whether inputs are only added, subtracted, multiplied, divided and raised to whole powers.
fn is_rational(expression: &Expression) -> bool {
    let operations = expression.operations();
    operations.iter().enumerate().all(|(index, operation)| {
        match operation {
            Operation::Power => {
                // The exponent is the second argument, in prefix order after the first.
                let mut open = 1;
                let mut place = index + 1;
                while open > 0 && place < operations.len() {
                    open = open + operations[place].arity() - 1;
                    place += 1;
                }
                matches!(operations.get(place), Some(Operation::Constant(c)) if c.fract() == 0.0)
            }
            Operation::Input(_)
            | Operation::Constant(_)
            | Operation::Add
            | Operation::Subtract
            | Operation::Multiply
            | Operation::Divide
            | Operation::Negate => true,
            _ => false,
        }
    })
}

/// `expression` over x1, x2, ... and `train_spec`: a range for all inputs or one for each.
fn dso<'a>(cell: &dyn Fn(&str) -> Option<&'a str>) -> Option<Line> {
    let expression: Expression = cell("expression")?.parse().ok()?;
    let count: usize = cell("variables")?.parse().ok()?;
    let spec: Value = serde_json::from_str(cell("train_spec")?).ok()?;
    let range = |input: usize| {
        let own = spec.get(format!("x{}", input + 1));
        let of = own.or_else(|| spec.get("all"))?;
        let numbers = of.get("U").or_else(|| of.get("E"))?.as_array()?;
        let (low, high) = (numbers.first()?.as_f64()?, numbers.get(1)?.as_f64()?);
        (low < high).then_some([low, high])
    };
    let ranges = (0..count).map(range).collect::<Option<Vec<_>>>()?;
    Some((expression, ranges))
}

/// `Formula` over `v1_name`, `v2_name`, ... with `v1_low`, `v1_high`, ...
fn feynman<'a>(cell: &dyn Fn(&str) -> Option<&'a str>) -> Option<Line> {
    let mut names: Vec<&str> = Vec::new();
    let mut ranges = Vec::new();
    while let Some(name) = cell(&format!("v{}_name", names.len() + 1)) {
        let number = |what: &str| cell(&format!("v{}_{what}", names.len() + 1))?.parse().ok();
        let range: [Option<f64>; 2] = [number("low"), number("high")];
        ranges.push([range[0]?, range[1]?]);
        names.push(name);
    }
    let expression = Expression::parse(cell("Formula")?, &names).ok()?;
    Some((expression, ranges))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_are_read_and_other_kinds_counted() {
        let folder = tempfile::tempdir().unwrap();
        let write =
            |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
        write(
            "dso_benchmarks.csv",
            "name,variables,expression,train_spec,test_spec,function_set\n\
             A,2,\"pow(x1,3)+x2\",\"{\"\"all\"\":{\"\"U\"\":[-1,1,20]}}\",,K\n\
             B,1,sin(x1),\"{\"\"all\"\":{\"\"U\"\":[-1,1,20]}}\",,K\n\
             C,2,\"div(x1,x2)\",\"{\"\"x1\"\":{\"\"E\"\":[0,2,0.1]},\"\"x2\"\":{\"\"U\"\":[1,3,5]}}\",,K\n",
        );
        let header = "Filename,Number,Output,Formula,# variables,v1_name,v1_low,v1_high,\
                      v2_name,v2_low,v2_high\n";
        write(
            "FeynmanEquations.csv",
            &format!("{header}I.12.1,1,F,mu*Nn,2,mu,1,5,Nn,2,4\n"),
        );
        write("BonusEquations.csv", header);
        let formulas = read(folder.path()).unwrap();
        assert_eq!(formulas.others, 1);
        let kinds: Vec<Kind> = formulas.chosen.iter().map(|f| f.kind).collect();
        assert_eq!(kinds, [Kind::Polynomial, Kind::Rational, Kind::Polynomial]);
        assert_eq!(formulas.chosen[1].ranges, [[0.0, 2.0], [1.0, 3.0]]);
        assert_eq!(formulas.chosen[2].expression.to_string(), "x1 * x2");
        assert_eq!(formulas.chosen[2].ranges[1], [2.0, 4.0]);
        std::fs::remove_file(folder.path().join("BonusEquations.csv")).unwrap();
        assert!(
            read(folder.path())
                .unwrap_err()
                .to_string()
                .contains("BonusEquations")
        );
    }
}
