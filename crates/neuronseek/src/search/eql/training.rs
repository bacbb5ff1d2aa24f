//! Epochs of Adam, with the penalty and the threshold.

use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;

use super::network::{Memory, Network};
use super::sparse::Sparse;
use super::{EqlSettings, STAGE};
use crate::observe::Control;
use crate::search::adam::{Adam, cosine};
use crate::search::regression::Regression;
use crate::search::{SearchError, Step, taken};

/// A report every so many epochs.
const SNAPSHOT: usize = 10;

/// Longer gradients are shortened to this length.
const LONGEST_GRADIENT: f64 = 1.0;

/// The rate of the refit as a share of the first.
const REFIT_RATE: f64 = 0.3;

/// Rows by which the effects of weights are judged.
const JUDGED_ROWS: usize = 2000;

/// By so much the threshold is raised while the formula is too long.
const RAISE: f64 = 1.3;

/// A network in training. It fits `(y - mean) / deviation`.
pub(super) struct Training<'a> {
    settings: &'a EqlSettings,
    regression: &'a Regression<'a>,
    network: Network,
    /// Whether weights of little effect have been set to 0.
    refitting: bool,
    random: ChaCha8Rng,
    mean: f64,
    deviation: f64,
    pub path: Vec<Step>,
    warnings: Vec<String>,
}

/// Working memory of an epoch.
struct Steps {
    adam: Adam,
    memory: Memory,
    gradient: Vec<f64>,
    slopes: Vec<f64>,
}

