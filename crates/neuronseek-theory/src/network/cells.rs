use neuronseek::network::{Activation, Interactions, Network, NetworkConfig, Norm, Placement};
use neuronseek::neuron::{Neuron, Term};
use serde::Serialize;

use crate::jet::MOST_INPUTS;

/// The cells of a construction: what is there before any function is chosen.
#[derive(Debug, Clone, PartialEq)]
pub struct Cells {
    /// Each cell with its name.
    pub cells: Vec<(&'static str, Network<f64>)>,
}

/// A tensor of a cell.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Parameter {
    /// The cell.
    pub cell: &'static str,
    /// What the cell's neurons add up.
    pub neuron: String,
    /// The tensor's name in the library.
    pub tensor: String,
    /// Its numbers.
    pub values: Vec<f64>,
}

impl Cells {
    /// The orbit network of functions of `inputs` inputs, 1 to 3. Its state is a place v_j per
    /// input, the orbit's w and the output y.
    ///
    /// | cell | computes | neuron |
    /// |---|---|---|
    /// | double | 2 w^2 - 1 | x^2 |
    /// | hat | relu(v + 1) - 2 relu(v) + relu(v - 1) | x, ReLU, x |
    /// | read | y + w hat_1 ... hat_d | x + cp(d + 1) |
    /// | forward, back | v - 1, v + 1 | x |
    pub fn orbit(inputs: usize) -> Cells {
        let inputs = inputs.clamp(1, MOST_INPUTS);
        let mut cells = vec![
            ("double", double()),
            ("hat", hat()),
            ("read", read(inputs)),
            ("forward", moved(-1.0)),
        ];
        // The serpent turns only where there is more than one direction.
        if inputs > 1 {
            cells.push(("back", moved(1.0)));
        }
        Cells { cells }
    }

    /// The trajectory network: (A, B) holds two neighbours T_j(c), T_{j+1}(c) of a ladder.
    ///
    /// | cell | computes | neuron |
    /// |---|---|---|
    /// | double | 2 A^2 - 1 | x^2 |
    /// | cross | 2 A B - c | x + cp(2) |
    /// | hat, read, forward | as in [`Cells::orbit`], with T_n(c_k) for w | |
    pub fn trajectory() -> Cells {
        let cross = cell(
            [3, 1],
            &[],
            [Term::pure(1), Term::interaction(2, 1)],
            // The weights of A, B, c; the two factors; the bias.
            &[0.0, 0.0, -1.0, 2.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0],
        );
        Cells {
            cells: vec![
                ("double", double()),
                ("cross", cross),
                ("hat", hat()),
                ("read", read(1)),
                ("forward", moved(-1.0)),
            ],
        }
    }

    /// The cell of this name.
    pub fn get(&self, name: &str) -> Option<&Network<f64>> {
        let found = self.cells.iter().find(|(cell, _)| *cell == name);
        found.map(|(_, network)| network)
    }

    /// Every tensor of every cell, zeros included.
    pub fn parameters(&self) -> Vec<Parameter> {
        let mut parameters = Vec::new();
        for (cell, network) in &self.cells {
            for tensor in network.tensors() {
                parameters.push(Parameter {
                    cell,
                    neuron: network.config().neuron.to_string(),
                    tensor: tensor.name,
                    values: tensor.values.to_vec(),
                });
            }
        }
        parameters
    }

    /// The number of parameters, zeros included.
    pub fn count(&self) -> usize {
        let counts = self.cells.iter().map(|(_, cell)| cell.parameter_count());
        counts.sum()
    }

    /// The largest absolute value of a parameter.
    pub fn magnitude(&self) -> f64 {
        let all = self.cells.iter().flat_map(|(_, cell)| cell.parameters());
        all.fold(0.0, |largest, value| largest.max(value.abs()))
    }
}

/// 2 x^2 - 1
fn double() -> Network<f64> {
    cell([1, 1], &[], [Term::pure(2)], &[2.0, -1.0])
}

