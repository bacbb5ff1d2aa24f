//! Which images, and how they are read.

use std::path::{Path, PathBuf};

use clap::Args;
use neuronseek::observe::Control;
use neuronseek_data::images as catalogue;
use neuronseek_vision::VisionError;
use neuronseek_vision::images::{self, ImageSet, Part, ReadOptions, Unlabelled};

use super::sets::Root;
use crate::console::Console;
use crate::failure::Failure;
use crate::interrupt;

/// How images are read.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Images")]
pub struct Source {
    /// Resize images to this many rows and columns, such as 64 or 48x64; needed where those of a
    /// folder differ
    #[arg(long, value_name = "SIZE", value_parser = side)]
    size: Option<[usize; 2]>,
    /// Use the 20 coarse classes of CIFAR-100
    #[arg(long)]
    coarse: bool,
    /// Read at most this many images of each class
    #[arg(long, value_name = "N")]
    limit: Option<usize>,
    /// Leave out images that cannot be read, and name them
    #[arg(long)]
    skip_corrupt: bool,
    /// Channels that images are brought to; as stored unless a model says.
    #[arg(skip)]
    channels: Option<usize>,
    #[command(flatten)]
    root: Root,
}

impl Source {
    /// The images of a part of a set: a path, or the name of a public set that is here.
    pub fn read(&self, data: &Path, part: Part, console: &Console) -> Result<ImageSet, Failure> {
        let read = images::read_with(&self.path(data)?, &self.options(part), &control(console))?;
        console.done();
        Ok(read)
    }

    /// The test images of a set, if it has some: one file of images is all of one part.
    pub fn own_test(&self, data: &Path, console: &Console) -> Result<Option<ImageSet>, Failure> {
        let path = self.path(data)?;
        let name = path.to_string_lossy();
        let archive = [".tar", ".tar.gz", ".tgz"]
            .iter()
            .any(|end| name.ends_with(end));
        if path.is_file() && !archive {
            return Ok(None);
        }
        match images::read_with(&path, &self.options(Part::Test), &control(console)) {
            Ok(images) => Ok(Some(images)),
            Err(VisionError::NoTest { .. }) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// Pictures without labels, at the size that a model takes.
    pub fn unlabelled(
        &self,
        data: &Path,
        input: [usize; 3],
        console: &Console,
    ) -> Result<Unlabelled, Failure> {
        let options = self.sized(input).options(Part::Test);
        let read = images::read_unlabelled(data, &options, &control(console))?;
        console.done();
        Ok(read)
    }

    /// The same source at the size that a model takes, unless another one is asked for.
    pub fn sized(&self, [channels, rows, columns]: [usize; 3]) -> Source {
        Source {
            size: self.size.or(Some([rows, columns])),
            channels: Some(channels),
            ..self.clone()
        }
    }

    fn options(&self, part: Part) -> ReadOptions {
        ReadOptions {
            part,
            coarse: self.coarse,
            size: self.size,
            channels: self.channels,
            limit: self.limit,
            skip_corrupt: self.skip_corrupt,
        }
    }

    /// Where the images are.
    fn path(&self, data: &Path) -> Result<PathBuf, Failure> {
        if data.exists() {
            return Ok(data.to_path_buf());
        }
        let name = data.to_string_lossy();
        let Ok(entry) = catalogue::find(&name) else {
            return Err(Failure::unusable(format!(
                "there is no file, folder or public image set {name}: `neuronseek vision sets` lists \
                 the sets"
            )));
        };
        catalogue::locate(entry, &self.root.folder()?, false).ok_or_else(|| {
            Failure::unusable(format!(
                "{} is not here yet: `neuronseek vision fetch {}` gets it",
                entry.title, entry.name
            ))
        })
    }
}

/// What reading reports to, ended by Ctrl-C.
fn control(console: &Console) -> Control<'_> {
    Control {
        observer: console,
        stop: interrupt::flag(),
        deadline: None,
    }
}

fn side(text: &str) -> Result<[usize; 2], String> {
    let parse = |text: &str| {
        text.parse::<usize>()
            .ok()
            .filter(|&n| (8..=1024).contains(&n))
    };
    let sides = match text.split_once(['x', 'X']) {
        Some((rows, columns)) => parse(rows).zip(parse(columns)),
        None => parse(text).map(|side| (side, side)),
    };
    let (rows, columns) = sides.ok_or("give a side of 8 to 1024, or rows x columns as 48x64")?;
    Ok([rows, columns])
}
