//! Image networks of a found neuron beside linear ones, at equal parameters and equal epochs.
//!
//! Every network but the linear one is narrowed until it has no more parameters than the linear one
//! of its architecture; seed, order of images, augmentation, schedule and epochs are the same. The
//! neurons are given, not searched anew in every run: a search costs as much as a training, and the
//! question here is what a neuron is worth. Test images decide nothing.

use std::path::PathBuf;
use std::time::Instant;

use cpu_time::ProcessTime;
use neuronseek::neuron::Neuron;
use neuronseek::observe::{Control, Silent};
use neuronseek_vision::VisionError;
use neuronseek_vision::architecture::{Architecture, Placement, Plan as NetworkPlan};
use neuronseek_vision::augment::Augment;
use neuronseek_vision::device::Device;
use neuronseek_vision::images::{ImageSet, Part, ReadOptions, read};
use neuronseek_vision::model::{FitOptions, fit};
use neuronseek_vision::train::TrainConfig;
use serde::{Deserialize, Serialize};

use crate::runs::{Each, Options, Plan, Record, Results, RunsError, digest, execute};

mod markdown;
#[cfg(test)]
mod tests;

pub use markdown::markdown;

/// The experiment's name.
pub const NAME: &str = "images";

/// A finished run.
pub type Line = Record<Run, Answer, Measured>;

/// Settings of [`run`].
///
/// | setting | default | range |
/// |---|---|---|
/// | `sets` | none: at least one must be given | |
/// | `architectures` | small-cnn, resnet-20 | at least one |
/// | `neurons` | x, x + x^2 | at least one |
/// | `placement` | all | |
/// | `seeds` | 3 | at least 1 |
/// | `config` | see [`TrainConfig`]; its seed is the run's | |
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ImagesSettings {
    /// Image sets with a training and a test part.
    pub sets: Vec<PathBuf>,
    /// The networks.
    pub architectures: Vec<Architecture>,
    /// What convolutions aggregate by; differences are against the first.
    pub neurons: Vec<Neuron>,
    /// Which convolutions do.
    pub placement: Placement,
    /// Seeds 0 to `seeds` - 1.
    pub seeds: u64,
    /// How networks are trained.
    pub config: TrainConfig,
    /// How images are varied.
    pub augment: Augment,
}

impl Default for ImagesSettings {
    fn default() -> ImagesSettings {
        ImagesSettings {
            sets: Vec::new(),
            architectures: vec![Architecture::SmallCnn, Architecture::ResNet20],
            neurons: vec![
                Neuron::linear(),
                Neuron::new([1, 2].map(neuronseek::neuron::Term::pure)),
            ],
            placement: Placement::All,
            seeds: 3,
            config: TrainConfig::default(),
            augment: Augment {
                crop_padding: 4,
                flip: true,
                ..Augment::default()
            },
        }
    }
}

/// One run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Run {
    /// The set's name.
    pub set: String,
    /// The digest of its pixels.
    pub digest: String,
    /// The network at its width.
    pub plan: NetworkPlan,
    /// How it is trained, the seed included.
    pub config: TrainConfig,
    /// How images are varied.
    pub augment: Augment,
}

/// What came of a run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Answer {
    /// It was trained.
    Trained {
        /// On the test images after the last epoch.
        accuracy: f64,
        /// The cross-entropy there.
        loss: f64,
        /// The test accuracy after each epoch.
        curve: Vec<f64>,
        /// Numbers that are trained.
        parameters: usize,
        /// Of one image.
        multiply_adds: u64,
    },
    /// It could not be done.
    Failed(String),
}

/// What was measured of a run.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Measured {
    /// Wall-clock seconds.
    pub seconds: f64,
    /// Processor seconds of the whole program; with several jobs at once, of all of them.
    pub cpu_seconds: f64,
    /// Training images per second of wall clock, evaluation left out.
    pub images_per_second: f64,
}

