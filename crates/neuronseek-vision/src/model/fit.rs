//! From image sets to a model: plan, training with checkpoints, the test.

use std::path::PathBuf;
use std::sync::Arc;

use burn_autodiff::Autodiff;
use burn_backend::backend::AutodiffBackend;
use burn_flex::{Flex, FlexDevice};
use neuronseek::observe::{Control, Event};
use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;
use sha2::{Digest, Sha256};

use super::{Card, Checkpoint, VisionModel, grown};
use crate::VisionError;
use crate::architecture::Plan;
use crate::augment::{Augment, Normalisation};
use crate::backend::VisionBackend;
use crate::device::Device;
use crate::images::ImageSet;
use crate::network::start;
use crate::train::{Epoch, Job, Score, State, TrainConfig, logits, score, timeless, train};

/// The stream that draws validation images.
const STREAM: u64 = 0x7661_6c69;

/// What to fit and how.
#[derive(Debug, Clone)]
pub struct FitOptions {
    /// The network.
    pub plan: Plan,
    /// How it is trained.
    pub config: TrainConfig,
    /// How images are varied.
    pub augment: Augment,
    /// The share of the training images, the same of each class, that is held out to end early.
    pub validation_fraction: f64,
    /// A trained network to start from; the plan may have more terms than it.
    pub parent: Option<VisionModel>,
    /// Where the state is kept after each epoch.
    pub checkpoint: Option<PathBuf>,
    /// Whether to go on from the checkpoint.
    pub resume: bool,
    /// Where to compute.
    pub device: Device,
    /// Threads that prepare batches.
    pub workers: usize,
}

/// A model and how it did.
#[derive(Debug, Clone, PartialEq)]
pub struct Fitted {
    /// The model.
    pub model: VisionModel,
    /// The epochs, with how long those of this run took.
    pub history: Vec<Epoch>,
    /// On the test images.
    pub test: Option<Score>,
    /// Whether the run was ended before its time.
    pub stopped: bool,
}

/// Trains a network on images; the test images, if there are any, decide nothing. `each` sees every
/// epoch.
///
/// # Errors
/// [`VisionError::Request`] for what cannot be built or trained, [`VisionError::Model`] for a
/// checkpoint of another run, [`VisionError::Stopped`] when the run ends within its first epoch.
pub fn fit(
    images: &ImageSet,
    test: Option<&ImageSet>,
    options: &FitOptions,
    control: &Control<'_>,
    each: &mut dyn FnMut(&Epoch) -> Result<(), VisionError>,
) -> Result<Fitted, VisionError> {
    options.device.check()?;
    match &options.device {
        Device::Cpu => on::<Autodiff<Flex>>(images, test, options, &[FlexDevice], control, each),
        #[cfg(feature = "cuda")]
        Device::Cuda(numbers) => {
            let devices: Vec<_> = numbers
                .iter()
                .map(|&n| burn_cuda::CudaDevice::new(n))
                .collect();
            on::<Autodiff<burn_cuda::Cuda>>(images, test, options, &devices, control, each)
        }
        #[cfg(not(feature = "cuda"))]
        Device::Cuda(_) => Err(VisionError::request("this build has no CUDA")),
    }
}

fn on<B>(
    images: &ImageSet,
    test: Option<&ImageSet>,
    options: &FitOptions,
    devices: &[B::Device],
    control: &Control<'_>,
    each: &mut dyn FnMut(&Epoch) -> Result<(), VisionError>,
) -> Result<Fitted, VisionError>
where
    B: AutodiffBackend + VisionBackend,
    B::InnerBackend: VisionBackend,
{
    let graph = Arc::new(options.plan.graph()?);
    let (training, validation) = held_out(images, options)?;
    let mut checkpoint = Checkpoint {
        card: Card {
            plan: options.plan.clone(),
            classes: images.classes.clone(),
            normalisation: Normalisation::of(&training),
            trained_on: images.name.clone(),
            images: training.labels.len(),
            config: options.config.clone(),
            history: Vec::new(),
        },
        augment: options.augment,
        images: fingerprint(&training),
        state: begun(options, &graph)?,
    };
    resumed(&mut checkpoint, options)?;
    let normalisation = checkpoint.card.normalisation.clone();
    let training = Arc::new(training);
    let job = Job {
        graph,
        gates: None,
        images: training.clone(),
        validation: validation.as_ref().or(test),
        normalisation: &normalisation,
        augment: &options.augment,
        config: &options.config,
        workers: options.workers,
    };
    if options.config.patience.is_some() && validation.is_none() {
        return Err(VisionError::request(
            "patience needs a validation fraction: test images must not choose the model",
        ));
    }
    let stages = format!("{} {}", options.plan.architecture, options.plan.neuron);
    control.observer.notice(&Event::Stage { name: &stages });
    let start = checkpoint.state.clone();
    let done = train::<B>(&job, start, devices, control, &mut |state| {
        checkpoint.state.clone_from(state);
        if let Some(path) = &options.checkpoint {
            checkpoint.save(path)?;
        }
        state.history.last().map_or(Ok(()), &mut *each)
    });
    let stopped = match done {
        Ok(_) => false,
        Err(VisionError::Stopped) if !checkpoint.state.history.is_empty() => true,
        Err(error) => return Err(error),
    };
    let mut card = checkpoint.card;
    card.history = timeless(&checkpoint.state.history);
    let numbers = checkpoint.state.model();
    let model = VisionModel { card, numbers };
    let test = match test {
        Some(_) if validation.is_none() => model.card.history.last().and_then(|e| e.validation),
        Some(test) => Some(tested::<B::InnerBackend>(&model, test, &devices[0])?),
        None => None,
    };
    Ok(Fitted {
        history: checkpoint.state.history,
        model,
        test,
        stopped,
    })
}

