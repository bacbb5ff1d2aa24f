//! The architectures, each for any neuron.
//!
//! A [`Plan`] says which network: architecture, neuron, width, stem, classes, image size. It is
//! what a model file stores; [`Plan::graph`] writes the network down. In every architecture the
//! convolutions with windows larger than one pixel aggregate by the neuron; those of one pixel
//! (bottlenecks, shortcuts) mix channels and stay linear. With the neuron `x` each is its
//! published form.

mod densenet;
mod googlenet;
mod matching;
mod neuron_convolution;
mod plain;
mod resnet;
#[cfg(test)]
mod tests;

use std::fmt;
use std::str::FromStr;

use neuronseek::neuron::{Neuron, Term};
use serde::{Deserialize, Serialize};

use crate::VisionError;
use crate::graph::{Builder, Graph, NodeId, Operation, Window};
pub use neuron_convolution::{ADDED_GAIN, BOUND, RANK};

/// Which architecture.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Architecture {
    /// Four convolutions of 32, 64, 128 and 128 channels; all but the first halve the image.
    SmallCnn,
    /// ResNet-20 of He et al. 2016, section 4.2, with shortcuts of option A.
    #[serde(rename = "resnet-20")]
    ResNet20,
    /// ResNet-18 of He et al. 2016.
    #[serde(rename = "resnet-18")]
    ResNet18,
    /// ResNet-34 of He et al. 2016.
    #[serde(rename = "resnet-34")]
    ResNet34,
    /// DenseNet-BC of Huang et al. 2017 with 100 layers and growth 12.
    #[serde(rename = "densenet-100")]
    DenseNet100,
    /// DenseNet-121 of Huang et al. 2017.
    #[serde(rename = "densenet-121")]
    DenseNet121,
    /// ResNet-20 with squeeze and excitation (Hu et al. 2018), reduction 16.
    #[serde(rename = "se-resnet-20")]
    SeResNet20,
    /// ResNet-18 with squeeze and excitation, reduction 16.
    #[serde(rename = "se-resnet-18")]
    SeResNet18,
    /// GoogLeNet (Inception v1) of Szegedy et al. 2015 with batch norms in place of biases and
    /// without auxiliary classifiers.
    #[serde(rename = "googlenet")]
    GoogLeNet,
}

impl Architecture {
    /// All architectures.
    pub const ALL: [Architecture; 9] = [
        Architecture::SmallCnn,
        Architecture::ResNet20,
        Architecture::ResNet18,
        Architecture::ResNet34,
        Architecture::DenseNet100,
        Architecture::DenseNet121,
        Architecture::SeResNet20,
        Architecture::SeResNet18,
        Architecture::GoogLeNet,
    ];

    /// The name on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Architecture::SmallCnn => "small-cnn",
            Architecture::ResNet20 => "resnet-20",
            Architecture::ResNet18 => "resnet-18",
            Architecture::ResNet34 => "resnet-34",
            Architecture::DenseNet100 => "densenet-100",
            Architecture::DenseNet121 => "densenet-121",
            Architecture::SeResNet20 => "se-resnet-20",
            Architecture::SeResNet18 => "se-resnet-18",
            Architecture::GoogLeNet => "googlenet",
        }
    }
}

impl fmt::Display for Architecture {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Architecture {
    type Err = String;

    fn from_str(text: &str) -> Result<Architecture, String> {
        let named = |architecture: &Architecture| architecture.name() == text;
        let names = || Architecture::ALL.map(Architecture::name).join(", ");
        let found = Architecture::ALL.into_iter().find(named);
        found.ok_or_else(|| format!("'{text}' is no architecture; there are {}", names()))
    }
}

/// Which convolutions aggregate by the neuron.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Placement {
    /// All with windows larger than one pixel.
    #[default]
    All,
    /// The first convolution alone, the one that sees the image.
    Stem,
}

/// How an image enters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Stem {
    /// One 3 x 3 convolution that keeps the size: images of 32 or 64 pixels.
    Small,
    /// A 7 x 7 convolution and a pooling that quarter the size: images of ImageNet.
    Large,
}

/// Which network to build.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Plan {
    /// The architecture.
    pub architecture: Architecture,
    /// How convolutions aggregate; `x` gives the published form.
    pub neuron: Neuron,
    /// Which convolutions do.
    pub placement: Placement,
    /// The factor of all channel counts, above 0; 1 is the published width.
    pub width: f64,
    /// How an image enters; small-cnn and resnet-20 know the small stem alone.
    pub stem: Stem,
    /// Channels, rows and columns of an image.
    pub input: [usize; 3],
    /// How many classes.
    pub classes: usize,
    /// Whether every term has a gate (the search inside the network).
    pub gated: bool,
}

