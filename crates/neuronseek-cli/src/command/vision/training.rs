//! The flags of training.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use neuronseek_vision::augment::{Augment, RandAugment};
use neuronseek_vision::network::Precision;
use neuronseek_vision::train::{Method, TrainConfig};

/// How a network is trained.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Training")]
pub struct Training {
    /// Passes over the training images
    #[arg(long, value_name = "N", default_value_t = 60)]
    epochs: usize,
    /// Images per step
    #[arg(long, value_name = "N", default_value_t = 128)]
    batch: usize,
    /// Compute a batch in this many parts one after another, to save memory
    #[arg(long, value_name = "N", default_value_t = 1)]
    accumulate: usize,
    /// Stochastic gradient descent with momentum 0.9, or AdamW
    #[arg(long, value_name = "METHOD", default_value = "sgd")]
    optimiser: Optimiser,
    /// The highest learning rate [default: 0.1 for sgd, 0.002 for adamw]
    #[arg(long, value_name = "RATE", allow_negative_numbers = true)]
    learning_rate: Option<f32>,
    /// Decay of weights [default: 0.0005 for sgd, 0.05 for adamw]
    #[arg(long, value_name = "D", allow_negative_numbers = true)]
    weight_decay: Option<f32>,
    /// The share of all steps in which the learning rate rises; then it falls as half of a cosine
    #[arg(
        long,
        value_name = "SHARE",
        default_value_t = 0.05,
        allow_negative_numbers = true
    )]
    warm_up: f32,
    /// The share of the target that all classes get alike
    #[arg(
        long,
        value_name = "S",
        default_value_t = 0.1,
        allow_negative_numbers = true
    )]
    label_smoothing: f32,
    /// Average the weights with this decay per step, such as 0.999
    #[arg(long, value_name = "DECAY", allow_negative_numbers = true)]
    average: Option<f32>,
    /// Operands of convolutions in bfloat16 (mixed), which graphics cards are made for
    #[arg(long, value_name = "P", default_value = "full")]
    precision: PrecisionName,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Optimiser {
    Sgd,
    Adamw,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum PrecisionName {
    Full,
    Mixed,
}

impl Training {
    /// The library's settings with seed 0 and without an early end.
    pub fn config(&self) -> TrainConfig {
        let (method, rate, decay) = match self.optimiser {
            Optimiser::Sgd => (Method::Sgd { momentum: 0.9 }, 0.1, 5e-4),
            Optimiser::Adamw => (Method::AdamW, 0.002, 0.05),
        };
        TrainConfig {
            epochs: self.epochs,
            batch: self.batch,
            accumulate: self.accumulate,
            method,
            learning_rate: self.learning_rate.unwrap_or(rate),
            weight_decay: self.weight_decay.unwrap_or(decay),
            warm_up: self.warm_up,
            label_smoothing: self.label_smoothing,
            average: self.average,
            precision: match self.precision {
                PrecisionName::Full => Precision::Full,
                PrecisionName::Mixed => Precision::Mixed,
            },
            ..TrainConfig::default()
        }
    }
}

/// How training images are varied.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Augmentation")]
pub struct Varying {
    /// Pad images by so many pixels and crop them at a random place
    #[arg(long, value_name = "PIXELS", default_value_t = 4)]
    crop: usize,
    /// Do not mirror images
    #[arg(long)]
    no_flip: bool,
    /// Cover a square of this side
    #[arg(long, value_name = "PIXELS", default_value_t = 0)]
    cutout: usize,
    /// Mix pairs of images by a share drawn from Beta(A, A)
    #[arg(
        long,
        value_name = "A",
        default_value_t = 0.0,
        allow_negative_numbers = true
    )]
    mixup: f32,
    /// RandAugment: so many operations of this magnitude, such as 2,9
    #[arg(long, value_name = "N,M", value_parser = rand_augment)]
    rand_augment: Option<RandAugment>,
}

impl Varying {
    /// The library's settings.
    pub fn augment(&self) -> Augment {
        Augment {
            crop_padding: self.crop,
            flip: !self.no_flip,
            cutout: self.cutout,
            rand_augment: self.rand_augment,
            mixup: self.mixup,
        }
    }
}

fn rand_augment(text: &str) -> Result<RandAugment, String> {
    let wrong =
        || "give how many operations and their magnitude (0 to 30), such as 2,9".to_string();
    let (count, magnitude) = text.split_once(',').ok_or_else(wrong)?;
    Ok(RandAugment {
        count: count.trim().parse().map_err(|_| wrong())?,
        magnitude: magnitude.trim().parse().map_err(|_| wrong())?,
    })
}

/// Where to compute, and what to keep.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Run")]
pub struct Running {
    /// Where to compute: cpu, cuda, or cuda:0,1 for several cards
    #[arg(long, value_name = "DEVICE", default_value = "cpu")]
    pub device: neuronseek_vision::device::Device,
    /// Threads that prepare batches; the result does not depend on it
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u16).range(1..=64))]
    pub workers: u16,
    /// Write curves into this folder as event files, which TensorBoard reads
    #[arg(long, value_name = "FOLDER")]
    pub log: Option<PathBuf>,
}
