//! Microseconds of one `td` training step, and how many times faster it is than PyTorch.
//!
//! A step draws a random batch from 2,500 rows, gathers it, samples the gates, computes the
//! paper's model forward and backward, clips the gradient and moves four groups of parameters by
//! Adam. `benchmarks/td_step.py` is the same step in plain PyTorch; it runs between two halves of
//! our own timing, so that both see the same minute of the machine.

use cpu_time::ThreadTime;
use neuronseek::matrix::Matrix;
use neuronseek::prepare::Target;
use neuronseek::search::gated::loss::{BatchRows, TargetStore};
use neuronseek::search::gated::model::{GatedModel, ModelShape, Rates, Trainer};
use neuronseek::terms::{CpuPath, RowStore};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde::Serialize;

use crate::python;

/// The rows that batches are drawn from.
const ROWS: usize = 2500;

const PROGRAM: &str = include_str!("../../../benchmarks/td_step.py");

/// What is timed.
#[derive(Debug, Clone, PartialEq)]
pub struct StepSettings {
    /// Numbers of inputs.
    pub dims: Vec<usize>,
    /// Rows a batch.
    pub batches: Vec<usize>,
    /// The highest order K of both streams.
    pub order: usize,
    /// The rank R of every interaction.
    pub rank: usize,
    /// Seconds of timing per number, for each side.
    pub seconds: f64,
    /// Whether PyTorch is timed beside.
    pub torch: bool,
    /// The instructions to use.
    pub path: CpuPath,
}

impl Default for StepSettings {
    /// D = 10 and 100, batch 64 and 512, K = 5, R = 8, one second each, PyTorch beside.
    fn default() -> StepSettings {
        StepSettings {
            dims: vec![10, 100],
            batches: vec![64, 512],
            order: 5,
            rank: 8,
            seconds: 1.0,
            torch: true,
            path: CpuPath::detect(),
        }
    }
}

/// The time of a step of one size, one thread, CPU time.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct StepResult {
    /// The inputs D.
    pub dims: usize,
    /// Rows a batch.
    pub batch: usize,
    /// The instructions used: "avx512", "avx2" or "portable".
    pub path: &'static str,
    /// The median microseconds of our step.
    pub microseconds: f64,
    /// The median microseconds of PyTorch's step.
    pub torch_microseconds: Option<f64>,
    /// PyTorch's over ours.
    pub ratio: Option<f64>,
    /// PyTorch's version, or why there is no comparison.
    pub torch: String,
}

/// Times every combination of inputs and batch.
pub fn run(settings: &StepSettings) -> Vec<StepResult> {
    let sizes = settings.dims.iter().flat_map(|&dims| {
        let batches = settings.batches.iter();
        batches.map(move |&batch| (dims, batch))
    });
    sizes
        .map(|(dims, batch)| time_size(settings, dims, batch))
        .collect()
}

fn time_size(settings: &StepSettings, dims: usize, batch: usize) -> StepResult {
    let mut step = Step::new(settings, dims, batch);
    let mut times = step.times(settings.seconds / 2.0);
    let torch = if settings.torch {
        time_torch(settings, dims, batch)
    } else {
        Err("no PyTorch comparison was asked for".to_string())
    };
    times.extend(step.times(settings.seconds / 2.0));
    let microseconds = median(&mut times);
    let torch_microseconds = torch.as_ref().ok().map(|(time, _)| *time);
    StepResult {
        dims,
        batch,
        path: settings.path.name(),
        microseconds,
        torch_microseconds,
        ratio: torch_microseconds.map(|time| time / microseconds),
        torch: torch.map_or_else(|reason| reason, |(_, version)| version),
    }
}

