use super::Step;
use crate::neuron::Neuron;
use crate::observe::{Control, Event};

/// Reports that step `done` of `total` has come to `neuron`, for the progress and for whoever wants
/// the structure so far; gives the step for the path.
pub(super) fn taken(
    control: &Control<'_>,
    (stage, done, total): (&str, usize, usize),
    action: String,
    (neuron, criterion): (Neuron, f64),
    message: &str,
) -> Step {
    control.observer.notice(&Event::Progress {
        name: stage,
        done,
        total,
        message,
    });
    control.observer.notice(&Event::Snapshot {
        neuron: &neuron,
        criterion,
    });
    Step {
        neuron,
        action,
        criterion,
    }
}
