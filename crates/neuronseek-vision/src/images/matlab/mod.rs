//! MATLAB level 5 files (`.mat`, versions 5 to 7): matrices of whole numbers.
//!
//! A file is a header of 128 bytes, whose last two tell the byte order, and elements. An element
//! is a type and a number of bytes (4 bytes each), then the bytes, padded to a multiple of 8;
//! elements of up to 4 bytes have type and number in 2 bytes each. A compressed element is a
//! zlib stream of one element. A matrix is an element of elements: flags, dimensions, name,
//! values column by column.
//!
//! Crates for these files were looked at: they keep every matrix of a file in memory and have no
//! bound on what a header may ask for.

use std::borrow::Cow;
use std::io::Read;
use std::path::Path;

use flate2::read::ZlibDecoder;

use crate::VisionError;
use crate::images::files::MOST_BYTES;

const HEADER: usize = 128;
const INT8: u32 = 1;
const UINT8: u32 = 2;
const INT32: u32 = 5;
const UINT32: u32 = 6;
const MATRIX: u32 = 14;
const COMPRESSED: u32 = 15;

/// A matrix of values 0 to 255.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::images) struct Matrix {
    pub name: String,
    /// Its lengths; values lie with the first index fastest.
    pub sides: Vec<usize>,
    pub values: Vec<u8>,
}

/// What is wrong, and at which byte.
struct Problem {
    at: usize,
    text: String,
}

fn problem(at: usize, text: impl Into<String>) -> Problem {
    Problem {
        at,
        text: text.into(),
    }
}

/// The matrices of these names in the content of a file, in its order; `path` is for messages.
pub(in crate::images) fn matrices(
    path: &Path,
    bytes: &[u8],
    wanted: &[&str],
) -> Result<Vec<Matrix>, VisionError> {
    parse(bytes, wanted)
        .map_err(|Problem { at, text }| VisionError::content(path, format!("byte {at}: {text}")))
}

fn parse(bytes: &[u8], wanted: &[&str]) -> Result<Vec<Matrix>, Problem> {
    if bytes.starts_with(b"\x89HDF") {
        let text = "a MATLAB file of version 7.3 (HDF5): save it with version 7";
        return Err(problem(0, text));
    }
    let big = match bytes.get(126..HEADER) {
        Some(b"IM") => false,
        Some(b"MI") => true,
        Some(_) => {
            return Err(problem(
                126,
                "no MATLAB level 5 file: its byte order is not given",
            ));
        }
        None => {
            return Err(problem(
                bytes.len(),
                "ends within the header of a MATLAB file",
            ));
        }
    };
    let mut cursor = Cursor {
        bytes,
        at: HEADER,
        big,
    };
    let mut found = Vec::new();
    while cursor.at < bytes.len() {
        let start = cursor.at;
        let element = cursor.element()?;
        let matrix = match element.kind {
            COMPRESSED => inflate(element.bytes, big)
                .and_then(|bytes| matrix(&bytes, big, wanted))
                .map_err(|inner| {
                    let text = format!("byte {} of the data unpacked: {}", inner.at, inner.text);
                    problem(start, text)
                })?,
            MATRIX => matrix(element.bytes, big, wanted).map_err(|inner| Problem {
                at: inner.at + start + 8,
                ..inner
            })?,
            _ => None,
        };
        found.extend(matrix);
    }
    Ok(found)
}

/// The content of the matrix in a compressed element.
fn inflate(bytes: &[u8], big: bool) -> Result<Vec<u8>, Problem> {
    let mut stream = ZlibDecoder::new(bytes);
    let mut tag = [0; 8];
    let broken = |cause| {
        problem(
            0,
            format!("damaged compressed data ({cause}): get it again"),
        )
    };
    stream.read_exact(&mut tag).map_err(broken)?;
    let [kind, size] = [0, 4].map(|at| word(&tag[at..], big));
    if kind != MATRIX {
        // Something else that no one asks for: an empty matrix stands for it.
        return Ok(Vec::new());
    }
    if u64::from(size) > MOST_BYTES {
        return Err(problem(
            4,
            format!("a matrix of {size} bytes, at most 16 GiB are read"),
        ));
    }
    // Memory grows with what is there, whatever the size says.
    let mut content = Vec::new();
    let mut stream = stream.take(u64::from(size));
    stream.read_to_end(&mut content).map_err(broken)?;
    if content.len() as u64 != u64::from(size) {
        let text = format!("{} bytes of {size}: the file is cut off", content.len());
        return Err(problem(4, text));
    }
    Ok(content)
}