fn time_torch(settings: &StepSettings, dims: usize, batch: usize) -> Result<(f64, String), String> {
    let arguments = [
        ("--dims", dims.to_string()),
        ("--batches", batch.to_string()),
        ("--order", settings.order.to_string()),
        ("--rank", settings.rank.to_string()),
        ("--seconds", settings.seconds.to_string()),
    ];
    let arguments: Vec<String> = arguments
        .into_iter()
        .flat_map(|(flag, value)| [flag.to_string(), value])
        .collect();
    let document = python::run(PROGRAM, &arguments)?;
    let time = document["results"][0]["microseconds"].as_f64();
    let version = document["torch"].as_str().unwrap_or("unknown version");
    time.map(|time| (time, version.to_string()))
        .ok_or_else(|| "no PyTorch comparison: the program printed no time".to_string())
}

/// A training step of the paper's model, ready to be made again and again.
pub struct Step {
    trainer: Trainer<f32>,
    store: RowStore<f32>,
    target: TargetStore<f32>,
    rows: Vec<u32>,
    rng: ChaCha8Rng,
}

impl Step {
    /// A step on normal inputs whose target is a product of two of them.
    pub fn new(settings: &StepSettings, dims: usize, batch: usize) -> Step {
        let mut rng = ChaCha8Rng::seed_from_u64(0);
        let x: Vec<f64> = (0..ROWS * dims)
            // A sum of uniforms is near enough to normal for timing.
            .map(|_| (0..12).map(|_| rng.random::<f64>()).sum::<f64>() - 6.0)
            .collect();
        let x = Matrix::from_vec(ROWS, dims, x);
        let y = (0..ROWS).map(|row| x.row(row)[0] * x.row(row)[1.min(dims - 1)]);
        let target = Target::Values(Matrix::from_vec(ROWS, 1, y.collect()));
        let shape = ModelShape {
            inputs: dims,
            outputs: 1,
            order: settings.order,
            rank: settings.rank,
            functions: 0,
        };
        let model = GatedModel::new(shape, batch, settings.path, &mut rng);
        Step {
            trainer: Trainer::new(model, batch),
            store: RowStore::new(&x, &[]),
            target: TargetStore::new(&target),
            rows: vec![0; batch],
            rng,
        }
    }

    /// Makes one step; returns the loss before it.
    pub fn make(&mut self) -> f64 {
        for row in &mut self.rows {
            *row = self.rng.random_range(0..ROWS as u32);
        }
        let rows = BatchRows {
            rows: &self.rows,
            weights: None,
        };
        let data = (&self.store, &self.target);
        self.trainer
            .step(data, rows, 0.05, &Rates::PAPER, &mut self.rng)
    }

    /// CPU microseconds a step, one number per group of steps, for about so many seconds.
    fn times(&mut self, seconds: f64) -> Vec<f64> {
        const GROUP: u32 = 50;
        let mut times = Vec::new();
        let begin = ThreadTime::now();
        while times.len() < 5 || begin.elapsed().as_secs_f64() < seconds {
            let start = ThreadTime::now();
            for _ in 0..GROUP {
                std::hint::black_box(self.make());
            }
            times.push(1e6 * start.elapsed().as_secs_f64() / f64::from(GROUP));
        }
        times
    }
}

fn median(times: &mut [f64]) -> f64 {
    times.sort_by(f64::total_cmp);
    times[times.len() / 2]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_lower_the_loss() {
        let settings = StepSettings::default();
        let mut step = Step::new(&settings, 5, 64);
        let mut mean = |steps: u32| (0..steps).map(|_| step.make()).sum::<f64>() / f64::from(steps);
        let (before, _, after) = (mean(20), mean(300), mean(20));
        assert!(after < 0.6 * before, "{before} -> {after}");
    }

    #[test]
    fn every_size_has_a_time() {
        let settings = StepSettings {
            dims: vec![2, 3],
            batches: vec![4],
            order: 2,
            rank: 1,
            seconds: 0.0,
            torch: false,
            path: CpuPath::portable(),
        };
        let results = run(&settings);
        assert_eq!(results.len(), 2);
        assert!(results.iter().all(|result| result.microseconds > 0.0));
        assert!(results.iter().all(|result| result.ratio.is_none()));
    }
}
