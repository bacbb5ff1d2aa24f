//! Vectors of `f32` in a checkpoint as base64 of their little-endian bytes: exact, and about a
//! third of the size of decimal numbers in JSON.

use serde::{Deserialize, Deserializer, Serializer, de::Error};

const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

pub(super) fn serialize<S: Serializer>(values: &[f32], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&encode(values))
}

pub(super) fn deserialize<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Vec<f32>, D::Error> {
    let text = String::deserialize(deserializer)?;
    decode(text.as_bytes()).ok_or_else(|| D::Error::custom("expected base64 of 32-bit floats"))
}

fn encode(values: &[f32]) -> String {
    let bytes: Vec<u8> = values
        .iter()
        .flat_map(|value| value.to_le_bytes())
        .collect();
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for group in bytes.chunks(3) {
        let byte = |position: usize| u32::from(group.get(position).copied().unwrap_or(0));
        let bits = byte(0) << 16 | byte(1) << 8 | byte(2);
        for digit in 0..4 {
            if digit <= group.len() {
                let value = bits >> (18 - 6 * digit) & 63;
                text.push(char::from(DIGITS[value as usize]));
            } else {
                text.push('=');
            }
        }
    }
    text
}

fn decode(text: &[u8]) -> Option<Vec<f32>> {
    if !text.len().is_multiple_of(4) {
        return None;
    }
    let padding = text
        .iter()
        .rev()
        .take_while(|&&digit| digit == b'=')
        .count();
    if padding > 2 {
        return None;
    }
    let mut bytes = Vec::with_capacity(text.len() / 4 * 3);
    for (group, digits) in text.chunks(4).enumerate() {
        let last = group + 1 == text.len() / 4;
        let mut bits = 0;
        for (position, &digit) in digits.iter().enumerate() {
            let value = match digit {
                b'A'..=b'Z' => digit - b'A',
                b'a'..=b'z' => digit - b'a' + 26,
                b'0'..=b'9' => digit - b'0' + 52,
                b'+' => 62,
                b'/' => 63,
                b'=' if last && position >= 4 - padding => 0,
                _ => return None,
            };
            bits = bits << 6 | u32::from(value);
        }
        bytes.extend_from_slice(&bits.to_be_bytes()[1..]);
    }
    bytes.truncate(bytes.len() - padding);
    let chunks = bytes.chunks_exact(4);
    if !chunks.remainder().is_empty() {
        return None;
    }
    let value = |chunk: &[u8]| f32::from_le_bytes([chunk[0], chunk[1], chunk[2], chunk[3]]);
    Some(chunks.map(value).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_length_comes_back_bit_for_bit() {
        for length in 0..10 {
            let values: Vec<f32> = (0..length).map(|i| (i as f32 + 0.1).sin()).collect();
            let text = encode(&values);
            assert_eq!(decode(text.as_bytes()).unwrap(), values, "{text}");
        }
    }

    #[test]
    fn a_known_code() {
        // Bytes 00 00 80 3f, by hand.
        assert_eq!(encode(&[1.0]), "AACAPw==");
    }

    #[test]
    fn damaged_text_is_refused() {
        for text in ["A", "AACA", "AACAPw=", "AACAP===", "AA=APw==", "AACAPw=?"] {
            assert_eq!(decode(text.as_bytes()), None, "{text}");
        }
    }
}
