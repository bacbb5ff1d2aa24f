//! Where networks are computed.

use std::fmt;
use std::str::FromStr;

use crate::VisionError;

/// The processor, or graphics cards.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Device {
    /// The processor, by our own kernels.
    #[default]
    Cpu,
    /// CUDA devices by their numbers; several share every batch.
    Cuda(Vec<usize>),
}

impl Device {
    /// Whether this build and this machine have the device.
    ///
    /// # Errors
    /// [`VisionError::Request`] that says what is missing.
    pub fn check(&self) -> Result<(), VisionError> {
        match self {
            Device::Cpu => Ok(()),
            Device::Cuda(numbers) => cuda_has(numbers),
        }
    }
}

#[cfg(not(feature = "cuda"))]
fn cuda_has(_: &[usize]) -> Result<(), VisionError> {
    Err(VisionError::request(
        "this neuronseek was built without CUDA: build it with `--features cuda` (no CUDA toolkit \
         is needed for that), or use --device cpu",
    ))
}

#[cfg(feature = "cuda")]
fn cuda_has(numbers: &[usize]) -> Result<(), VisionError> {
    use cudarc::driver::{result, sys};
    // SAFETY: it looks for the driver's library and touches nothing else.
    if !unsafe { sys::is_culib_present() } {
        return Err(VisionError::request(
            "no CUDA driver on this machine (libcuda is not found): install NVIDIA's driver, or use \
             --device cpu",
        ));
    }
    let count = result::init().and_then(|()| result::device::get_count());
    let count = count.map_err(|error| {
        VisionError::request(format!(
            "the CUDA driver finds no device ({error}): see whether nvidia-smi lists one, or use \
             --device cpu"
        ))
    })?;
    let count = usize::try_from(count).unwrap_or_default();
    match numbers.iter().find(|&&number| number >= count) {
        Some(number) => Err(VisionError::request(format!(
            "there is no CUDA device {number}: this machine has {count}, counted from 0"
        ))),
        None => Ok(()),
    }
}

impl fmt::Display for Device {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Device::Cpu => f.write_str("cpu"),
            Device::Cuda(numbers) => {
                let numbers: Vec<String> = numbers.iter().map(usize::to_string).collect();
                write!(f, "cuda:{}", numbers.join(","))
            }
        }
    }
}

impl FromStr for Device {
    type Err = String;

    fn from_str(text: &str) -> Result<Device, String> {
        let wrong = || format!("'{text}' is no device; use cpu, cuda, or cuda:0,1 for several");
        match text.split_once(':') {
            None if text == "cpu" => Ok(Device::Cpu),
            None if text == "cuda" => Ok(Device::Cuda(vec![0])),
            Some(("cuda", numbers)) => {
                let parsed = numbers.split(',').map(str::parse::<usize>);
                let mut numbers = parsed.collect::<Result<Vec<_>, _>>().map_err(|_| wrong())?;
                numbers.sort_unstable();
                numbers.dedup();
                Ok(Device::Cuda(numbers))
            }
            _ => Err(wrong()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn devices_parse_and_print() {
        for (text, device) in [
            ("cpu", Device::Cpu),
            ("cuda:0", Device::Cuda(vec![0])),
            ("cuda:0,2", Device::Cuda(vec![0, 2])),
        ] {
            assert_eq!(text.parse(), Ok(device.clone()));
            assert_eq!(device.to_string(), text);
        }
        assert_eq!("cuda".parse(), Ok(Device::Cuda(vec![0])));
        for text in ["gpu", "cuda:", "cuda:x", "cpu:0", ""] {
            assert!(text.parse::<Device>().is_err(), "{text}");
        }
    }

    #[cfg(not(feature = "cuda"))]
    #[test]
    fn a_build_without_cuda_says_so() {
        let text = Device::Cuda(vec![0]).check().unwrap_err().to_string();
        assert!(text.contains("--features cuda"), "{text}");
    }
}
