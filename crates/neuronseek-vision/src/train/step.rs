//! One step: gradients of the parts of a batch, on one device or several, and their sum.
//!
//! A batch is cut into parts, `accumulate` for each device. A device computes its parts one after
//! another; the parts' gradients are added in the order of the parts, so the sum does not depend on
//! which device is faster.

use std::ops::Range;

use burn_backend::backend::AutodiffBackend;
use burn_tensor::{Tensor, TensorData};

use super::gates::Gates;
use super::loss::{Targets, cross_entropy};
use crate::augment::Batch;
use crate::backend::VisionBackend;
use crate::network::{Network, Phase};

/// A network that is trained, and its gates if it has some.
pub(super) struct Trained<B: AutodiffBackend> {
    pub network: Network<B>,
    pub gates: Option<Gates<B>>,
}

/// What a step is about.
pub(super) struct Task<'a> {
    pub batch: &'a Batch,
    pub targets: &'a Targets,
    /// Channels, rows and columns.
    pub image: [usize; 3],
    pub parts: usize,
    pub step: u64,
    pub steps: u64,
}

/// The gradients of a batch.
pub(super) struct Gradients<I: burn_backend::backend::Backend> {
    /// One per parameter.
    pub parameters: Vec<Tensor<I, 1>>,
    pub gates: Option<Tensor<I, 1>>,
    /// The loss, summed over the images and without the gates' price.
    pub loss: Tensor<I, 1>,
    /// How many images were right.
    pub right: Tensor<I, 1>,
    /// Mean and variance of each batch norm, averaged over the parts.
    pub statistics: Vec<[Tensor<I, 1>; 2]>,
}

/// The gradients of a batch on the networks' devices; the result is on the first one's.
pub(super) fn gradients<B>(replicas: &[Trained<B>], task: &Task<'_>) -> Gradients<B::InnerBackend>
where
    B: AutodiffBackend + VisionBackend,
    B::InnerBackend: VisionBackend,
{
    let devices = replicas.len();
    let mine = |device: usize| {
        let parts = (0..task.parts).filter(move |part| part % devices == device);
        parts.map(move |part| (part, of_part(&replicas[device], task, part)))
    };
    let mut all: Vec<(usize, Gradients<B::InnerBackend>)> = if devices == 1 {
        mine(0).collect()
    } else {
        std::thread::scope(|scope| {
            let run = |device| scope.spawn(move || mine(device).collect::<Vec<_>>());
            let running: Vec<_> = (0..devices).map(run).collect();
            let joined = running.into_iter().map(|thread| match thread.join() {
                Ok(parts) => parts,
                Err(panic) => std::panic::resume_unwind(panic),
            });
            joined.flatten().collect()
        })
    };
    all.sort_by_key(|(part, _)| *part);
    let first = replicas[0].network.device();
    let parts = all.len() as f32;
    let moved = all.into_iter().map(|(_, part)| part.on(&first));
    let mut sum = match moved.reduce(Gradients::plus) {
        Some(sum) => sum,
        None => unreachable!("a batch has at least one part"),
    };
    for one in sum.statistics.iter_mut().flatten() {
        *one = one.clone() / parts;
    }
    sum
}

impl<I: burn_backend::backend::Backend> Gradients<I> {
    fn on(self, device: &I::Device) -> Gradients<I> {
        let to = |tensor: Tensor<I, 1>| tensor.to_device(device);
        Gradients {
            parameters: self.parameters.into_iter().map(to).collect(),
            gates: self.gates.map(to),
            loss: to(self.loss),
            right: to(self.right),
            statistics: self.statistics.into_iter().map(|s| s.map(to)).collect(),
        }
    }

    fn plus(self, other: Gradients<I>) -> Gradients<I> {
        let pairs = |a: Vec<Tensor<I, 1>>, b: Vec<Tensor<I, 1>>| {
            a.into_iter().zip(b).map(|(a, b)| a + b).collect()
        };
        let both = |a: [Tensor<I, 1>; 2], b: [Tensor<I, 1>; 2]| {
            let ([a, c], [b, d]) = (a, b);
            [a + b, c + d]
        };
        Gradients {
            parameters: pairs(self.parameters, other.parameters),
            gates: match (self.gates, other.gates) {
                (Some(a), Some(b)) => Some(a + b),
                (a, b) => a.or(b),
            },
            loss: self.loss + other.loss,
            right: self.right + other.right,
            statistics: self
                .statistics
                .into_iter()
                .zip(other.statistics)
                .map(|(a, b)| both(a, b))
                .collect(),
        }
    }
}

fn of_part<B>(trained: &Trained<B>, task: &Task<'_>, part: usize) -> Gradients<B::InnerBackend>
where
    B: AutodiffBackend + VisionBackend,
    B::InnerBackend: VisionBackend,
{
    let device = trained.network.device();
    let rows = rows(task.batch.labels.len(), task.parts, part);
    let [channels, height, width] = task.image;
    let size = channels * height * width;
    let pixels = task.batch.pixels[rows.start * size..rows.end * size].to_vec();
    let shape = [rows.len(), channels, height, width];
    let images = Tensor::<B, 4>::from_data(TensorData::new(pixels, shape), &device);
    let targets = task.targets.rows(&rows).tensor::<B>(&device);
    let gates = trained.gates.as_ref();
    let drawn = gates.map(|gates| gates.drawn(task.step, task.steps));
    let forward = trained
        .network
        .forward(images, Phase::Train, drawn.as_ref());
    let right = right(
        forward.logits.clone().inner(),
        &task.batch.labels[rows.clone()],
    );
    let loss = cross_entropy(forward.logits, targets);
    let said = loss.clone().inner();
    let mut whole = loss / task.batch.labels.len() as f32;
    if let (Some(gates), 0) = (gates, part) {
        whole = whole + gates.price(task.step, task.steps);
    }
    let found = whole.backward();
    let of = |parameter: &Tensor<B, 1>| {
        let zero = || parameter.clone().inner().zeros_like();
        parameter.grad(&found).unwrap_or_else(zero)
    };
    Gradients {
        parameters: trained.network.parameters.iter().map(of).collect(),
        gates: gates.and_then(|gates| gates.gradient(&found)),
        loss: said,
        right,
        statistics: forward
            .batch
            .into_iter()
            .map(|both| both.map(Tensor::inner))
            .collect(),
    }
}

/// The rows of a part: as equal as they can be.
fn rows(count: usize, parts: usize, part: usize) -> Range<usize> {
    count * part / parts..count * (part + 1) / parts
}

/// How many images' highest logit is the label's.
fn right<I: burn_backend::backend::Backend>(logits: Tensor<I, 2>, labels: &[u32]) -> Tensor<I, 1> {
    let [rows, classes] = logits.dims();
    let mut marks = vec![0.0f32; rows * classes];
    for (row, &label) in labels.iter().enumerate() {
        marks[row * classes + label as usize] = 1.0;
    }
    let device = logits.device();
    let marks = Tensor::<I, 2>::from_data(TensorData::new(marks, [rows, classes]), &device);
    let highest = logits.clone().max_dim(1);
    let of_label = (logits * marks).sum_dim(1);
    of_label.greater_equal(highest).float().sum()
}
