//! Ctrl-C: once ends the work with the best result so far, twice exits at once.

use std::sync::atomic::{AtomicBool, Ordering};

use crate::failure::{Failure, INTERRUPTED};
use crate::output;

static STOP: AtomicBool = AtomicBool::new(false);

/// Starts to listen (SIGINT, SIGTERM and SIGHUP) and returns the flag that the first one sets.
pub fn listen() -> Result<&'static AtomicBool, Failure> {
    ctrlc::set_handler(|| {
        if STOP.swap(true, Ordering::Relaxed) {
            output::abandon();
            std::process::exit(i32::from(INTERRUPTED));
        }
        eprintln!("\nending with the best so far (press Ctrl-C again to exit at once)");
    })
    .map_err(|error| Failure::unusable(format!("cannot listen for Ctrl-C: {error}")))?;
    Ok(&STOP)
}

/// Whether Ctrl-C has been pressed.
pub fn pressed() -> bool {
    STOP.load(Ordering::Relaxed)
}
