//! Takes stored values and makes cells of them.

use parquet::data_type::{ByteArray, FixedLenByteArray, Int96};

use super::meaning::Meaning;
use crate::table::cells::{Cells, NumberCells, TextCells};
use crate::table::missing::Missing;

/// The largest integer up to which every integer is an `f64`.
const EXACT: i128 = 1 << 53;

const DAY: f64 = 86_400.0;

/// The Julian day of 1970-01-01.
const JULIAN_1970: i64 = 2_440_588;

/// Bytes that should be UTF-8, with marks for those that are not.
#[derive(Debug, PartialEq)]
pub(super) struct NotUtf8(pub String);

/// A column that grows.
pub(super) struct Sink<'a> {
    meaning: Meaning,
    missing: &'a Missing,
    cells: Cells,
}

impl<'a> Sink<'a> {
    /// An empty column.
    pub fn new(meaning: Meaning, missing: &'a Missing) -> Sink<'a> {
        let cells = match meaning {
            Meaning::Boolean | Meaning::Text | Meaning::Uuid => Cells::Text(TextCells::default()),
            Meaning::Days | Meaning::Ticks { .. } | Meaning::LegacyMoment => Cells::Date(vec![]),
            _ => Cells::Number(NumberCells::default()),
        };
        Sink {
            meaning,
            missing,
            cells,
        }
    }

    /// The number of cells so far.
    pub fn len(&self) -> usize {
        self.cells.len()
    }

    /// The finished column.
    pub fn finish(mut self) -> Cells {
        match &mut self.cells {
            Cells::Text(cells) => cells.shrink(),
            Cells::Number(cells) => cells.values.shrink_to_fit(),
            Cells::Date(cells) => cells.shrink_to_fit(),
        }
        self.cells
    }

    /// Adds missing cells.
    pub fn nulls(&mut self, count: usize) {
        match &mut self.cells {
            Cells::Text(cells) => (0..count).for_each(|_| cells.push(None)),
            Cells::Number(NumberCells { values, .. }) | Cells::Date(values) => {
                values.resize(values.len() + count, f64::NAN);
            }
        }
    }

    fn number(&mut self, value: f64) {
        match &mut self.cells {
            Cells::Number(cells) if self.missing.is_number(value) => cells.values.push(f64::NAN),
            Cells::Number(cells) => {
                if value.is_nan() {
                    cells.first_nan.get_or_insert(cells.values.len());
                }
                cells.values.push(value);
            }
            Cells::Date(cells) => cells.push(value),
            Cells::Text(_) => {}
        }
    }

    /// The cells where values are taken as they are: numbers, of which none means "missing".
    fn plain(&mut self) -> Option<&mut NumberCells> {
        let plain = matches!(self.meaning, Meaning::Float | Meaning::Signed);
        match &mut self.cells {
            Cells::Number(cells) if plain && !self.missing.has_numbers() => Some(cells),
            _ => None,
        }
    }

    fn text(&mut self, text: &str) {
        if let Cells::Text(cells) = &mut self.cells {
            cells.push(Some(text).filter(|text| !self.missing.is_text(text)));
        }
    }

    fn integer(&mut self, value: i128) {
        match self.meaning {
            Meaning::Days => self.number(value as f64 * DAY),
            Meaning::Ticks { per_second } => {
                // Whole seconds apart, since nanoseconds since 1970 are beyond 2^53.
                let unit = i128::from(per_second);
                let rest = value.rem_euclid(unit) as f64 / per_second as f64;
                self.number(value.div_euclid(unit) as f64 + rest);
            }
            Meaning::Decimal { scale } => self.number(decimal(value, scale)),
            _ => {
                if value.abs() > EXACT {
                    self.print_integers();
                }
                match &self.cells {
                    Cells::Text(_) => self.text(&value.to_string()),
                    _ => self.number(value as f64),
                }
            }
        }
    }

    /// Makes texts of the integers so far: one that no `f64` is equal to comes, and long identifiers
    /// must stay apart.
    fn print_integers(&mut self) {
        if let Cells::Number(cells) = &self.cells {
            let texts = cells.values.iter().map(|&value| match value.is_nan() {
                true => None,
                false => Some((value as i64).to_string()),
            });
            self.cells = Cells::Text(texts.collect());
        }
    }

    fn bytes(&mut self, bytes: &[u8]) -> Result<(), NotUtf8> {
        match self.meaning {
            Meaning::Text => match std::str::from_utf8(bytes) {
                Ok(text) => self.text(text),
                Err(_) => return Err(NotUtf8(String::from_utf8_lossy(bytes).into_owned())),
            },
            Meaning::Uuid => {
                let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
                self.text(&hex);
            }
            Meaning::Half => match bytes {
                [low, high] => self.number(half(u16::from_le_bytes([*low, *high]))),
                _ => self.nulls(1),
            },
            Meaning::Decimal { scale } => self.number(long_decimal(bytes, scale)),
            _ => self.nulls(1),
        }
        Ok(())
    }
}

/// A stored value that a sink takes.
pub(super) trait Stored: Sized {
    /// Adds the cell of the value to `sink`.
    fn pour(&self, sink: &mut Sink<'_>) -> Result<(), NotUtf8>;

    /// Adds the cells of values to `sink`; up to the one that is refused.
    fn pour_all(values: &[Self], sink: &mut Sink<'_>) -> Result<(), NotUtf8> {
        values.iter().try_for_each(|value| value.pour(sink))
    }
}

/// Adds floating-point numbers.
fn pour_floats<T: Copy + Into<f64>>(values: &[T], cells: &mut NumberCells) {
    let start = cells.values.len();
    cells
        .values
        .extend(values.iter().map(|&value| value.into()));
    if cells.first_nan.is_none() {
        let new = &cells.values[start..];
        // Looks at all of them, which takes less time than to stop at the first.
        if new.iter().fold(false, |any, value| any | value.is_nan()) {
            let first = new.iter().position(|value| value.is_nan());
            cells.first_nan = first.map(|first| start + first);
        }
    }
}

impl Stored for bool {
    fn pour(&self, sink: &mut Sink<'_>) -> Result<(), NotUtf8> {
        sink.text(if *self { "true" } else { "false" });
        Ok(())
    }
}

impl Stored for i32 {
    fn pour(&self, sink: &mut Sink<'_>) -> Result<(), NotUtf8> {
        match sink.meaning {
            Meaning::Unsigned => sink.integer(i128::from(*self as u32)),
            _ => sink.integer(i128::from(*self)),
        }
        Ok(())
    }