fn tested<I: VisionBackend>(
    model: &VisionModel,
    test: &ImageSet,
    device: &I::Device,
) -> Result<Score, VisionError> {
    let network = model.network::<I>(device)?;
    let control = Control::silent();
    let logits = logits(&network, test, &model.card.normalisation, None, &control)?;
    Ok(score(&logits, &test.labels, model.card.classes.len()))
}

/// The state before the first step.
fn begun(options: &FitOptions, graph: &crate::graph::Graph) -> Result<State, VisionError> {
    let numbers = match &options.parent {
        Some(parent) => {
            let old = parent.card.plan.graph()?;
            grown(&options.plan, (&old, &parent.numbers), options.config.seed)?
        }
        None => start(graph, options.config.seed),
    };
    Ok(State::new(numbers))
}

/// Takes the state of the checkpoint if it is of this run.
fn resumed(own: &mut Checkpoint, options: &FitOptions) -> Result<(), VisionError> {
    let path = match &options.checkpoint {
        Some(path) if options.resume && path.exists() => path,
        _ => return Ok(()),
    };
    let stored = Checkpoint::load(path)?;
    let mut different = Vec::new();
    let mut compare = |same: bool, what: &'static str| {
        if !same {
            different.push(what);
        }
    };
    compare(stored.images == own.images, "training images");
    compare(stored.card.plan == own.card.plan, "network");
    compare(stored.card.config == own.card.config, "training settings");
    compare(stored.augment == own.augment, "augmentation");
    if !different.is_empty() {
        return Err(VisionError::content(
            path,
            format!(
                "it is the checkpoint of another run (other {}): repeat the command that wrote it, \
                 or leave out --resume",
                different.join(", ")
            ),
        ));
    }
    own.state = stored.state;
    Ok(())
}

/// Training and validation images: of each class the same share, drawn by the seed.
fn held_out(
    images: &ImageSet,
    options: &FitOptions,
) -> Result<(ImageSet, Option<ImageSet>), VisionError> {
    let share = options.validation_fraction;
    if !(0.0..=0.5).contains(&share) {
        return Err(VisionError::request(format!(
            "validation fraction {share} must be 0 to 0.5"
        )));
    }
    if share == 0.0 {
        return Ok((images.clone(), None));
    }
    let mut random = ChaCha8Rng::seed_from_u64(options.config.seed);
    random.set_stream(STREAM);
    let mut out = vec![false; images.labels.len()];
    for class in 0..images.classes.len() {
        let of_class = |row: &usize| images.labels[*row] as usize == class;
        let mut rows: Vec<usize> = (0..images.labels.len()).filter(of_class).collect();
        rows.shuffle(&mut random);
        let count = (rows.len() as f64 * share).round() as usize;
        for &row in &rows[..count] {
            out[row] = true;
        }
    }
    let part = |held: bool| {
        let rows: Vec<usize> = (0..out.len()).filter(|&row| out[row] == held).collect();
        images.rows(&rows)
    };
    Ok((part(false), Some(part(true))))
}

/// SHA-256 of sizes, pixels and labels.
fn fingerprint(images: &ImageSet) -> String {
    let mut hash = Sha256::new();
    for side in [images.channels, images.height, images.width] {
        hash.update((side as u64).to_le_bytes());
    }
    hash.update(&images.pixels);
    for label in &images.labels {
        hash.update(label.to_le_bytes());
    }
    hash.finalize().iter().map(|b| format!("{b:02x}")).collect()
}
