//! Flags about classes of unequal frequency.

use clap::Args;
use neuronseek::model::{ClassWeights, ThresholdChoice};

/// What classes count, and which one is predicted.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Classes")]
pub struct Deciding {
    /// How much the rows of each class count in training: none (alike), balanced (every class as
    /// much as any other) or weights by class such as yes=5,no=1, others having 1. Probabilities
    /// stay those of the table: the weights are taken out of them again; without --threshold, the
    /// class is predicted that has the largest weight times probability
    #[arg(long, value_name = "WEIGHTS", default_value = "none")]
    pub class_weight: ClassWeights,
    /// Of two classes, predict the second in order (or that of --positive) where its probability is
    /// above this number, or above the one with the highest f1 or accuracy, or the least cost, such
    /// as cost:FN=5,FP=1, on the validation rows
    #[arg(long, value_name = "T", allow_negative_numbers = true)]
    pub threshold: Option<ThresholdChoice>,
    /// The class whose probability --threshold is of
    #[arg(long, value_name = "CLASS", requires = "threshold")]
    pub positive: Option<String>,
}