    fn pour_all(values: &[i32], sink: &mut Sink<'_>) -> Result<(), NotUtf8> {
        match sink.plain() {
            Some(cells) => cells
                .values
                .extend(values.iter().map(|&value| f64::from(value))),
            None => values.iter().try_for_each(|value| value.pour(sink))?,
        }
        Ok(())
    }
}

impl Stored for i64 {
    fn pour(&self, sink: &mut Sink<'_>) -> Result<(), NotUtf8> {
        match sink.meaning {
            Meaning::Unsigned => sink.integer(i128::from(*self as u64)),
            _ => sink.integer(i128::from(*self)),
        }
        Ok(())
    }

    fn pour_all(values: &[i64], sink: &mut Sink<'_>) -> Result<(), NotUtf8> {
        let long = |value: &i64| value.unsigned_abs() > EXACT as u64;
        let any_long = values.iter().fold(false, |any, value| any | long(value));
        match sink.plain() {
            Some(cells) if !any_long => {
                cells
                    .values
                    .extend(values.iter().map(|&value| value as f64));
            }
            _ => values.iter().try_for_each(|value| value.pour(sink))?,
        }
        Ok(())
    }
}

impl Stored for f32 {
    fn pour(&self, sink: &mut Sink<'_>) -> Result<(), NotUtf8> {
        sink.number(f64::from(*self));
        Ok(())
    }

    fn pour_all(values: &[f32], sink: &mut Sink<'_>) -> Result<(), NotUtf8> {
        match sink.plain() {
            Some(cells) => pour_floats(values, cells),
            None => values.iter().try_for_each(|value| value.pour(sink))?,
        }
        Ok(())
    }
}

impl Stored for f64 {
    fn pour(&self, sink: &mut Sink<'_>) -> Result<(), NotUtf8> {
        sink.number(*self);
        Ok(())
    }

