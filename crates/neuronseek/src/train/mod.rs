//! Training: optimiser, schedule, stopping, checkpoints.
