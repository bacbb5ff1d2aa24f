//! The polynomial part of a model in symbols: SymPy and LaTeX.

use std::fmt::Write;

use crate::model::{Expanded, ExpandedInput};

/// A Python file that gives the polynomial to SymPy: `symbols`, a dict from names of inputs, and
/// `polynomial`, a dict from names of outputs to expressions in the user's units.
pub fn sympy(expanded: &Expanded) -> String {
    let mut text = String::from(HEAD);
    let _ = writeln!(text, "# {}", origin(expanded));
    text.push_str(
        "\nfrom sympy import Float, Symbol\n\n# Inputs: name in the table, symbol.\nsymbols = {\n",
    );
    for (index, input) in expanded.inputs.iter().enumerate() {
        let name = quoted(&input.name);
        let _ = writeln!(
            text,
            "    {name}: Symbol({}, real=True),",
            quoted(&plain(&input.name, index))
        );
    }
    text.push_str("}\nx = list(symbols.values())\n\n# Beyond these limits the model takes an input for the limit.\nlimits = {\n");
    for input in &expanded.inputs {
        if let Some([low, high]) = input.limits {
            let _ = writeln!(text, "    {}: ({low:?}, {high:?}),", quoted(&input.name));
        }
    }
    text.push_str("}\n\npolynomial = {}\n");
    for output in &expanded.outputs {
        let _ = writeln!(text, "polynomial[{}] = sum([", quoted(&output.name));
        for (powers, coefficient) in &output.monomials {
            let _ = write!(text, "    Float(\"{coefficient:?}\", 17)");
            for (input, power) in powers {
                let shift = expanded.inputs[*input].shift;
                match shift == 0.0 {
                    true => drop(write!(text, " * x[{input}]")),
                    false => drop(write!(text, " * (x[{input}] - Float(\"{shift:?}\", 17))")),
                }
                if *power > 1 {
                    let _ = write!(text, "**{power}");
                }
            }
            text.push_str(",\n");
        }
        text.push_str("])\n");
    }
    text
}

const HEAD: &str = concat!(
    "# A polynomial by neuronseek ",
    env!("CARGO_PKG_VERSION"),
    " for SymPy, in the units of the table.\n"
);

/// The polynomial as LaTeX: one aligned equation an output, coefficients to six digits.
pub fn latex(expanded: &Expanded) -> String {
    let mut text = format!("% {}\n\\begin{{align*}}\n", origin(expanded));
    for (index, output) in expanded.outputs.iter().enumerate() {
        let _ = write!(text, "{} ={{}} &", upright(&output.name));
        let mut first = true;
        for (powers, coefficient) in &output.monomials {
            if *coefficient == 0.0 && output.monomials.len() > 1 {
                continue;
            }
            let sign = match (*coefficient < 0.0, first) {
                (true, _) => "-",
                (false, true) => "",
                (false, false) => "+",
            };
            if !first {
                text.push_str(" \\\\\n  & {}");
            }
            let _ = write!(text, "{sign} {}", six_digits(coefficient.abs()));
            for (input, power) in powers {
                let _ = write!(text, " \\, {}", factor(&expanded.inputs[*input], *power));
            }
            first = false;
        }
        if index + 1 < expanded.outputs.len() {
            text.push_str(" \\\\");
        }
        text.push('\n');
    }
    text.push_str("\\end{align*}\n");
    text
}

fn origin(expanded: &Expanded) -> &'static str {
    match expanded.predicts {
        true => "It is what the model predicts by.",
        false => "It is what the search fitted; networks of its neuron predict, not it.",
    }
}

fn factor(input: &ExpandedInput, power: u32) -> String {
    let name = upright(&input.name);
    let base = match input.shift {
        0.0 => name,
        shift if shift < 0.0 => format!("({name} + {})", six_digits(-shift)),
        shift => format!("({name} - {})", six_digits(shift)),
    };
    match power {
        1 => base,
        power => format!("{base}^{{{power}}}"),
    }
}

/// Six digits, powers of ten as LaTeX writes them.
fn six_digits(value: f64) -> String {
    let rounded: f64 = format!("{value:.5e}").parse().unwrap_or(value);
    if rounded == 0.0 || (1e-4..1e7).contains(&rounded) {
        return format!("{rounded}");
    }
    let text = format!("{rounded:e}");
    let (digits, exponent) = text.split_once('e').unwrap_or((&text, "0"));
    format!("{digits} \\cdot 10^{{{exponent}}}")
}

/// A name in upright letters, what LaTeX reads as commands escaped.
fn upright(name: &str) -> String {
    let mut text = String::from("\\mathrm{");
    for letter in name.chars() {
        match letter {
            '\\' => text.push_str("\\backslash{}"),
            '^' => text.push_str("\\hat{\\ }"),
            '~' => text.push_str("\\sim{}"),
            '#' | '$' | '%' | '&' | '_' | '{' | '}' => {
                text.push('\\');
                text.push(letter);
            }
            ' ' => text.push_str("\\ "),
            letter => text.push(letter),
        }
    }
    text.push('}');
    text
}

/// A Python text.
fn quoted(text: &str) -> String {
    // JSON's escapes are Python's too.
    serde_json::to_string(text).unwrap_or_default()
}

/// The name of a symbol: the input's where it has letters, digits and underscores alone.
fn plain(name: &str, index: usize) -> String {
    let sound = name
        .chars()
        .all(|letter| letter.is_ascii_alphanumeric() || letter == '_')
        && name.starts_with(|letter: char| letter.is_ascii_alphabetic());
    match sound {
        true => name.to_string(),
        false => format!("x_{}", index + 1),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::ExpandedOutput;

    fn expanded() -> Expanded {
        let input = |name: &str, shift| ExpandedInput {
            name: name.to_string(),
            shift,
            limits: None,
        };
        Expanded {
            inputs: vec![input("size", 0.0), input("year built", 1990.0)],
            outputs: vec![ExpandedOutput {
                name: "price_$".to_string(),
                monomials: vec![
                    (vec![], 3.0),
                    (vec![(0, 1), (1, 2)], -1.25e-9),
                    (vec![(0, 3)], 0.1),
                ],
            }],
            predicts: true,
        }
    }

    #[test]
    fn latex_escapes_and_shifts() {
        let text = latex(&expanded());
        let expected = "\\mathrm{price\\_\\$} ={} & 3 \\\\\n  & {}- 1.25 \\cdot 10^{-9} \\, \
                        \\mathrm{size} \\, (\\mathrm{year\\ built} - 1990)^{2} \\\\\n  & {}+ 0.1 \\, \
                        \\mathrm{size}^{3}\n";
        assert!(text.contains(expected), "{text}");
    }

    #[test]
    fn values_are_of_limited_and_shifted_inputs() {
        let mut polynomial = expanded();
        polynomial.inputs[0].limits = Some([0.0, 2.0]);
        let expected = 3.0 - 1.25e-9 * 2.0 * 100.0 + 0.8;
        assert_eq!(polynomial.values(&[5.0, 2000.0]), [expected]);
        assert!(sympy(&polynomial).contains("\"size\": (0.0, 2.0)"));
    }
}
