//! Where training starts.

use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution, StandardNormal};

use super::Numbers;
use crate::graph::{Graph, Parameter, Role};

/// The numbers that a network starts from: weights `N(0, gain^2 / fan)` (He et al. 2015), each
/// parameter from a stream of its own, so that a layer starts alike whatever other layers there
/// are; running means 0, variances 1.
pub fn start(graph: &Graph, seed: u64) -> Numbers {
    let parameter = |parameter: &Parameter| match parameter.role {
        Role::Constant(value) => vec![value; parameter.count()],
        Role::Weight { fan, gain } => {
            let deviation = gain / (fan as f32).sqrt();
            let mut random = ChaCha8Rng::seed_from_u64(seed);
            random.set_stream(stream(&parameter.name));
            (0..parameter.count())
                .map(|_| {
                    let number: f32 = StandardNormal.sample(&mut random);
                    deviation * number
                })
                .collect()
        }
    };
    Numbers {
        parameters: graph.parameters.iter().map(parameter).collect(),
        statistics: graph
            .norms
            .iter()
            .map(|&(_, channels)| [vec![0.0; channels], vec![1.0; channels]])
            .collect(),
    }
}

/// A stream number of a name: FNV-1a.
fn stream(name: &str) -> u64 {
    name.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}
