//! Whether the found neuron pays: networks of it against networks of x, on real tables.
//!
//! Every run fits two models that differ in one thing alone, from the same seed, on the same
//! training and validation rows: a network of a neuron and one of x with as many parameters, or
//! the recipe with and without one of its ingredients. The difference of their test losses is
//! what is reported, and nothing is chosen by it. Comparing the means of unpaired runs was
//! rejected: what the seed and the validation rows do to both models alike would count as noise.

use std::path::PathBuf;

use neuronseek::neuron::{Neuron, Term};
use neuronseek::observe::Control;
use serde::{Deserialize, Serialize};

use crate::runs::{Each, Options, Plan, Record, Results, RunsError, execute};
use crate::tables::{TableFile, TablesError, chosen_entries};

mod ladder;
mod markdown;
mod pairs;
mod peers;
#[cfg(test)]
mod tests;
mod work;

pub use ladder::{Goal, Needed, needed};
pub use markdown::markdown;
pub use pairs::{Paired, Verdict, paired};
pub use peers::{PeerError, PeerLosses};

use work::SearchedTable;

/// The experiment's name.
pub const NAME: &str = "ablation";

/// The units of the networks that stand in the middle of the ladder: those of the small profile.
pub const REFERENCE: [usize; 2] = [64, 32];

/// A finished run.
pub type Line = Record<Run, Answer, Measured>;

/// Settings of [`run`].
///
/// | setting | default | range |
/// |---|---|---|
/// | `folder` | none: must be given | |
/// | `only` | all tables | |
/// | `splits` | 0 | at least one |
/// | `neurons` | found, x + x^2 + cp(2, r=8) | |
/// | `depths` | 0, 1, 2 | 0 to 2 |
/// | `widths` | 4, 8, 16, 32, 64, 128 | at least 2 |
/// | `ingredients` | all | |
/// | `seeds` | 10 | at least 2 |
/// | `ladder_seeds` | 3 | at least 1 |
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct AblationSettings {
    /// The folder of the tables, with `INDEX.json`.
    pub folder: PathBuf,
    /// Tables whose name contains one of these; empty for all.
    pub only: Vec<String>,
    /// Hash splits of the tabular protocol.
    pub splits: Vec<u64>,
    /// What is compared with x.
    pub neurons: Vec<Candidate>,
    /// Numbers of hidden layers: 0, 64 units, or 64 and 32 ([`REFERENCE`]).
    pub depths: Vec<usize>,
    /// The ladder: networks of so many units and half as many in a second layer.
    pub widths: Vec<usize>,
    /// What of the recipe is taken away.
    pub ingredients: Vec<Ingredient>,
    /// Seeds 0 to `seeds` - 1 of depths and ingredients.
    pub seeds: u64,
    /// Seeds of the ladder.
    pub ladder_seeds: u64,
}

impl Default for AblationSettings {
    fn default() -> AblationSettings {
        AblationSettings {
            folder: PathBuf::new(),
            only: Vec::new(),
            splits: vec![0],
            neurons: vec![Candidate::Found, Candidate::Given(low_order())],
            depths: vec![0, 1, 2],
            widths: vec![4, 8, 16, 32, 64, 128],
            ingredients: Ingredient::ALL.to_vec(),
            seeds: 10,
            ladder_seeds: 3,
        }
    }
}

/// x + x^2 + cp(2, r=8): the neuron that needs no search.
pub fn low_order() -> Neuron {
    let product = Term::Interaction {
        order: 2,
        rank: Some(8),
    };
    Neuron::new([Term::pure(1), Term::pure(2), product])
}

/// The neuron that is compared with x.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Candidate {
    /// What the default search finds on all rows that are not test rows.
    Found,
    /// This one.
    Given(Neuron),
}

impl std::fmt::Display for Candidate {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Candidate::Found => f.write_str("found"),
            Candidate::Given(neuron) => write!(f, "{neuron}"),
        }
    }
}

/// An ingredient of the recipe; but for the blend, of a network of x of the small profile.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Ingredient {
    /// Inputs embedded piecewise linearly in 32 bins, against none.
    Embedding,
    /// Five folds with a network each, against one.
    Folds,
    /// The blend of networks of several kinds over five folds, against the one kind of them that
    /// is best on held-out rows.
    Blend,
    /// Statistics of the target by their own choice, against none.
    Statistics,
    /// Dropout of 0.1, against none.
    Dropout,
}

impl Ingredient {
    /// All, in the order of the tables.
    pub const ALL: [Ingredient; 5] = [
        Ingredient::Embedding,
        Ingredient::Folds,
        Ingredient::Blend,
        Ingredient::Statistics,
        Ingredient::Dropout,
    ];

    /// The name on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Ingredient::Embedding => "embedding",
            Ingredient::Folds => "folds",
            Ingredient::Blend => "blend",
            Ingredient::Statistics => "statistics",
            Ingredient::Dropout => "dropout",
        }
    }

    /// What is compared with what.
    pub fn text(self) -> &'static str {
        match self {
            Ingredient::Embedding => "embedding of 32 bins against none",
            Ingredient::Folds => "5 folds against 1",
            Ingredient::Blend => "blend of kinds against the best kind",
            Ingredient::Statistics => "target statistics auto against off",
            Ingredient::Dropout => "dropout 0.1 against 0",
        }
    }
}