impl<'a> Training<'a> {
    pub fn new(
        settings: &'a EqlSettings,
        regression: &'a Regression<'a>,
        seed: u64,
    ) -> Training<'a> {
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        let inputs = regression.inputs.columns();
        let network = Network::new(inputs, settings.layers, settings.units, &mut random);
        let (mean, total) = regression.moments();
        let deviation = (total / regression.count()).sqrt();
        Training {
            settings,
            regression,
            network,
            refitting: false,
            random,
            mean,
            deviation: if deviation > 0.0 { deviation } else { 1.0 },
            path: Vec::new(),
            warnings: Vec::new(),
        }
    }

    /// All epochs, or those until a stop.
    pub fn run(&mut self, control: &Control<'_>) -> Result<(), SearchError> {
        let epochs = self.settings.epochs;
        let refit = 3 * epochs / 4;
        let mut order: Vec<usize> = (0..self.regression.y.len()).collect();
        let parameters = self.network.parameters.len();
        let mut steps = Steps {
            adam: Adam::new(parameters),
            memory: Memory::default(),
            gradient: vec![0.0; parameters],
            slopes: Vec::new(),
        };
        for epoch in 0..epochs {
            if epoch == refit {
                (self.network, self.warnings) = self.thin();
                self.refitting = true;
                steps.adam = Adam::new(parameters);
            }
            let penalised = (epochs / 4..refit).contains(&epoch);
            let penalty = if penalised {
                self.settings.penalty
            } else {
                0.0
            };
            let (done, whole, full) = if self.refitting {
                (epoch - refit, epochs - refit, REFIT_RATE)
            } else {
                (epoch, refit, 1.0)
            };
            let rate = full * self.settings.rate * cosine(done as f64 / whole as f64);
            order.shuffle(&mut self.random);
            let Some(loss) = self.epoch(&order, (rate, penalty), &mut steps, control) else {
                return Ok(());
            };
            if !loss.is_finite() {
                let what = "the network's values: lower the rate or the layers";
                return Err(SearchError::NotFinite(what.to_string()));
            }
            if (epoch + 1) % SNAPSHOT == 0 || epoch + 1 == epochs {
                self.snapshot(epoch + 1, loss, control);
            }
        }
        Ok(())
    }

    /// One pass over the rows; the mean loss, or `None` after a stop.
    fn epoch(
        &mut self,
        order: &[usize],
        (rate, penalty): (f64, f64),
        steps: &mut Steps,
        control: &Control<'_>,
    ) -> Option<f64> {
        let mut sum = 0.0;
        for rows in order.chunks(self.settings.batch) {
            if control.should_stop() {
                return None;
            }
            let loss = self.gradient(rows, penalty, steps);
            sum += loss * rows.len() as f64 / order.len() as f64;
            steps
                .adam
                .step(&mut self.network.parameters, &steps.gradient, rate);
        }
        Some(sum)
    }

    /// The penalised loss over these rows; its gradient is left in `steps`.
    fn gradient(&self, rows: &[usize], penalty: f64, steps: &mut Steps) -> f64 {
        self.forward(rows, &mut steps.memory);
        let mut loss = 0.0;
        steps.slopes.clear();
        for (row, fitted) in rows.iter().zip(&steps.memory.fitted) {
            let y = (self.regression.y[*row] - self.mean) / self.deviation;
            let share = self.regression.weights[*row] / rows.len() as f64;
            loss += share * (fitted - y).powi(2);
            steps.slopes.push(2.0 * share * (fitted - y));
        }
        self.network
            .backward(&steps.slopes, &mut steps.memory, &mut steps.gradient);
        for layer in 0..=self.network.layers {
            // The output's constant, behind the last weights, is free.
            let end = match layer == self.network.layers {
                true => self.network.constant(),
                false => self.network.biases(layer).end,
            };
            for place in self.network.weights(layer).start..end {
                let weight = self.network.parameters[place];
                loss += penalty * weight.abs();
                if weight != 0.0 {
                    steps.gradient[place] += penalty * weight.signum();
                }
            }
        }
        if self.refitting {
            let constant = self.network.constant();
            let pairs = steps.gradient.iter_mut().zip(&self.network.parameters);
            for (place, (gradient, parameter)) in pairs.enumerate() {
                if *parameter == 0.0 && place != constant {
                    *gradient = 0.0;
                }
            }
        }
        let length = steps.gradient.iter().map(|g| g * g).sum::<f64>().sqrt();
        if length > LONGEST_GRADIENT {
            let shorten = LONGEST_GRADIENT / length;
            steps.gradient.iter_mut().for_each(|g| *g *= shorten);
        }
        loss
    }

    fn forward(&self, rows: &[usize], memory: &mut Memory) {
        let inputs = self.regression.inputs.columns();
        memory.values.resize(self.network.layers + 1, Vec::new());
        let x = &mut memory.values[0];
        x.clear();
        x.resize(inputs * rows.len(), 0.0);
        for (place, row) in rows.iter().enumerate() {
            for (input, value) in self.regression.inputs.row(*row).iter().enumerate() {
                x[input * rows.len() + place] = *value;
            }
        }
        self.network.forward(rows.len(), memory);
    }

    /// The network without weights of little effect, and what to say of it.
    pub fn thinned(&self) -> (Network, Vec<String>) {
        if self.refitting {
            (self.network.clone(), self.warnings.clone())
        } else {
            self.thin()
        }
    }

    /// Sets to 0 what has less effect than the threshold: a weight times the deviation of what it
    /// weighs, and a bias; the threshold rises until the formula is short enough.
    fn thin(&self) -> (Network, Vec<String>) {
        let rows: Vec<usize> = (0..self.regression.y.len().min(JUDGED_ROWS)).collect();
        let mut memory = Memory::default();
        self.forward(&rows, &mut memory);
        let mut effects = self.network.parameters.clone();
        for (layer, values) in memory.values.iter().enumerate() {
            let per_value = match layer == self.network.layers {
                true => 1,
                false => self.network.arguments(),
            };
            let weights = &mut effects[self.network.weights(layer)];
            let own = weights.chunks_exact_mut(per_value);
            for (weights, values) in own.zip(values.chunks_exact(rows.len())) {
                let deviation = deviation(values);
                weights.iter_mut().for_each(|weight| *weight *= deviation);
            }
        }
        effects[self.network.constant()] = f64::INFINITY;
        let mut threshold = self.settings.threshold;
        loop {
            let mut network = self.network.clone();
            for (parameter, effect) in network.parameters.iter_mut().zip(&effects) {
                if effect.is_nan() || effect.abs() < threshold {
                    *parameter = 0.0;
                }
            }
            if Sparse::new(&network).size(self.settings.longest) <= self.settings.longest {
                let mut warnings = Vec::new();
                if threshold > self.settings.threshold {
                    warnings.push(format!(
                        "the threshold was raised from {} to {threshold:.3}, since the formula had \
                         more than {} operations",
                        self.settings.threshold, self.settings.longest
                    ));
                }
                return (network, warnings);
            }
            threshold = RAISE * threshold.max(1e-6);
        }
    }

    fn snapshot(&mut self, epoch: usize, loss: f64, control: &Control<'_>) {
        let neuron = Sparse::new(&self.thinned().0).expression().neuron();
        let message = format!("{neuron}, loss {loss:.6}");
        let progress = (STAGE, epoch, self.settings.epochs);
        let found = (neuron, loss);
        let action = format!("epoch {epoch}");
        (self.path).push(taken(control, progress, action, found, &message));
    }
}

fn deviation(values: &[f64]) -> f64 {
    let count = values.len() as f64;
    let mean = values.iter().sum::<f64>() / count;
    let squares = values.iter().map(|value| (value - mean).powi(2));
    (squares.sum::<f64>() / count).sqrt()
}
