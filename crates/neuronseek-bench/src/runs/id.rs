use serde::Serialize;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::RunsError;

/// How many hexadecimal digits an id has: 64 bits, so that two of a million runs share one with a
/// probability of 3e-8.
const DIGITS: usize = 16;

/// The id of a run: the first 16 hexadecimal digits of the SHA-256 of the canonical JSON (keys
/// sorted, no spaces, shortest form of numbers) of experiment, version and run.
///
/// # Errors
/// When `run` has no JSON form.
pub fn run_id(
    experiment: &str,
    version: u32,
    run: &(impl Serialize + ?Sized),
) -> Result<String, RunsError> {
    let whole = json!({
        "experiment": experiment,
        "version": version,
        "run": serde_json::to_value(run)?,
    });
    let mut text = String::new();
    canonical(&whole, &mut text);
    Ok(digest(text.as_bytes()))
}

/// The first 16 hexadecimal digits of the SHA-256 of `bytes`: names the data of a run.
pub fn digest(bytes: &[u8]) -> String {
    let hash = Sha256::digest(bytes);
    let digits = hash.iter().map(|byte| format!("{byte:02x}"));
    digits.take(DIGITS / 2).collect()
}

/// The map of serde_json is sorted or not as its features say; an id must not depend on that.
fn canonical(value: &Value, text: &mut String) {
    match value {
        Value::Object(map) => {
            let mut keys: Vec<&String> = map.keys().collect();
            keys.sort();
            text.push('{');
            for (position, key) in keys.into_iter().enumerate() {
                if position > 0 {
                    text.push(',');
                }
                text.push_str(&Value::from(key.as_str()).to_string());
                text.push(':');
                canonical(&map[key], text);
            }
            text.push('}');
        }
        Value::Array(values) => {
            text.push('[');
            for (position, value) in values.iter().enumerate() {
                if position > 0 {
                    text.push(',');
                }
                canonical(value, text);
            }
            text.push(']');
        }
        plain => text.push_str(&plain.to_string()),
    }
}
