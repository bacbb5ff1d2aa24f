//! The command `neuronseek`: arguments become library calls, results become text.
//!
//! Results go to standard output and everything else to standard error, so that a pipe carries
//! results alone. Messages are plain text: a diagnostics crate with drawings was rejected, since
//! the errors here concern files, rows and columns, which one sentence names best.

use std::ffi::OsString;
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

/// Does what a command line asks for, the program's name first, and prints what comes of it; the
/// exit code.
///
/// It listens for signals and sets the panic hook, once a process: it is the program, whoever
/// starts it.
pub fn run(line: impl IntoIterator<Item = OsString>) -> ExitCode {
    ExitCode::from(exit_code(line))
}

/// The same with the exit code as a number, for a program that is not ours alone.
pub fn exit_code(line: impl IntoIterator<Item = OsString>) -> u8 {
    guard::run(|| {
        let arguments = settings::read(line)?;
        command::run(arguments)
    })
}
