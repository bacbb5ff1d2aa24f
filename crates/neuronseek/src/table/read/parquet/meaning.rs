//! What a Parquet column means: its physical type with its annotation, new style or old.

use parquet::basic::{ConvertedType, LogicalType, TimeUnit, Type as Physical};
use parquet::schema::types::ColumnDescriptor;

/// How the stored values of a column become cells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Meaning {
    /// Integers as they are.
    Signed,
    /// Integers whose sign bit is a digit.
    Unsigned,
    /// Single or double precision.
    Float,
    /// Two bytes, IEEE half precision.
    Half,
    /// Truth values.
    Boolean,
    /// UTF-8.
    Text,
    /// Sixteen bytes.
    Uuid,
    /// Days since 1970.
    Days,
    /// Ticks since 1970, or since midnight.
    Ticks {
        /// How many make a second.
        per_second: i64,
    },
    /// Twelve bytes: nanoseconds of the day and the Julian day, as old writers have it.
    LegacyMoment,
    /// An integer (big-endian if bytes) times 10^-scale.
    Decimal {
        /// Digits behind the point.
        scale: i32,
    },
}

/// What kind of cells a column has, coarsely: files whose columns differ in it are no one table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::table) enum Holds {
    /// Nothing is known: cells of a text file, or a column all null.
    Anything,
    /// Numbers.
    Numbers,
    /// Texts, also truth values.
    Texts,
    /// Dates and times.
    Dates,
}

impl Holds {
    /// By the meaning of a column.
    pub(super) fn of(column: &ColumnDescriptor, meaning: Meaning) -> Holds {
        if let Some(LogicalType::Unknown) = column.logical_type_ref() {
            return Holds::Anything;
        }
        match meaning {
            Meaning::Boolean | Meaning::Text | Meaning::Uuid => Holds::Texts,
            Meaning::Days | Meaning::Ticks { .. } | Meaning::LegacyMoment => Holds::Dates,
            Meaning::Signed
            | Meaning::Unsigned
            | Meaning::Float
            | Meaning::Half
            | Meaning::Decimal { .. } => Holds::Numbers,
        }
    }

    /// The word for messages.
    pub fn name(self) -> &'static str {
        match self {
            Holds::Anything => "anything",
            Holds::Numbers => "numbers",
            Holds::Texts => "texts",
            Holds::Dates => "dates",
        }
    }
}

/// The meaning of a column; an error names what it holds instead of single values.
pub(super) fn meaning(column: &ColumnDescriptor) -> Result<Meaning, &'static str> {
    let annotated = match column.logical_type_ref() {
        Some(logical) => by_logical(logical)?,
        None => by_converted(column)?,
    };
    let fits = |meaning: Meaning| match (meaning, column.physical_type()) {
        (Meaning::Signed | Meaning::Unsigned, Physical::INT32 | Physical::INT64) => true,
        (Meaning::Days, Physical::INT32) => true,
        (Meaning::Ticks { .. }, Physical::INT32 | Physical::INT64) => true,
        (Meaning::Text, Physical::BYTE_ARRAY) => true,
        (Meaning::Half, Physical::FIXED_LEN_BYTE_ARRAY) => column.type_length() == 2,
        (Meaning::Uuid, Physical::FIXED_LEN_BYTE_ARRAY) => column.type_length() == 16,
        (Meaning::Decimal { .. }, physical) => !matches!(
            physical,
            Physical::BOOLEAN | Physical::FLOAT | Physical::DOUBLE | Physical::INT96
        ),
        _ => false,
    };
    match annotated {
        Some(meaning) if fits(meaning) => Ok(meaning),
        Some(_) => Err("values whose type contradicts their storage"),
        None => Ok(match column.physical_type() {
            Physical::BOOLEAN => Meaning::Boolean,
            Physical::INT32 | Physical::INT64 => Meaning::Signed,
            Physical::FLOAT | Physical::DOUBLE => Meaning::Float,
            Physical::INT96 => Meaning::LegacyMoment,
            // Many writers leave texts without an annotation.
            Physical::BYTE_ARRAY => Meaning::Text,
            Physical::FIXED_LEN_BYTE_ARRAY => return Err("raw bytes"),
        }),
    }
}

fn per_second(unit: &TimeUnit) -> Meaning {
    Meaning::Ticks {
        per_second: match unit {
            TimeUnit::MILLIS => 1_000,
            TimeUnit::MICROS => 1_000_000,
            TimeUnit::NANOS => 1_000_000_000,
        },
    }
}

fn by_logical(logical: &LogicalType) -> Result<Option<Meaning>, &'static str> {
    Ok(Some(match logical {
        LogicalType::String | LogicalType::Enum | LogicalType::Json => Meaning::Text,
        LogicalType::Integer(integer) if integer.is_signed => Meaning::Signed,
        LogicalType::Integer(_) => Meaning::Unsigned,
        LogicalType::Decimal(decimal) => Meaning::Decimal {
            scale: decimal.scale,
        },
        LogicalType::Date => Meaning::Days,
        LogicalType::Time(time) => per_second(&time.unit),
        LogicalType::Timestamp(moment) => per_second(&moment.unit),
        LogicalType::Uuid => Meaning::Uuid,
        LogicalType::Float16 => Meaning::Half,
        // Every value is null.
        LogicalType::Unknown => return Ok(None),
        LogicalType::Map => return Err("a map"),
        LogicalType::List => return Err("a list"),
        LogicalType::Bson => return Err("BSON documents"),
        LogicalType::Variant(_) => return Err("variants"),
        LogicalType::Geometry(_) | LogicalType::Geography(_) => return Err("shapes"),
        _ => return Err("values of an unknown type"),
    }))
}

fn by_converted(column: &ColumnDescriptor) -> Result<Option<Meaning>, &'static str> {
    Ok(Some(match column.converted_type() {
        ConvertedType::NONE => return Ok(None),
        ConvertedType::UTF8 | ConvertedType::ENUM | ConvertedType::JSON => Meaning::Text,
        ConvertedType::DECIMAL => Meaning::Decimal {
            scale: column.type_scale(),
        },
        ConvertedType::DATE => Meaning::Days,
        ConvertedType::TIME_MILLIS | ConvertedType::TIMESTAMP_MILLIS => {
            per_second(&TimeUnit::MILLIS)
        }
        ConvertedType::TIME_MICROS | ConvertedType::TIMESTAMP_MICROS => {
            per_second(&TimeUnit::MICROS)
        }
        ConvertedType::UINT_8
        | ConvertedType::UINT_16
        | ConvertedType::UINT_32
        | ConvertedType::UINT_64 => Meaning::Unsigned,
        ConvertedType::INT_8
        | ConvertedType::INT_16
        | ConvertedType::INT_32
        | ConvertedType::INT_64 => Meaning::Signed,
        ConvertedType::MAP | ConvertedType::MAP_KEY_VALUE => return Err("a map"),
        ConvertedType::LIST => return Err("a list"),
        ConvertedType::BSON => return Err("BSON documents"),
        ConvertedType::INTERVAL => return Err("intervals"),
    }))
}
