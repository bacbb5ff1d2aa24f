//! Curves as event files, which TensorBoard and its relatives read.
//!
//! A file is a row of records `length, mask(crc(length)), data, mask(crc(data))`; data is a protocol
//! buffer `Event { wall_time = 1, step = 2, file_version = 3, summary = 5 { value = 1 { tag = 1,
//! simple_value = 2 } } }`. Two messages are not worth a protocol buffer compiler.

use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use super::state::Epoch;
use crate::VisionError;

/// An event file that grows by an epoch at a time.
#[derive(Debug)]
pub struct EventLog {
    file: File,
    path: PathBuf,
}

impl EventLog {
    /// A new event file in a folder, which is made if it is not there.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn create(folder: &Path) -> Result<EventLog, VisionError> {
        std::fs::create_dir_all(folder).map_err(|e| VisionError::file("write", folder, e))?;
        let seconds = now();
        let name = format!(
            "events.out.tfevents.{:.0}.{}.neuronseek",
            seconds,
            std::process::id()
        );
        let path = folder.join(name);
        let file = File::create(&path).map_err(|e| VisionError::file("write", &path, e))?;
        let mut log = EventLog { file, path };
        log.write(&event(seconds, 0, &text(3, "brain.Event:2")))?;
        Ok(log)
    }

    /// Adds what an epoch showed.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn add(&mut self, epoch: &Epoch) -> Result<(), VisionError> {
        let mut values = vec![
            ("train/loss", epoch.loss),
            ("train/accuracy", epoch.accuracy),
            ("train/learning_rate", f64::from(epoch.learning_rate)),
        ];
        if let Some(pace) = epoch.pace {
            values.push(("train/images_per_second", pace.images_per_second));
        }
        if let Some(score) = epoch.validation {
            values.push(("validation/loss", score.loss));
            values.push(("validation/accuracy", score.accuracy));
        }
        let mut summary = Vec::new();
        let gates = epoch.gates.iter().enumerate();
        let gates = gates.map(|(term, &open)| (format!("gates/term{}", term + 1), open));
        let values = values
            .into_iter()
            .map(|(tag, value)| (tag.to_string(), value));
        for (tag, value) in values.chain(gates) {
            let mut message = text(1, &tag);
            message.push(2 << 3 | 5);
            message.extend((value as f32).to_le_bytes());
            summary.extend(bytes(1, &message));
        }
        self.write(&event(now(), epoch.epoch as u64, &bytes(5, &summary)))
    }

    fn write(&mut self, data: &[u8]) -> Result<(), VisionError> {
        let length = (data.len() as u64).to_le_bytes();
        let mut record = length.to_vec();
        record.extend(masked(&length).to_le_bytes());
        record.extend(data);
        record.extend(masked(data).to_le_bytes());
        let written = self
            .file
            .write_all(&record)
            .and_then(|()| self.file.flush());
        written.map_err(|e| VisionError::file("write", &self.path, e))
    }
}

fn now() -> f64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.map_or(0.0, |time| time.as_secs_f64())
}

fn event(seconds: f64, step: u64, rest: &[u8]) -> Vec<u8> {
    let mut event = vec![1 << 3 | 1];
    event.extend(seconds.to_le_bytes());
    event.push(2 << 3);
    event.extend(varint(step));
    event.extend(rest);
    event
}

fn text(field: u8, text: &str) -> Vec<u8> {
    bytes(field, text.as_bytes())
}

fn bytes(field: u8, content: &[u8]) -> Vec<u8> {
    let mut message = vec![field << 3 | 2];
    message.extend(varint(content.len() as u64));
    message.extend(content);
    message
}

fn varint(mut number: u64) -> Vec<u8> {
    let mut bytes = Vec::new();
    while number >= 0x80 {
        bytes.push(number as u8 | 0x80);
        number >>= 7;
    }
    bytes.push(number as u8);
    bytes
}

/// CRC-32C (Castagnoli), rotated and shifted as the format wants it.
fn masked(data: &[u8]) -> u32 {
    let crc = !data.iter().fold(!0u32, |crc, &byte| {
        (0..8).fold(crc ^ u32::from(byte), |crc, _| {
            (crc >> 1) ^ (0x82f6_3b78 & (crc & 1).wrapping_neg())
        })
    });
    crc.rotate_right(15).wrapping_add(0xa282_ead8)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_checksum_is_the_standard_one() {
        // CRC-32C of "123456789" is e3069283 (RFC 3720 uses the same polynomial).
        let crc = masked(b"123456789")
            .wrapping_sub(0xa282_ead8)
            .rotate_left(15);
        assert_eq!(crc, 0xe306_9283);
    }

    #[test]
    fn records_end_where_their_lengths_say() {
        let folder = tempfile::tempdir().unwrap();
        let mut log = EventLog::create(folder.path()).unwrap();
        let epoch = Epoch {
            epoch: 300,
            loss: 1.5,
            accuracy: 0.5,
            validation: None,
            learning_rate: 0.1,
            pace: None,
            gates: vec![0.9],
        };
        log.add(&epoch).unwrap();
        let content = std::fs::read(&log.path).unwrap();
        let mut records = 0;
        let mut at = 0;
        while at < content.len() {
            let length = u64::from_le_bytes(content[at..at + 8].try_into().unwrap()) as usize;
            let data = &content[at + 12..at + 12 + length];
            let sum = &content[at + 12 + length..at + 16 + length];
            assert_eq!(sum, masked(data).to_le_bytes());
            at += 16 + length;
            records += 1;
        }
        assert_eq!((records, at), (2, content.len()));
        let text = String::from_utf8_lossy(&content);
        assert!(text.contains("train/loss") && text.contains("gates/term1"));
    }
}
