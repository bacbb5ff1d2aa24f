//! Narrowing a network to the size of another.

use super::Plan;
use crate::VisionError;

impl Plan {
    /// This plan at the largest width at which it has at most as many parameters as the linear
    /// network of the same architecture at this width. The linear plan is its own match.
    ///
    /// # Errors
    /// As [`Plan::graph`], and when even one channel is too many.
    pub fn matched(&self) -> Result<Plan, VisionError> {
        let linear = Plan {
            neuron: neuronseek::neuron::Neuron::linear(),
            gated: false,
            ..self.clone()
        };
        let most = linear.graph()?.parameter_count();
        let at = |width: f64| Plan {
            width,
            ..self.clone()
        };
        let fits = |width: f64| {
            let graph = at(width).graph()?;
            Ok::<bool, VisionError>(graph.parameter_count() <= most)
        };
        if fits(self.width)? {
            return Ok(self.clone());
        }
        // Channel counts grow with the width, hence so do parameters: bisection.
        let (mut low, mut high) = (0.0, self.width);
        for _ in 0..20 {
            let middle = (low + high) / 2.0;
            if fits(middle)? {
                low = middle;
            } else {
                high = middle;
            }
        }
        if low == 0.0 {
            let neuron = &self.neuron;
            return Err(VisionError::request(format!(
                "{neuron} has more parameters than the linear network ({most}) even with one \
                 channel; choose a smaller rank"
            )));
        }
        Ok(at(low))
    }
}
