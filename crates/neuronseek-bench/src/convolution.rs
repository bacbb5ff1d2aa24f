//! Milliseconds of a convolution, forward and backward, beside PyTorch's.
//!
//! `benchmarks/convolution.py` times the same sizes in PyTorch; it runs between two halves of our
//! own timing, so that both see the same minute of the machine. Processor time, one thread.

use cpu_time::ProcessTime;
use neuronseek::terms::CpuPath;
use neuronseek_vision::kernels::{
    ConvShape, convolution, convolution_input_gradient, convolution_weight_gradient,
};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rayon::ThreadPoolBuilder;
use serde::Serialize;

use crate::python;
use crate::statistics::median;

const PROGRAM: &str = include_str!("../../../benchmarks/convolution.py");

/// The sizes that are timed: (batch, inputs, outputs, side, kernel, stride). The first is the one
/// that networks are compared by; the others are those of ResNet-20 at batch 128.
pub const SIZES: [[usize; 6]; 7] = [
    [32, 64, 64, 32, 3, 1],
    [128, 3, 16, 32, 3, 1],
    [128, 16, 16, 32, 3, 1],
    [128, 16, 32, 32, 3, 2],
    [128, 32, 32, 16, 3, 1],
    [128, 64, 64, 8, 3, 1],
    [128, 64, 64, 16, 1, 1],
];

/// The time of one size.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ConvolutionResult {
    /// Images.
    pub batch: usize,
    /// Channels in.
    pub inputs: usize,
    /// Channels out.
    pub outputs: usize,
    /// Rows and columns of an image.
    pub side: usize,
    /// Rows and columns of the window; its half is the padding.
    pub kernel: usize,
    /// How far the window moves.
    pub stride: usize,
    /// Median milliseconds of forward, gradient of the images and gradient of the weights.
    pub milliseconds: [f64; 3],
    /// Multiplications and additions of all three in a second, in thousand millions.
    pub gigaflops: f64,
    /// Median milliseconds of PyTorch, all three.
    pub torch_milliseconds: Option<f64>,
    /// Ours over PyTorch's.
    pub ratio: Option<f64>,
    /// PyTorch's version, or why there is no comparison.
    pub torch: String,
}

/// Times all sizes, so many seconds for each side and size.
pub fn run(seconds: f64, torch: bool) -> Vec<ConvolutionResult> {
    SIZES
        .iter()
        .map(|&size| time(size, seconds, torch))
        .collect()
}

fn time(size: [usize; 6], seconds: f64, torch: bool) -> ConvolutionResult {
    let [batch, inputs, outputs, side, kernel, stride] = size;
    let mut subject = Subject::new(size);
    let mut times = subject.times(seconds / 2.0);
    let theirs = match torch {
        true => time_torch(size, seconds),
        false => Err("no PyTorch comparison was asked for".to_string()),
    };
    for (times, more) in times.iter_mut().zip(subject.times(seconds / 2.0)) {
        times.extend(more);
    }
    let milliseconds = times.map(|times| median(&times).unwrap_or(f64::NAN));
    let all: f64 = milliseconds.iter().sum();
    let [rows, columns] = subject.shape.output_size();
    let operations = 6 * batch * outputs * rows * columns * inputs * kernel * kernel;
    let torch_milliseconds = theirs.as_ref().ok().map(|(time, _)| *time);
    ConvolutionResult {
        batch,
        inputs,
        outputs,
        side,
        kernel,
        stride,
        milliseconds,
        gigaflops: operations as f64 / all / 1e6,
        torch_milliseconds,
        ratio: torch_milliseconds.map(|time| all / time),
        torch: theirs.map_or_else(|reason| reason, |(_, version)| version),
    }
}

fn time_torch(size: [usize; 6], seconds: f64) -> Result<(f64, String), String> {
    let names = ["batch", "inputs", "outputs", "side", "kernel", "stride"];
    let mut arguments = vec!["--seconds".to_string(), seconds.to_string()];
    for (name, value) in names.iter().zip(size) {
        arguments.extend([format!("--{name}"), value.to_string()]);
    }
    let document = python::run(PROGRAM, &arguments)?;
    let time = document["milliseconds"].as_f64();
    let version = document["torch"].as_str().unwrap_or("unknown version");
    time.map(|time| (time, version.to_string()))
        .ok_or_else(|| "no PyTorch comparison: the program printed no time".to_string())
}

/// A convolution with its numbers.
struct Subject {
    shape: ConvShape,
    x: Vec<f32>,
    w: Vec<f32>,
    y: Vec<f32>,
    gx: Vec<f32>,
    gw: Vec<f32>,
}

impl Subject {
    fn new([batch, inputs, outputs, side, kernel, stride]: [usize; 6]) -> Subject {
        let shape = ConvShape {
            batch,
            inputs,
            outputs,
            height: side,
            width: side,
            kernel: [kernel; 2],
            stride: [stride; 2],
            padding: [kernel / 2; 2],
            groups: 1,
        };
        let [rows, columns] = shape.output_size();
        let mut rng = ChaCha8Rng::seed_from_u64(0);
        let mut random = |count: usize| -> Vec<f32> {
            (0..count).map(|_| rng.random_range(-1.0..1.0)).collect()
        };
        let (images, weights) = (
            batch * inputs * side * side,
            outputs * inputs * kernel * kernel,
        );
        Subject {
            shape,
            x: random(images),
            w: random(weights),
            y: random(batch * outputs * rows * columns),
            gx: vec![0.0; images],
            gw: vec![0.0; weights],
        }
    }

    /// Milliseconds of each of the three, for about so many seconds.
    fn times(&mut self, seconds: f64) -> [Vec<f64>; 3] {
        let one = ThreadPoolBuilder::new().num_threads(1).build();
        match one {
            Ok(pool) => pool.install(|| self.timed(seconds)),
            Err(_) => self.timed(seconds),
        }
    }

    fn timed(&mut self, seconds: f64) -> [Vec<f64>; 3] {
        let path = CpuPath::detect();
        let mut times = [Vec::new(), Vec::new(), Vec::new()];
        let begin = ProcessTime::now();
        while times[0].len() < 3 || begin.elapsed().as_secs_f64() < seconds {
            let mut measure = |which: usize, work: &mut dyn FnMut()| {
                let start = ProcessTime::now();
                work();
                times[which].push(1e3 * start.elapsed().as_secs_f64());
            };
            let gradient = self.y.clone();
            measure(0, &mut || {
                convolution(path, &self.shape, &self.x, &self.w, &mut self.y);
            });
            measure(1, &mut || {
                convolution_input_gradient(path, &self.shape, &self.w, &gradient, &mut self.gx);
            });
            measure(2, &mut || {
                convolution_weight_gradient(path, &self.shape, &self.x, &gradient, &mut self.gw);
            });
            self.y = gradient;
        }
        times
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_size_has_times_of_all_three() {
        let result = time([1, 2, 3, 5, 3, 2], 0.0, false);
        assert!(result.milliseconds.iter().all(|&time| time >= 0.0));
        assert!(result.ratio.is_none() && result.gigaflops > 0.0);
    }
}
