//! `neuronseek vision maps`: where in an image a model sees a class.

use std::io::Cursor;
use std::path::PathBuf;

use clap::Args;
use neuronseek::observe::Control;
use neuronseek_vision::images::ImageSet;
use neuronseek_vision::maps::{class_maps, picture};
use neuronseek_vision::model::VisionModel;

use super::source::Source;
use crate::arguments::Threads;
use crate::console::Console;
use crate::failure::Failure;
use crate::interrupt;
use crate::output::OutputFile;

/// Draw class activation maps: where in an image the model sees the class
#[derive(Debug, Args)]
#[command(after_help = "\
Example: neuronseek vision maps model.safetensors photos/ -o maps/

One PNG per image: the image, and the map over it. The map of a class is the sum of the last feature \
maps, weighted as the classifier weights them; its mean and the bias are the class's logit.")]
pub struct Arguments {
    /// The model file that vision train wrote
    #[arg(value_name = "MODEL")]
    model: PathBuf,
    /// An image (PNG, JPEG, WebP), or a folder of images; they are resized to the model's size
    #[arg(value_name = "IMAGES")]
    images: PathBuf,
    /// The class whose map is drawn [default: the predicted one of each image]
    #[arg(long, value_name = "CLASS")]
    class: Option<String>,
    #[command(flatten)]
    source: Source,
    /// The folder of the pictures, made if need be
    #[arg(short, long, value_name = "FOLDER")]
    output: PathBuf,
    /// Replace pictures that exist already
    #[arg(long)]
    force: bool,
    #[command(flatten)]
    threads: Threads,
}

/// Draws.
pub fn run(arguments: &Arguments, console: &Console) -> Result<(), Failure> {
    interrupt::listen_saying("ending")?;
    arguments.threads.apply()?;
    let model = VisionModel::load(&arguments.model)?;
    let input = model.card.plan.input;
    let names = &model.card.classes;
    let class = arguments.class.as_ref().map(|class| {
        let found = names.iter().position(|name| name == class);
        found.ok_or_else(|| {
            Failure::unusable(format!(
                "the model has no class {class}; its classes are {}",
                names.join(", ")
            ))
        })
    });
    let class = class.transpose()?;
    let read = arguments
        .source
        .unlabelled(&arguments.images, input, console)?;
    let folder = &arguments.output;
    std::fs::create_dir_all(folder)
        .map_err(|error| Failure::unusable(format!("cannot make {}: {error}", folder.display())))?;
    let control = Control {
        observer: console,
        stop: interrupt::flag(),
        deadline: None,
    };
    for (row, file) in read.files.iter().enumerate() {
        // One at a time: maps of all classes of many images would not fit into memory.
        let image: ImageSet = read.images.rows(&[row]);
        let maps = class_maps(&model, &image, &control)?;
        let maps = &maps[0];
        let drawn = class.unwrap_or_else(|| maps.predicted());
        let mut bytes = Cursor::new(Vec::new());
        picture(image.image(0), input, maps, drawn)
            .write_to(&mut bytes, image::ImageFormat::Png)?;
        let stem = file.file_stem().unwrap_or_default().to_string_lossy();
        let path = folder.join(format!("{stem}.{}.png", names[drawn]));
        let output = OutputFile::claim(&path, arguments.force)?;
        output.write(|out| out.write_all(bytes.get_ref()))?;
    }
    console.done();
    console.note(&format!(
        "{} pictures in {}",
        read.files.len(),
        folder.display()
    ));
    Ok(())
}
