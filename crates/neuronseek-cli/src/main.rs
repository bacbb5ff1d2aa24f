//! The command `neuronseek`: arguments become library calls, results become text.
//!
//! Results go to standard output and everything else to standard error, so that a pipe carries
//! results alone. Messages are plain text: a diagnostics crate with drawings was rejected, since
//! the errors here concern files, rows and columns, which one sentence names best.

use std::process::ExitCode;

mod arguments;
mod command;
mod console;
mod display;
mod documents;
mod failure;
mod guard;
mod interrupt;
mod output;
mod settings;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    guard::run(|| {
        let arguments = settings::read(std::env::args_os())?;
        command::run(arguments)
    })
}