    fn pour_all(values: &[f64], sink: &mut Sink<'_>) -> Result<(), NotUtf8> {
        match sink.plain() {
            Some(cells) => pour_floats(values, cells),
            None => values.iter().try_for_each(|value| value.pour(sink))?,
        }
        Ok(())
    }
}

impl Stored for Int96 {
    fn pour(&self, sink: &mut Sink<'_>) -> Result<(), NotUtf8> {
        let &[low, high, day] = self.data() else {
            sink.nulls(1);
            return Ok(());
        };
        let nanoseconds = (u64::from(high) << 32) | u64::from(low);
        let seconds = (nanoseconds / 1_000_000_000) as f64;
        let rest = (nanoseconds % 1_000_000_000) as f64 / 1e9;
        let days = i64::from(day as i32) - JULIAN_1970;
        sink.number(days as f64 * DAY + seconds + rest);
        Ok(())
    }
}

impl Stored for ByteArray {
    fn pour(&self, sink: &mut Sink<'_>) -> Result<(), NotUtf8> {
        // An array that was never filled must not be asked for its bytes.
        if self.is_empty() {
            return sink.bytes(&[]);
        }
        sink.bytes(self.data())
    }
}

impl Stored for FixedLenByteArray {
    fn pour(&self, sink: &mut Sink<'_>) -> Result<(), NotUtf8> {
        sink.bytes(self.data())
    }
}

/// `unscaled` times 10^-scale, correctly rounded.
fn decimal(unscaled: i128, scale: i32) -> f64 {
    if unscaled.abs() <= EXACT && (0..=22).contains(&scale) {
        // Both numbers are exact, so one rounding is left.
        return unscaled as f64 / 10f64.powi(scale);
    }
    let exponent = -i64::from(scale);
    let text = format!("{unscaled}e{exponent}");
    text.parse().unwrap_or(f64::NAN)
}

/// The same of a big-endian two's complement number of any length. Beyond 16 bytes the leading 16
/// are taken: they hold more digits than an `f64`.
fn long_decimal(bytes: &[u8], scale: i32) -> f64 {
    let sign = if bytes.first().is_some_and(|&byte| byte >= 0x80) {
        -1
    } else {
        0
    };
    let value = |bytes: &[u8]| {
        let fold = |value: i128, &byte: &u8| (value << 8) | i128::from(byte);
        bytes.iter().fold(sign, fold)
    };
    // Sign bytes in front carry nothing.
    let fill = sign as u8;
    let zeros = bytes.iter().take_while(|&&byte| byte == fill).count();
    let digits = &bytes[zeros..];
    match digits.split_at_checked(15) {
        None => decimal(value(digits), scale),
        Some((leading, [])) => decimal(value(leading), scale),
        Some((leading, rest)) => {
            decimal(value(leading), scale)
                * 256f64.powi(i32::try_from(rest.len()).unwrap_or(i32::MAX))
        }
    }
}

/// The value of an IEEE half.
fn half(bits: u16) -> f64 {
    let sign = if bits >> 15 == 1 { -1.0 } else { 1.0 };
    let exponent = i32::from((bits >> 10) & 0x1f);
    let fraction = f64::from(bits & 0x3ff) / 1024.0;
    sign * match exponent {
        0 => fraction * 2f64.powi(-14),
        31 if fraction == 0.0 => f64::INFINITY,
        31 => f64::NAN,
        exponent => (1.0 + fraction) * 2f64.powi(exponent - 15),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn halves() {
        for (bits, value) in [
            (0x0000, 0.0),
            (0x3c00, 1.0),
            (0xc000, -2.0),
            (0x3555, 0.333251953125),
            (0x0001, 5.960464477539063e-8),
            (0x7bff, 65504.0),
            (0x7c00, f64::INFINITY),
        ] {
            assert_eq!(half(bits), value, "{bits:x}");
        }
        assert!(half(0x7e00).is_nan());
    }

    #[test]
    fn decimals_are_rounded_once() {
        assert_eq!(decimal(123, 2), 1.23);
        assert_eq!(decimal(-1, 1), -0.1);
        assert_eq!(
            decimal(12_345_678_901_234_567_890, 10),
            1_234_567_890.123_456_8
        );
        assert_eq!(decimal(5, -2), 500.0);
        assert_eq!(long_decimal(&[0xff, 0x85], 2), -1.23);
        assert_eq!(long_decimal(&[0x00, 0x7b], 2), 1.23);
        assert_eq!(long_decimal(&[], 2), 0.0);
        // 2^120, in 16 and in 32 bytes.
        let mut bytes = [0u8; 32];
        bytes[16] = 1;
        assert_eq!(long_decimal(&bytes[16..], 0), 2f64.powi(120));
        assert_eq!(long_decimal(&bytes, 0), 2f64.powi(120));
    }
}
