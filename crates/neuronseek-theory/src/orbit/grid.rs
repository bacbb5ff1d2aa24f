use crate::jet::MOST_INPUTS;

/// The `(intervals + 1)^inputs` nodes of the unit cube, in serpentine order: from each node to
/// the next a single input changes, by one interval.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Grid {
    /// Inputs, 1 to 3.
    pub inputs: usize,
    /// Intervals along each input: K, at least 1.
    pub intervals: usize,
}

impl Grid {
    /// The number of nodes, if it can be counted.
    pub fn checked_nodes(&self) -> Option<usize> {
        self.intervals
            .checked_add(1)?
            .checked_pow(self.inputs as u32)
    }

    /// The number of nodes.
    pub fn nodes(&self) -> usize {
        self.checked_nodes().unwrap_or(usize::MAX)
    }

    /// The coordinates of a node, 0 to K each. Each input runs up and down in turn; whether it is
    /// going down is the parity of the number written by the inputs before it.
    pub fn coordinates(&self, node: usize) -> [usize; MOST_INPUTS] {
        let base = self.intervals + 1;
        let mut coordinates = [0; MOST_INPUTS];
        let mut before = 0;
        for (index, coordinate) in coordinates.iter_mut().enumerate().take(self.inputs) {
            let below = base.pow((self.inputs - 1 - index) as u32);
            let digit = node / below % base;
            *coordinate = self.turned(digit, before);
            before = node / below;
        }
        coordinates
    }

    /// The node of these coordinates.
    pub fn node(&self, coordinates: &[usize; MOST_INPUTS]) -> usize {
        let mut node = 0;
        for &coordinate in &coordinates[..self.inputs] {
            node = node * (self.intervals + 1) + self.turned(coordinate, node);
        }
        node
    }

    fn turned(&self, digit: usize, before: usize) -> usize {
        if before.is_multiple_of(2) {
            digit
        } else {
            self.intervals - digit
        }
    }

    /// The node's point of the unit cube.
    pub fn place(&self, node: usize) -> [f64; MOST_INPUTS] {
        self.coordinates(node)
            .map(|coordinate| coordinate as f64 / self.intervals as f64)
    }

    /// The nodes of a cell's corners, in the order of binary numbers whose digit j is input j.
    pub(crate) fn corners(&self, cell: &[usize; MOST_INPUTS]) -> Vec<usize> {
        (0..1usize << self.inputs)
            .map(|corner| {
                let mut coordinates = *cell;
                for (index, coordinate) in coordinates.iter_mut().enumerate() {
                    *coordinate += corner >> index & 1;
                }
                self.node(&coordinates)
            })
            .collect()
    }

    /// The values at the nodes joined at `u`: linear along each input between nodes.
    pub fn join(&self, values: &[f64], u: &[f64]) -> f64 {
        let mut cell = [0; MOST_INPUTS];
        let mut share = [0.0; MOST_INPUTS];
        for (index, &u) in u.iter().enumerate().take(self.inputs) {
            let along = (u * self.intervals as f64).clamp(0.0, self.intervals as f64);
            cell[index] = (along as usize).min(self.intervals - 1);
            share[index] = along - cell[index] as f64;
        }
        let mut level: Vec<f64> = (self.corners(&cell).iter())
            .map(|&node| values[node])
            .collect();
        for share in share.iter().take(self.inputs) {
            level = level
                .chunks_exact(2)
                .map(|pair| pair[0] * (1.0 - share) + pair[1] * share)
                .collect();
        }
        level[0]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_serpent_visits_every_node_by_single_steps() {
        for inputs in 1..=3 {
            for intervals in [1, 2, 3, 4] {
                let grid = Grid { inputs, intervals };
                for node in 0..grid.nodes() {
                    let here = grid.coordinates(node);
                    assert_eq!(grid.node(&here), node);
                    if node > 0 {
                        let before = grid.coordinates(node - 1);
                        let moved: usize = (0..3).map(|i| here[i].abs_diff(before[i])).sum();
                        assert_eq!(moved, 1, "{grid:?} {before:?} {here:?}");
                    }
                }
            }
        }
    }

    #[test]
    fn joining_is_linear_along_each_input() {
        let grid = Grid {
            inputs: 3,
            intervals: 2,
        };
        let f = |u: &[f64]| 1.0 + u[0] - 2.0 * u[1] + u[0] * u[2] + u[0] * u[1] * u[2];
        let values: Vec<f64> = (0..grid.nodes()).map(|node| f(&grid.place(node))).collect();
        for u in [[0.1, 0.2, 0.3], [0.9, 0.5, 1.0], [0.0, 0.7, 0.4]] {
            assert!((grid.join(&values, &u) - f(&u)).abs() < 1e-12);
        }
    }
}
