//! A page that shows the orbit at work: self-contained, no file beside it, nothing from elsewhere.

use crate::error::TheoryError;
use crate::function::Function;
use crate::orbit::{Approximation, Tent};

/// The most steps of an orbit that a page can carry.
const MOST_STEPS: usize = 100_000;

/// Points of the function's curve.
const CURVE: usize = 1001;

/// A page on which the orbit of a function of one input hits the nodes, step by step.
///
/// # Errors
/// Several inputs, or more than 100,000 steps.
pub fn orbit(
    name: &str,
    function: &Function,
    found: &Approximation,
) -> Result<String, TheoryError> {
    let plan = &found.plan;
    if plan.grid.inputs != 1 {
        return Err(TheoryError::parameter(
            "--page",
            "asked for",
            "functions of one input",
        ));
    }
    if plan.steps() > MOST_STEPS {
        let allowed = format!("up to {MOST_STEPS} steps: take fewer nodes or bits");
        return Err(TheoryError::parameter(
            "--page",
            format!("of {} steps", plan.steps()),
            allowed,
        ));
    }
    let tent = Tent::new(&found.seed);
    let orbit: Vec<f64> = (0..=plan.steps())
        .map(|step| {
            let digits = tent.digits(step, 60);
            (std::f64::consts::PI * digits as f64 * (-60f64).exp2()).cos()
        })
        .collect();
    let along = |point: usize| point as f64 / (CURVE - 1) as f64;
    let curve: Vec<f64> = (0..CURVE)
        .map(|point| function.value(&[along(point)]))
        .collect();
    let (from, to) = function.domain();
    let page = include_str!("orbit.html")
        .replace("{{name}}", &escaped(name))
        .replace("{{nodes}}", &plan.grid.intervals.to_string())
        .replace("{{bits}}", &plan.m.to_string())
        .replace("{{places}}", &found.seed.bits.to_string())
        .replace("{{steps}}", &plan.steps().to_string())
        .replace("{{from}}", &from.to_string())
        .replace("{{to}}", &to.to_string())
        .replace("{{w0}}", &format!("{:.17}", orbit[0]))
        .replace("{{curve}}", &list(&curve))
        .replace("{{orbit}}", &list(&orbit));
    Ok(page)
}

fn list(values: &[f64]) -> String {
    let texts: Vec<String> = values.iter().map(|value| format!("{value:.5}")).collect();
    texts.join(",")
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::orbit::{Limits, Plan};

    #[test]
    fn the_page_is_whole_and_carries_the_orbit() {
        let function = Function::formula("x < 0.5: 0.8 * x; 0.8 - 0.8 * x", 0.0, 1.0).unwrap();
        let plan = Plan::new(1, 8, 6, &Limits::default()).unwrap();
        let found = Approximation::new(&function, plan).unwrap();
        let html = orbit("x < 0.5: ...", &function, &found).unwrap();
        assert!(html.contains("x &lt; 0.5") && !html.contains("{{"));
        assert!(!html.contains("http"), "nothing from elsewhere");
        let values = found.orbit.values();
        assert!(html.contains(&format!("{:.5}", values[3])));
    }
}
