//! What the constructions look like.

use std::f64::consts::PI;
use std::path::{Path, PathBuf};

use neuronseek_bench::plot::{Axis, Chart, Picture, PlotError, Series, Surface, Surfaces};
use neuronseek_theory::Function;
use neuronseek_theory::bits::Bits;
use neuronseek_theory::orbit::{Approximation, Grid, Limits, Plan, Tent, sampled_error};
use neuronseek_theory::precision::Cliff;
use neuronseek_theory::trajectory::by_remainders;
use neuronseek_theory::waiting::Waiting;

use crate::failure::Failure;

/// Points of a curve.
const CURVE: usize = 801;

/// Points along each side of a surface.
const SIDE: usize = 61;

/// Steps of an orbit that a picture shows.
const STEPS: usize = 3000;

fn write(
    picture: Result<Picture, PlotError>,
    folder: &Path,
    name: &str,
) -> Result<PathBuf, Failure> {
    let [svg, _] = picture?.write(folder, name)?;
    Ok(svg)
}

fn along(point: usize, points: usize) -> f64 {
    point as f64 / (points - 1) as f64
}

/// f against the network, and the orbit passing through the graph; of two inputs, surfaces.
pub fn orbit(
    folder: &Path,
    function: &Function,
    found: &Approximation,
) -> Result<Vec<PathBuf>, Failure> {
    match function.inputs() {
        1 => Ok(vec![
            write(compared(function, found).draw(), folder, "orbit-function")?,
            write(passing(function, found).draw(), folder, "orbit-steps")?,
        ]),
        2 => Ok(vec![write(
            side_by_side(function, found).draw(),
            folder,
            "orbit-surfaces",
        )?]),
        _ => Err(Failure::unusable(
            "functions of three inputs have no picture: leave out --plots",
        )),
    }
}

fn curve(of: impl Fn(f64) -> f64) -> Vec<(f64, f64)> {
    (0..CURVE)
        .map(|point| along(point, CURVE))
        .map(|u| (u, of(u)))
        .collect()
}

fn compared(function: &Function, found: &Approximation) -> Chart {
    let values = found.orbit.values();
    let grid = &found.plan.grid;
    let network = curve(|u| grid.join(&values, &[u]));
    let nodes = values
        .iter()
        .enumerate()
        .map(|(k, value)| (along(k, values.len()), *value));
    Chart {
        title: format!(
            "One number of {} binary places, K = {}, m = {}",
            found.seed.bits, grid.intervals, found.plan.m
        ),
        x: Axis::linear("x, as a share of the interval"),
        y: Axis::linear("f"),
        series: vec![
            Series::line("f", curve(|u| function.value(&[u]))),
            Series::line("network", network),
            Series::scatter("nodes", nodes.collect::<Vec<_>>()),
        ],
    }
}

fn passing(function: &Function, found: &Approximation) -> Chart {
    let tent = Tent::new(&found.seed);
    let (steps, m) = (found.plan.steps().min(STEPS), found.plan.m);
    let last = found.plan.steps() as f64;
    let at = |step: usize| {
        let angle = tent.digits(step, 60) as f64 * (-60f64).exp2();
        (step as f64 / last, (PI * angle).cos())
    };
    let between = (0..=steps).filter(|step| step % m != 0).map(at);
    let nodes = (0..=steps).step_by(m).map(at);
    Chart {
        title: format!("The orbit of 2 w^2 - 1 hits f every {m} steps"),
        x: Axis::linear("step, as a share of all"),
        y: Axis::linear("w"),
        series: vec![
            Series::scatter("between nodes", between.collect::<Vec<_>>()),
            Series::scatter("at nodes", nodes.collect::<Vec<_>>()),
            Series::line("f", curve(|u| function.value(&[u]))),
        ],
    }
}

fn side_by_side(function: &Function, found: &Approximation) -> Surfaces {
    let values = found.orbit.values();
    let surface = |name: &str, of: &dyn Fn(&[f64]) -> f64| Surface {
        name: name.to_string(),
        values: (0..SIDE)
            .rev()
            .map(|j| {
                (0..SIDE)
                    .map(|i| of(&[along(i, SIDE), along(j, SIDE)]))
                    .collect()
            })
            .collect(),
    };
    let network = |u: &[f64]| found.plan.grid.join(&values, u);
    Surfaces {
        title: format!("One number of {} binary places", found.seed.bits),
        surfaces: vec![
            surface("f(x1, x2)", &|u| function.value(u)),
            surface("network", &network),
            surface("network - f", &|u| network(u) - function.value(u)),
        ],
    }
}

