//! `neuronseek man`: manual pages.

use std::path::PathBuf;

use clap::{Args, CommandFactory};

use crate::arguments;
use crate::failure::Failure;
use crate::output::{self, OutputFile};

/// Write manual pages, one per command, or print the main one
#[derive(Debug, Args)]
pub struct Arguments {
    /// The folder for the pages, which must exist; without it the main page is printed
    #[arg(short, long, value_name = "FOLDER")]
    output: Option<PathBuf>,
    /// Replace pages that exist already
    #[arg(long, requires = "output")]
    force: bool,
}

/// Writes the pages.
pub fn run(arguments: &Arguments) -> Result<(), Failure> {
    let mut command = arguments::Arguments::command();
    command.build();
    let Some(folder) = &arguments.output else {
        return output::print_with(|out| clap_mangen::Man::new(command).render(out));
    };
    let mut pages = Vec::new();
    collect(&command, &mut pages);
    let mut files = Vec::new();
    for page in pages {
        let path = folder.join(page.get_filename());
        files.push((OutputFile::claim(&path, arguments.force)?, page));
    }
    for (file, page) in files {
        file.write(|out| page.render(out))?;
    }
    Ok(())
}

/// The pages of a command and of the commands below it.
fn collect(command: &clap::Command, pages: &mut Vec<clap_mangen::Man>) {
    pages.push(clap_mangen::Man::new(command.clone()));
    for inner in command.get_subcommands() {
        if inner.get_name() != "help" {
            collect(inner, pages);
        }
    }
}