/// What two models differ in.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Question {
    /// The neuron against x, in networks of equal parameters.
    Neuron {
        /// Which neuron.
        of: Candidate,
        /// Units of its network's hidden layers.
        hidden: Vec<usize>,
    },
    /// With and without it.
    Ingredient(Ingredient),
}

/// One comparison to make.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Run {
    /// The table's name.
    pub table: String,
    /// The digest of its file.
    pub digest: String,
    /// The hash split.
    pub split: u64,
    /// What is compared.
    pub question: Question,
    /// The seed of both fits: initial weights, order of rows, validation rows.
    pub seed: u64,
}

/// What came of a comparison.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Answer {
    /// Both models were fitted.
    Compared {
        /// "nmse" or "log loss".
        loss: String,
        /// The neuron of `with`.
        neuron: Neuron,
        /// The neuron, or the recipe with the ingredient.
        with: Side,
        /// x, or the recipe without.
        without: Side,
        /// The linear model's test loss.
        linear: f64,
    },
    /// One of them could not be.
    Failed(String),
}

/// One of two models.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Side {
    /// The loss on the test rows.
    pub test: f64,
    /// Coefficients.
    pub parameters: usize,
}

/// What was measured of a comparison.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Measured {
    /// Wall-clock seconds of both fits on one thread, the first search on a table included.
    pub seconds: f64,
}

/// Why the experiment cannot run.
#[derive(Debug, thiserror::Error)]
pub enum AblationError {
    /// Settings out of range.
    #[error("{}", .0.join("; "))]
    Settings(Vec<String>),
    /// The index of the tables.
    #[error(transparent)]
    Tables(#[from] TablesError),
    /// The runs.
    #[error(transparent)]
    Runs(#[from] RunsError),
}

impl AblationSettings {
    fn check(&self) -> Result<(), AblationError> {
        let mut problems = Vec::new();
        if self.splits.is_empty() {
            problems.push("no split is named: give at least one, such as 0".to_string());
        }
        if self.seeds < 2 {
            let seeds = self.seeds;
            problems.push(format!(
                "seeds {seeds} are too few: at least 2 for an interval"
            ));
        }
        if self.ladder_seeds < 1 {
            problems.push("ladder seeds 0 are too few: at least 1".to_string());
        }
        for depth in self.depths.iter().filter(|depth| **depth > 2) {
            problems.push(format!(
                "depth {depth} is out of range: 0 to 2 hidden layers"
            ));
        }
        for width in self.widths.iter().filter(|width| **width < 2) {
            problems.push(format!("width {width} is out of range: at least 2 units"));
        }
        let shapes = self.depths.len() + self.widths.len();
        if (self.neurons.is_empty() || shapes == 0) && self.ingredients.is_empty() {
            problems.push("nothing is compared: name neurons or ingredients".to_string());
        }
        match problems.is_empty() {
            true => Ok(()),
            false => Err(AblationError::Settings(problems)),
        }
    }

    /// The networks of the depths.
    fn deep(&self) -> Vec<Vec<usize>> {
        let layers = self
            .depths
            .iter()
            .map(|&depth| REFERENCE[..depth.min(2)].to_vec());
        layers.collect()
    }

    /// The networks of the ladder.
    fn ladder(&self) -> Vec<Vec<usize>> {
        let rungs = self.widths.iter().map(|&width| vec![width, width / 2]);
        rungs.collect()
    }
}

/// Compares on every table and split; records by table, then split, then question, then seed.
///
/// # Errors
/// See [`AblationError`]. A fit that fails is an answer, not an error.
pub fn run(
    settings: &AblationSettings,
    options: &Options,
    control: &Control<'_>,
    each: &Each<'_, Run, Answer, Measured>,
) -> Result<Results<Run, Answer, Measured>, AblationError> {
    settings.check()?;
    let entries = chosen_entries(&settings.folder.join("INDEX.json"), &settings.only)?;
    let mut files = Vec::new();
    for entry in entries {
        let file = TableFile::new(&settings.folder, entry)?;
        files.push(SearchedTable::new(file, &settings.splits));
    }
    let plan = plan(settings, &files);
    let work = |run: &Run, control: &Control<'_>| {
        let mut same = files
            .iter()
            .filter(|file| file.file.entry.name == run.table);
        let file = same
            .next()
            .ok_or_else(|| format!("no table {}", run.table))?;
        Ok(file.compare(run, control))
    };
    Ok(execute(&plan, options, control, &work, each)?)
}

fn plan(settings: &AblationSettings, files: &[SearchedTable]) -> Plan<Run> {
    let mut questions: Vec<(Question, u64)> = Vec::new();
    for of in &settings.neurons {
        let deep = settings.deep().into_iter();
        let ladder = settings.ladder().into_iter();
        let shapes = deep
            .map(|hidden| (hidden, settings.seeds))
            .chain(ladder.map(|hidden| (hidden, settings.ladder_seeds)));
        for (hidden, seeds) in shapes {
            let of = of.clone();
            questions.push((Question::Neuron { of, hidden }, seeds));
        }
    }
    for &ingredient in &settings.ingredients {
        questions.push((Question::Ingredient(ingredient), settings.seeds));
    }
    let mut runs = Vec::new();
    for file in files {
        for &split in &settings.splits {
            for (question, seeds) in &questions {
                runs.extend((0..*seeds).map(|seed| Run {
                    table: file.file.entry.name.clone(),
                    digest: file.file.digest.clone(),
                    split,
                    question: question.clone(),
                    seed,
                }));
            }
        }
    }
    Plan {
        experiment: NAME,
        version: 1,
        runs,
    }
}