/// Why the experiment cannot run.
#[derive(Debug, thiserror::Error)]
pub enum ImagesError {
    /// Settings out of range.
    #[error("{}", .0.join("; "))]
    Settings(Vec<String>),
    /// A set or a network.
    #[error(transparent)]
    Vision(#[from] VisionError),
    /// The runs.
    #[error(transparent)]
    Runs(#[from] RunsError),
}

/// A set in memory.
struct Loaded {
    name: String,
    digest: String,
    training: ImageSet,
    test: ImageSet,
}

impl ImagesSettings {
    fn check(&self) -> Result<(), ImagesError> {
        let mut problems = Vec::new();
        let empty = [
            ("image set", self.sets.is_empty()),
            ("architecture", self.architectures.is_empty()),
            ("neuron", self.neurons.is_empty()),
        ];
        for (what, missing) in empty {
            if missing {
                problems.push(format!("no {what} is given: at least one is needed"));
            }
        }
        if self.seeds < 1 {
            problems.push("seeds 0 are too few: at least 1".to_string());
        }
        match problems.is_empty() {
            true => Ok(self.config.check()?),
            false => Err(ImagesError::Settings(problems)),
        }
    }

    fn load(&self) -> Result<Vec<Loaded>, ImagesError> {
        let part = |path, part| {
            let options = ReadOptions {
                part,
                ..ReadOptions::default()
            };
            read(path, &options)
        };
        let mut sets = Vec::new();
        for path in &self.sets {
            let name = path.file_name().map_or(path.as_os_str(), |name| name);
            let training = part(path, Part::Train)?;
            sets.push(Loaded {
                name: name.to_string_lossy().into_owned(),
                digest: digest(&training.pixels),
                test: part(path, Part::Test)?,
                training,
            });
        }
        Ok(sets)
    }

    fn plan(&self, sets: &[Loaded]) -> Result<Plan<Run>, ImagesError> {
        let mut runs = Vec::new();
        for set in sets {
            let images = &set.training;
            let input = [images.channels, images.height, images.width];
            for &architecture in &self.architectures {
                for neuron in &self.neurons {
                    let plan = NetworkPlan {
                        neuron: neuron.clone(),
                        placement: self.placement,
                        ..NetworkPlan::linear(architecture, input, images.classes.len())
                    };
                    let plan = plan.matched()?;
                    runs.extend((0..self.seeds).map(|seed| Run {
                        set: set.name.clone(),
                        digest: set.digest.clone(),
                        plan: plan.clone(),
                        config: TrainConfig {
                            seed,
                            ..self.config.clone()
                        },
                        augment: self.augment,
                    }));
                }
            }
        }
        // All networks of one seed before the next seed: an experiment that is cut short has whole
        // comparisons.
        runs.sort_by_key(|run| run.config.seed);
        Ok(Plan {
            experiment: NAME,
            version: 1,
            runs,
        })
    }
}

/// Runs all; records seed after seed, in each by set, architecture and neuron as given.
///
/// # Errors
/// See [`ImagesError`]. A training that fails is an answer, not an error.
pub fn run(
    settings: &ImagesSettings,
    options: &Options,
    control: &Control<'_>,
    each: &Each<'_, Run, Answer, Measured>,
) -> Result<Results<Run, Answer, Measured>, ImagesError> {
    settings.check()?;
    let sets = settings.load()?;
    let plan = settings.plan(&sets)?;
    let work = |run: &Run, control: &Control<'_>| {
        let set = sets.iter().find(|set| set.name == run.set);
        let set = set.ok_or_else(|| format!("no image set {}", run.set))?;
        Ok(answered(run, set, control))
    };
    Ok(execute(&plan, options, control, &work, each)?)
}

fn answered(run: &Run, set: &Loaded, control: &Control<'_>) -> (Answer, Measured) {
    let (began, cpu) = (Instant::now(), ProcessTime::now());
    let options = FitOptions {
        plan: run.plan.clone(),
        config: run.config.clone(),
        augment: run.augment,
        validation_fraction: 0.0,
        parent: None,
        checkpoint: None,
        resume: false,
        device: Device::Cpu,
        workers: 0,
    };
    let quiet = Control {
        observer: &Silent,
        stop: control.stop,
        deadline: control.deadline,
    };
    let fitted = fit(
        &set.training,
        Some(&set.test),
        &options,
        &quiet,
        &mut |_| Ok(()),
    );
    let mut speed = 0.0;
    let answer = fitted.and_then(|fitted| {
        let history = &fitted.history;
        let paces = history.iter().filter_map(|epoch| epoch.pace);
        let per_image: f64 = paces.map(|pace| 1.0 / pace.images_per_second).sum();
        speed = history.len() as f64 / per_image;
        let graph = run.plan.graph()?;
        match fitted.test {
            Some(score) if !fitted.stopped => Ok(Answer::Trained {
                accuracy: score.accuracy,
                loss: score.loss,
                curve: history
                    .iter()
                    .filter_map(|epoch| epoch.validation)
                    .map(|score| score.accuracy)
                    .collect(),
                parameters: graph.parameter_count(),
                multiply_adds: graph.multiply_adds(),
            }),
            _ => Err(VisionError::Stopped),
        }
    });
    let measured = Measured {
        seconds: began.elapsed().as_secs_f64(),
        cpu_seconds: cpu.elapsed().as_secs_f64(),
        images_per_second: speed,
    };
    let failed = |error: VisionError| Answer::Failed(error.to_string());
    (answer.unwrap_or_else(failed), measured)
}
