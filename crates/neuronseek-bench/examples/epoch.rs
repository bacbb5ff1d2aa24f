//! Times a training epoch beside PyTorch's: `cargo run --release -p neuronseek-bench --example epoch`.

fn main() {
    println!("{:#?}", neuronseek_bench::epoch::run(true));
}