/// A matrix, if its name is wanted.
fn matrix(bytes: &[u8], big: bool, wanted: &[&str]) -> Result<Option<Matrix>, Problem> {
    if bytes.is_empty() {
        return Ok(None);
    }
    let mut cursor = Cursor { bytes, at: 0, big };
    let flags = cursor.expect(UINT32, "flags")?;
    let sides = cursor.expect(INT32, "dimensions")?;
    let name = cursor.expect(INT8, "a name")?;
    let name = String::from_utf8_lossy(name.bytes).into_owned();
    if !wanted.contains(&name.as_str()) {
        return Ok(None);
    }
    // 4 and 5 are texts and sparse matrices, 1 to 3 cells, structures and objects; the flag is
    // of complex numbers.
    let flags = flags.bytes.get(..4).map_or(0, |flags| word(flags, big));
    if !(6..=15).contains(&(flags & 0xff)) || flags & 0x0800 != 0 {
        return Err(problem(
            0,
            format!("{name} is no plain matrix of real numbers"),
        ));
    }
    let sides = sides
        .bytes
        .chunks_exact(4)
        .map(|side| word(side, big) as usize);
    let sides: Vec<usize> = sides.collect();
    let at = cursor.at;
    let data = cursor.element()?;
    let values = bytes_of(&data, big).map_err(|text| problem(at, format!("{name}: {text}")))?;
    let product = sides
        .iter()
        .try_fold(1_usize, |product, &side| product.checked_mul(side));
    if product != Some(values.len()) {
        let text = format!(
            "{name} has {} values for dimensions {sides:?}",
            values.len()
        );
        return Err(problem(at, text));
    }
    Ok(Some(Matrix {
        name,
        sides,
        values: values.into_owned(),
    }))
}

/// An element's values, which must be whole numbers from 0 to 255 in any type of number.
fn bytes_of<'a>(element: &Element<'a>, big: bool) -> Result<Cow<'a, [u8]>, String> {
    let width = match element.kind {
        UINT8 => return Ok(Cow::Borrowed(element.bytes)),
        INT8 => 1,
        3 | 4 => 2,
        INT32 | UINT32 | 7 => 4,
        9 | 12 | 13 => 8,
        kind => {
            return Err(format!(
                "values of type {kind} are no numbers that are known"
            ));
        }
    };
    let values = element.bytes.chunks_exact(width).enumerate();
    let values: Result<Vec<u8>, String> = values
        .map(|(index, value)| {
            let mut ordered = [0; 8];
            ordered[..width].copy_from_slice(value);
            if big {
                ordered[..width].reverse();
            }
            let bits = u64::from_le_bytes(ordered);
            let unused = 64 - 8 * width;
            let value = match element.kind {
                7 => f64::from(f32::from_bits(bits as u32)),
                9 => f64::from_bits(bits),
                // Signed: the sign's bit goes to the top and back.
                INT8 | 3 | INT32 | 12 => (((bits << unused) as i64) >> unused) as f64,
                _ => bits as f64,
            };
            let byte = value as u8;
            match f64::from(byte) == value {
                true => Ok(byte),
                false => Err(format!(
                    "value {} is no whole number from 0 to 255",
                    index + 1
                )),
            }
        })
        .collect();
    values.map(Cow::Owned)
}

struct Element<'a> {
    kind: u32,
    bytes: &'a [u8],
}

/// A place in elements one after another.
struct Cursor<'a> {
    bytes: &'a [u8],
    at: usize,
    big: bool,
}

impl<'a> Cursor<'a> {
    /// The next element.
    fn element(&mut self) -> Result<Element<'a>, Problem> {
        let start = self.at;
        let rest = self.bytes.get(start..).unwrap_or_default();
        let Some((tag, data)) = rest.split_at_checked(8) else {
            return Err(problem(
                start,
                "ends within an element: the file is cut off",
            ));
        };
        let [first, size] = [0, 4].map(|at| word(&tag[at..], self.big));
        let small = (first >> 16) as usize;
        if small > 4 {
            let text = format!("an element of {small} bytes in short form, 4 at most: damaged");
            return Err(problem(start, text));
        }
        if small > 0 {
            self.at = start + 8;
            return Ok(Element {
                kind: first & 0xffff,
                bytes: &tag[4..4 + small],
            });
        }
        let size = size as usize;
        let Some(bytes) = data.get(..size) else {
            let text = format!(
                "an element of {size} bytes where {} are left: the file is cut off or damaged",
                data.len()
            );
            return Err(problem(start, text));
        };
        // Compressed elements alone have no padding.
        let padded = match first {
            COMPRESSED => size,
            _ => size.next_multiple_of(8),
        };
        self.at = (start + 8 + padded).min(self.bytes.len());
        Ok(Element { kind: first, bytes })
    }

    /// The next element, which must be of this type.
    fn expect(&mut self, kind: u32, what: &str) -> Result<Element<'a>, Problem> {
        let at = self.at;
        let element = self.element()?;
        match element.kind == kind {
            true => Ok(element),
            false => {
                let found = element.kind;
                let text = format!("type {found} where {what} of type {kind} must be: damaged");
                Err(problem(at, text))
            }
        }
    }
}

/// The number in the first 4 bytes.
fn word(bytes: &[u8], big: bool) -> u32 {
    let mut word = [0; 4];
    word.copy_from_slice(&bytes[..4]);
    match big {
        true => u32::from_be_bytes(word),
        false => u32::from_le_bytes(word),
    }
}
