use std::sync::Arc;
use std::sync::mpsc::{Receiver, sync_channel};
use std::thread::{Builder, JoinHandle};

use serde::{Deserialize, Serialize};

use super::plan::{Batch, Plan};
use super::stream::{MOST_EPOCHS, shuffled};
use super::{Augment, Normalisation};
use crate::VisionError;
use crate::images::ImageSet;

/// Finished batches that each worker keeps ready.
const AHEAD: usize = 2;

/// How batches are made.
///
/// | field | default | range |
/// |---|---|---|
/// | `augment` | none | see [`Augment`] |
/// | `batch` | 128 | 1 to 65536 |
/// | `workers` | 1 | 0 to 256; 0 makes batches when they are asked for |
/// | `seed` | 0 | |
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct LoaderConfig {
    /// How images are changed.
    pub augment: Augment,
    /// Images a batch.
    pub batch: usize,
    /// Threads that make batches ahead; no batch depends on their number.
    pub workers: usize,
    /// The seed of the order and of all changes.
    pub seed: u64,
}

impl Default for LoaderConfig {
    fn default() -> LoaderConfig {
        LoaderConfig {
            augment: Augment::default(),
            batch: 128,
            workers: 1,
            seed: 0,
        }
    }
}

/// Makes the batches of epochs; each batch is a function of seed, epoch and position alone.
pub struct Loader {
    plan: Arc<Plan>,
    config: LoaderConfig,
}

impl Loader {
    /// Batches to learn from: in a new order each epoch, changed as the configuration says.
    ///
    /// # Errors
    /// [`VisionError::Request`] names everything that is wrong: values out of range, a
    /// normalisation of other channels, no images, no labels.
    pub fn training(
        set: Arc<ImageSet>,
        normalisation: Normalisation,
        config: LoaderConfig,
    ) -> Result<Loader, VisionError> {
        let mut problems = normalisation.problems(set.channels);
        problems.extend(config.augment.problems(set.height, set.width));
        problems.extend(set_problems(&set));
        if !(1..=1 << 16).contains(&config.batch) {
            problems.push(format!(
                "the batch is {}, allowed is 1 to 65536",
                config.batch
            ));
        }
        if config.workers > 256 {
            let workers = config.workers;
            problems.push(format!("workers are {workers}, allowed is 0 to 256"));
        }
        if !problems.is_empty() {
            return Err(VisionError::Request(problems));
        }
        let plan = Plan {
            set,
            normalisation,
            augment: config.augment,
            seed: config.seed,
        };
        Ok(Loader {
            plan: Arc::new(plan),
            config,
        })
    }

    /// Batches of an epoch.
    pub fn batches(&self) -> usize {
        self.plan.set.images().div_ceil(self.config.batch)
    }

    /// Who has hold of the images: the loader and the workers that still run.
    #[cfg(test)]
    pub(super) fn holders(&self) -> usize {
        Arc::strong_count(&self.plan)
    }

    /// The batches of an epoch. Epochs differ from each other up to number 2^24, where they begin
    /// anew. Dropping the iterator ends its workers.
    pub fn epoch(&self, epoch: u64) -> Batches {
        let epoch = epoch % MOST_EPOCHS;
        let images = self.plan.set.images() as u32;
        let order = shuffled(images, self.config.seed, epoch);
        let maker = Maker {
            plan: Arc::clone(&self.plan),
            order: order.into(),
            batch: self.config.batch,
            epoch,
        };
        Batches::start(maker, self.batches(), self.config.workers)
    }
}

/// What is wrong with a set.
fn set_problems(set: &ImageSet) -> Vec<String> {
    let (name, images, labels) = (&set.name, set.images(), set.labels.len());
    let mut problems = Vec::new();
    if images == 0 || images * set.image_bytes() != set.pixels.len() {
        problems.push(format!("{name}: no images, or pixels for part of one"));
    }
    if u32::try_from(images).is_err() {
        problems.push(format!("{name}: {images} images, allowed are 2^32 - 1"));
    }
    if labels != images {
        problems.push(format!("{name}: {labels} labels for {images} images"));
    }
    problems
}

/// Makes any batch of one epoch.
#[derive(Clone)]
struct Maker {
    plan: Arc<Plan>,
    order: Arc<[u32]>,
    batch: usize,
    epoch: u64,
}

impl Maker {
    fn batch(&self, number: usize) -> Batch {
        let start = number * self.batch;
        let end = (start + self.batch).min(self.order.len());
        self.plan.batch(&self.order[start..end], self.epoch)
    }
}

/// The batches of an epoch, in order.
pub struct Batches {
    maker: Maker,
    next: usize,
    end: usize,
    lanes: Vec<Lane>,
}

/// A worker and what it has finished. Batch `i` comes from worker `i` modulo their number.
struct Lane {
    finished: Option<Receiver<Batch>>,
    worker: Option<JoinHandle<()>>,
}

impl Batches {
    fn start(maker: Maker, end: usize, workers: usize) -> Batches {
        let workers = workers.min(end);
        let lanes = (0..workers).map(|lane| {
            let (sender, finished) = sync_channel(AHEAD);
            let maker = maker.clone();
            let work = move || {
                for number in (lane..end).step_by(workers) {
                    // Nobody listens any more: the iterator was dropped.
                    if sender.send(maker.batch(number)).is_err() {
                        return;
                    }
                }
            };
            let worker = Builder::new().name(format!("batches {lane}")).spawn(work);
            Lane {
                finished: Some(finished),
                worker: worker.ok(),
            }
        });
        Batches {
            lanes: lanes.collect(),
            maker,
            next: 0,
            end,
        }
    }
}

impl Iterator for Batches {
    type Item = Batch;

    fn next(&mut self) -> Option<Batch> {
        if self.next >= self.end {
            return None;
        }
        let number = self.next;
        self.next += 1;
        // A worker that could not be started leaves its batches to be made here.
        let lane = number.checked_rem(self.lanes.len());
        let finished = lane.and_then(|lane| self.lanes[lane].finished.as_ref()?.recv().ok());
        Some(finished.unwrap_or_else(|| self.maker.batch(number)))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        let left = self.end.saturating_sub(self.next);
        (left, Some(left))
    }
}

impl ExactSizeIterator for Batches {}

impl Drop for Batches {
    fn drop(&mut self) {
        for lane in &mut self.lanes {
            lane.finished = None;
        }
        for lane in &mut self.lanes {
            if let Some(worker) = lane.worker.take() {
                // A worker that panicked has said so already.
                let _ = worker.join();
            }
        }
    }
}
