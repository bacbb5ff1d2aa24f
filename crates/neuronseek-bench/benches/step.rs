//! `cargo bench -p neuronseek-bench --bench step`: one `td` training step by size and path.

use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use neuronseek::terms::CpuPath;
use neuronseek_bench::step::{Step, StepSettings};

fn steps(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("td step");
    for path in CpuPath::available() {
        let settings = StepSettings {
            path,
            ..StepSettings::default()
        };
        for (dims, batch) in [(10, 64), (10, 512), (100, 64), (100, 512)] {
            let mut step = Step::new(&settings, dims, batch);
            let name = format!("D {dims}, batch {batch}");
            group.bench_function(BenchmarkId::new(path.name(), name), |bencher| {
                bencher.iter(|| step.make());
            });
        }
    }
    group.finish();
}

criterion_group!(benches, steps);
criterion_main!(benches);
