//! `neuronseek bench convolution`: the time of convolutions, beside PyTorch's.

use clap::Args;
use neuronseek_bench::convolution::{self, ConvolutionResult};

use crate::arguments::Form;
use crate::console::Console;
use crate::display::{self, Columns, Side};
use crate::failure::Failure;
use crate::output;

/// Time convolutions forward and backward on one thread, beside PyTorch
#[derive(Debug, Args)]
#[command(after_help = "\
PyTorch runs in the Python that NEURONSEEK_PYTHON names, else python3; without torch there our own \
times are printed alone. Times are processor times, medians.

Example: NEURONSEEK_PYTHON=~/torch/bin/python neuronseek bench convolution")]
pub struct Arguments {
    /// Seconds of timing per size, for each side
    #[arg(
        long,
        value_name = "S",
        default_value_t = 2.0,
        allow_negative_numbers = true
    )]
    seconds: f64,
    /// Time our own side alone
    #[arg(long)]
    no_torch: bool,
    #[command(flatten)]
    form: Form,
}

/// Times.
pub fn run(arguments: &Arguments, console: &Console) -> Result<(), Failure> {
    if !(0.0..=600.0).contains(&arguments.seconds) {
        return Err(Failure::unusable(format!(
            "seconds {} is out of range: 0 to 600",
            arguments.seconds
        )));
    }
    let results = convolution::run(arguments.seconds, !arguments.no_torch);
    let missing = results.iter().find(|result| result.ratio.is_none());
    if let Some(result) = missing.filter(|_| !arguments.no_torch) {
        console.warn(&result.torch);
    }
    if arguments.form.json {
        return output::print_json(&results);
    }
    output::print(&text(&results, console.styled))
}

fn text(results: &[ConvolutionResult], styled: bool) -> String {
    let titles = [
        "batch",
        "channels",
        "side",
        "kernel",
        "stride",
        "forward",
        "of images",
        "of weights",
        "all",
        "GFLOP/s",
        "PyTorch",
        "ours / PyTorch",
    ];
    let mut columns = Columns::new(&titles.map(|title| (title, Side::Right)), styled);
    let time = |milliseconds: f64| display::duration(milliseconds / 1e3);
    for result in results {
        let [forward, of_images, of_weights] = result.milliseconds;
        columns.row([
            result.batch.to_string(),
            format!("{} to {}", result.inputs, result.outputs),
            result.side.to_string(),
            result.kernel.to_string(),
            result.stride.to_string(),
            time(forward),
            time(of_images),
            time(of_weights),
            time(forward + of_images + of_weights),
            format!("{:.0}", result.gigaflops),
            result.torch_milliseconds.map_or(String::new(), time),
            result
                .ratio
                .map_or(String::new(), |ratio| format!("{ratio:.2}")),
        ]);
    }
    columns.text()
}