impl Plan {
    /// The linear network of an architecture at its published width; images of 128 pixels and
    /// more get the large stem where the architecture has one.
    pub fn linear(architecture: Architecture, input: [usize; 3], classes: usize) -> Plan {
        let small = matches!(
            architecture,
            Architecture::SmallCnn
                | Architecture::ResNet20
                | Architecture::SeResNet20
                | Architecture::DenseNet100
        );
        let stem = if small || input[1].min(input[2]) < 128 {
            Stem::Small
        } else {
            Stem::Large
        };
        Plan {
            architecture,
            neuron: Neuron::linear(),
            placement: Placement::All,
            width: 1.0,
            stem,
            input,
            classes,
            gated: false,
        }
    }

    /// The network.
    ///
    /// # Errors
    /// [`VisionError::Request`] with everything that is wrong: no term, element-wise functions,
    /// an order above 5, a width or image out of range, fewer than two classes.
    pub fn graph(&self) -> Result<Graph, VisionError> {
        self.check()?;
        Ok(self.written())
    }

    fn written(&self) -> Graph {
        let (builder, image) = Builder::new(self.input);
        let mut layers = Layers {
            builder,
            plan: self,
        };
        let features = match self.architecture {
            Architecture::SmallCnn => plain::small(&mut layers, image),
            Architecture::ResNet20 => resnet::thin(&mut layers, image, 3, false),
            Architecture::SeResNet20 => resnet::thin(&mut layers, image, 3, true),
            Architecture::ResNet18 => resnet::wide(&mut layers, image, [2, 2, 2, 2], false),
            Architecture::SeResNet18 => resnet::wide(&mut layers, image, [2, 2, 2, 2], true),
            Architecture::ResNet34 => resnet::wide(&mut layers, image, [3, 4, 6, 3], false),
            Architecture::DenseNet100 => densenet::thin(&mut layers, image),
            Architecture::DenseNet121 => densenet::wide(&mut layers, image),
            Architecture::GoogLeNet => googlenet::inception(&mut layers, image),
        };
        let mut builder = layers.builder;
        builder.classify(features, self.classes);
        builder.finish()
    }

    fn check(&self) -> Result<(), VisionError> {
        let mut reasons = Vec::new();
        if self.neuron.terms().is_empty() {
            reasons.push("the neuron has no term; give one such as \"x + x^2\"".to_string());
        }
        for term in self.neuron.terms() {
            match term {
                Term::Function(function) => reasons.push(format!(
                    "{}(x) is no term of a convolution; use powers and interactions",
                    function.name()
                )),
                term if term.order() > 5 => reasons.push(format!(
                    "{term} has order {}; convolutions take orders 1 to 5",
                    term.order()
                )),
                _ => {}
            }
        }
        if !(self.width.is_finite() && self.width > 0.0 && self.width <= 16.0) {
            reasons.push(format!(
                "width {} must be above 0 and at most 16",
                self.width
            ));
        }
        let [channels, rows, columns] = self.input;
        if channels == 0 || !(8..=1024).contains(&rows) || !(8..=1024).contains(&columns) {
            reasons.push(format!(
                "images of {channels} x {rows} x {columns}: sides must be 8 to 1024 pixels"
            ));
        }
        if self.classes < 2 {
            reasons.push(format!("{} classes; at least 2 are needed", self.classes));
        }
        if reasons.is_empty() {
            Ok(())
        } else {
            Err(VisionError::Request(reasons))
        }
    }
}

/// Layers that know the plan.
struct Layers<'a> {
    builder: Builder,
    plan: &'a Plan,
}

impl Layers<'_> {
    /// A published number of channels at the plan's width.
    fn channels(&self, published: usize) -> usize {
        ((published as f64 * self.plan.width).round() as usize).max(1)
    }

    /// A linear convolution with its norm.
    fn linear(&mut self, name: &str, input: NodeId, outputs: usize, window: Window) -> NodeId {
        let node = self.builder.convolution(name, input, outputs, window);
        self.builder.norm(&format!("{name}.norm"), node)
    }

    fn relu(&mut self, name: &str, input: NodeId) -> NodeId {
        self.builder.relu(&format!("{name}.relu"), input)
    }

    fn max_pool(&mut self, name: &str, input: NodeId, window: Window) -> NodeId {
        self.builder.add(name, Operation::MaxPool(window), &[input])
    }

    /// The first convolution with its norm and ReLU: the plan's stem.
    fn stem(&mut self, image: NodeId, outputs: usize) -> NodeId {
        let window = match self.plan.stem {
            Stem::Small => Window::same(3),
            Stem::Large => Window::strided(7, 2),
        };
        let node = self.neuron("stem", image, outputs, window);
        self.relu("stem", node)
    }

    /// The pooling after a large stem.
    fn stem_pool(&mut self, node: NodeId) -> NodeId {
        match self.plan.stem {
            Stem::Small => node,
            Stem::Large => self.max_pool("stem.pool", node, Window::strided(3, 2)),
        }
    }
}
