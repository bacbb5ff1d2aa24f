//! Times a training epoch beside PyTorch's: `cargo run --release -p neuronseek-bench --example epoch`.

use neuronseek_bench::epoch::{Subject, run};

fn main() {
    for subject in [Subject::Small, Subject::Embedded] {
        println!("{:#?}", run(subject, true));
    }
}
