//! `neuronseek bench report`: what experiments left in their folders, as one page.

use std::path::PathBuf;

use clap::Args;
use neuronseek_bench::page;

use crate::console::Console;
use crate::failure::Failure;
use crate::output::OutputFile;

/// Gather the tables, plots and remarks of experiments into one HTML page
#[derive(Debug, Args)]
#[command(after_help = "\
Each folder holds experiment.json, NAME.md, NAME.jsonl, NAME.csv and plots as *.svg, as the \
experiments write them. The page needs no network and no script; its links to the runs are \
relative, so move it together with the folders.

Example: neuronseek bench report --from results/recovery --from results/stability -o report.html")]
pub struct Arguments {
    /// The folder of an experiment; repeat it for several, in the page's order
    #[arg(long, value_name = "DIR", required = true)]
    from: Vec<PathBuf>,
    /// Where the page is written
    #[arg(short, long, value_name = "FILE", required = true)]
    output: PathBuf,
    /// Replace the page if it exists
    #[arg(long)]
    force: bool,
}

/// Gathers and writes.
pub fn run(arguments: &Arguments, console: &Console) -> Result<(), Failure> {
    let output = OutputFile::claim(&arguments.output, arguments.force)?;
    let page = page::page(&arguments.from, &arguments.output)?;
    output.write(|out| out.write_all(page.as_bytes()))?;
    console.note(&format!("wrote {}", arguments.output.display()));
    Ok(())
}