/// relu(v + 1) - 2 relu(v) + relu(v - 1)
fn hat() -> Network<f64> {
    let (inside, ends) = ([1.0, 1.0, 1.0, 1.0, 0.0, -1.0], [1.0, -2.0, 1.0, 0.0]);
    let parameters: Vec<f64> = inside.into_iter().chain(ends).collect();
    cell([1, 1], &[3], [Term::pure(1)], &parameters)
}

/// v + step
fn moved(step: f64) -> Network<f64> {
    cell([1, 1], &[], [Term::pure(1)], &[1.0, step])
}

/// Of (w, hat_1, ..., hat_d, y): y + w hat_1 ... hat_d
fn read(inputs: usize) -> Network<f64> {
    let width = inputs + 2;
    let order = inputs + 1;
    let mut parameters = vec![0.0; width];
    parameters[width - 1] = 1.0;
    for factor in 0..order {
        parameters.extend((0..width).map(|input| if input == factor { 1.0 } else { 0.0 }));
    }
    parameters.push(0.0);
    let terms = [Term::pure(1), Term::interaction(order, 1)];
    cell([width, 1], &[], terms, &parameters)
}

/// A network of the library with these parameters, in the library's order.
fn cell<const N: usize>(
    [inputs, outputs]: [usize; 2],
    hidden: &[usize],
    terms: [Term; N],
    parameters: &[f64],
) -> Network<f64> {
    let config = NetworkConfig {
        inputs,
        outputs,
        hidden: hidden.to_vec(),
        neuron: Neuron::new(terms),
        placement: Placement::Every,
        interactions: Interactions::Independent,
        rank: 1,
        activation: Activation::Relu,
        norm: Norm::None,
        dropout: 0.0,
        skip: None,
        embedding: None,
    };
    // The shapes above are constants within every range, which the tests of this file build all of.
    #[allow(clippy::expect_used)]
    let mut network = Network::new(config, 0).expect("a cell of constant shape");
    network.parameters_mut().copy_from_slice(parameters);
    network
}

#[cfg(test)]
mod tests {
    use super::*;
    use neuronseek::matrix::Matrix;

    fn value(cells: &Cells, name: &str, inputs: &[f64]) -> f64 {
        let row = Matrix::from_vec(1, inputs.len(), inputs.to_vec());
        cells.get(name).unwrap().predict(&row).data()[0]
    }

    #[test]
    fn the_library_computes_what_the_tables_say() {
        for inputs in 1..=3 {
            let cells = Cells::orbit(inputs);
            assert_eq!(value(&cells, "double", &[0.75]), 0.125);
            for (v, height) in [
                (-1.5, 0.0),
                (-0.25, 0.75),
                (0.0, 1.0),
                (0.5, 0.5),
                (7.0, 0.0),
            ] {
                assert_eq!(value(&cells, "hat", &[v]), height);
            }
            let mut state = vec![0.5; inputs + 2];
            state[inputs + 1] = 3.0;
            let product = 0.5f64.powi(inputs as i32 + 1);
            assert_eq!(value(&cells, "read", &state), 3.0 + product);
            assert_eq!(value(&cells, "forward", &[2.5]), 1.5);
        }
        let cells = Cells::trajectory();
        assert_eq!(value(&cells, "cross", &[0.5, 0.75, 0.25]), 0.5);
    }

    #[test]
    fn number_and_size_of_parameters_are_fixed() {
        assert_eq!(Cells::orbit(1).count(), 2 + 10 + 10 + 2);
        assert_eq!(Cells::orbit(1).magnitude(), 2.0);
        let whole = |p: &Parameter| {
            p.values
                .iter()
                .all(|v| [-2.0, -1.0, 0.0, 1.0, 2.0].contains(v))
        };
        for cells in [
            Cells::orbit(1),
            Cells::orbit(2),
            Cells::orbit(3),
            Cells::trajectory(),
        ] {
            assert!(cells.parameters().iter().all(whole));
            assert_eq!(cells.magnitude(), 2.0);
        }
    }
}