/// Error against bits for A, S and B, with the line of the entropy.
pub fn bits(folder: &Path, function: &Function, slope: f64) -> Result<Vec<PathBuf>, Failure> {
    let sampled = |grid: &Grid, values: &[f64]| sampled_error(grid, values, function, 4001);
    let (mut a, mut s, mut b) = (Vec::new(), Vec::new(), Vec::new());
    for power in 3..=9 {
        let intervals = 1usize << power;
        // Bits for nodes as exact as joining a smooth function: the square of the interval.
        let plan = Plan::new(1, intervals, 2 * power, &Limits::default())?;
        let found = Approximation::new(function, plan)?;
        a.push((
            found.seed.bits as f64,
            sampled(&plan.grid, &found.orbit.values()),
        ));
        if power <= 8 {
            let square = (intervals * intervals) as f64;
            let found = by_remainders(function, intervals + 1, (2.0 / square).min(0.5))?;
            b.push((
                found.bits() as f64,
                sampled(&plan.grid, &found.values_by_angles()),
            ));
        }
    }
    for power in 4..=14 {
        let found = Bits::encode(function, 1 << power, slope)?;
        s.push((
            found.symbols.len() as f64,
            sampled(&found.grid(), &found.values()),
        ));
    }
    let entropy = [16.0, 16384.0].map(|bits| (bits, slope / bits));
    let chart = Chart {
        title: "Error against the length of the one number".to_string(),
        x: Axis::log("bits"),
        y: Axis::log("sup error"),
        series: vec![
            Series::line("A: orbit, m = 2 log2 K", a),
            Series::line("S: one bit per node", s),
            Series::line("B: integer by remainders", b),
            Series::line("entropy of Lipschitz functions, L / bits", entropy),
        ],
    };
    Ok(vec![write(chart.draw(), folder, "bits-error")?])
}

/// Two coordinates of the dense trajectory.
pub fn trajectory(folder: &Path) -> Result<Vec<PathBuf>, Failure> {
    let [a, b] = [2f64, 3f64].map(|prime| prime.sqrt().fract());
    let at = |n: usize| [a, b].map(|turn| (2.0 * PI * (turn * n as f64).fract()).cos());
    let points = |from: usize, to: usize| {
        (from..=to)
            .map(|n| (at(n)[0], at(n)[1]))
            .collect::<Vec<_>>()
    };
    let chart = Chart {
        title: "(T_n(c1), T_n(c2)) is dense in the square".to_string(),
        x: Axis::linear("T_n(c1)"),
        y: Axis::linear("T_n(c2)"),
        series: vec![
            Series::scatter("n = 101 to 1000", points(101, 1000)),
            Series::scatter("n = 1 to 100", points(1, 100)),
        ],
    };
    Ok(vec![write(chart.draw(), folder, "trajectory-square")?])
}

/// Measured waiting times and the law.
pub fn waiting(folder: &Path, found: &[Waiting]) -> Result<Vec<PathBuf>, Failure> {
    let mut nodes: Vec<usize> = found.iter().map(|waiting| waiting.coordinates).collect();
    nodes.sort_unstable();
    nodes.dedup();
    let mut series = Vec::new();
    for &nodes in &nodes {
        let of = || found.iter().filter(|waiting| waiting.coordinates == nodes);
        let law = of().map(|w| (w.distance, w.law)).collect::<Vec<_>>();
        let times = of().map(|w| (w.distance, w.median, w.interval.0, w.interval.1));
        series.push(Series::line(format!("law, K = {nodes}"), law));
        series.push(Series::scatter(
            format!("measured, K = {nodes}"),
            times.collect::<Vec<_>>(),
        ));
    }
    let chart = Chart {
        title: "Steps until the trajectory comes by".to_string(),
        x: Axis::log("distance of each angle in turns"),
        y: Axis::log("steps: the median, its 95 % interval"),
        series,
    };
    Ok(vec![write(chart.draw(), folder, "waiting")?])
}

/// Error against binary places.
pub fn precision(folder: &Path, cliffs: &[Cliff], bound: f64) -> Result<Vec<PathBuf>, Failure> {
    let ends = [cliffs.first(), cliffs.last()];
    let bound = ends
        .into_iter()
        .flatten()
        .map(|cliff| (cliff.places as f64, bound));
    // A node may be exact; a logarithmic axis has no zero.
    let errors = cliffs
        .iter()
        .map(|cliff| (cliff.places as f64, cliff.error.max(1e-16)));
    let chart = Chart {
        title: "Below K m + m binary places the orbit is lost".to_string(),
        x: Axis::linear("binary places"),
        y: Axis::log("largest error of a node"),
        series: vec![
            Series::line("orbit", errors.collect::<Vec<_>>()),
            Series::line("the theorem's bound, pi 2^-m", bound.collect::<Vec<_>>()),
        ],
    };
    Ok(vec![write(chart.draw(), folder, "precision")?])
}

/// Errors of trained networks against their size, one picture per task.
pub fn practice(
    folder: &Path,
    rows: &[neuronseek_theory::practice::AtSize],
) -> Result<Vec<PathBuf>, Failure> {
    let mut tasks: Vec<&str> = rows.iter().map(|row| row.task).collect();
    tasks.dedup();
    let mut paths = Vec::new();
    for task in tasks {
        let mut neurons: Vec<&str> = Vec::new();
        let of_task = || rows.iter().filter(|row| row.task == task);
        for row in of_task() {
            if !neurons.contains(&row.neuron.as_str()) {
                neurons.push(&row.neuron);
            }
        }
        let series = neurons.iter().map(|neuron| {
            let points = of_task().filter(|row| row.neuron == *neuron);
            let points = points.map(|r| (r.parameters as f64, r.error, r.range[0], r.range[1]));
            Series::line(*neuron, points.collect::<Vec<_>>())
        });
        let chart = Chart {
            title: format!("Trained alike: {task}"),
            x: Axis::log("parameters"),
            y: Axis::log("root mean square error / deviation"),
            series: series.collect(),
        };
        let name = format!("practice-{}", task.replace([' ', '\''], "-"));
        paths.push(write(chart.draw(), folder, &name)?);
    }
    Ok(paths)
}
