//! Protobuf messages as they lie in a file.
//!
//! A message is a sequence of fields, each with a key `number * 8 + wire type`: 0 is an integer,
//! 2 bytes with their length before them, 5 four bytes. A field may come more than once, which is
//! how lists are written; the order of different fields has no meaning.

/// Integers of any size, seven bits a byte.
const VARINT: u64 = 0;
/// A length, then bytes.
const DELIMITED: u64 = 2;
/// Four bytes, the lowest first.
const FIXED32: u64 = 5;

/// A message, encoded as its fields are added.
#[derive(Debug, Clone, Default)]
pub(super) struct Message {
    bytes: Vec<u8>,
}

impl Message {
    /// An integer or a number of an enumeration; negative ones take ten bytes.
    pub(super) fn integer(&mut self, field: u64, value: i64) {
        self.key(field, VARINT);
        self.varint(value as u64);
    }

    /// A number in single precision.
    pub(super) fn float(&mut self, field: u64, value: f32) {
        self.key(field, FIXED32);
        self.bytes.extend(value.to_le_bytes());
    }

    /// A text.
    pub(super) fn text(&mut self, field: u64, value: &str) {
        self.bytes(field, value.as_bytes());
    }

    /// A message within this one.
    pub(super) fn message(&mut self, field: u64, value: &Message) {
        self.bytes(field, &value.bytes);
    }

    /// Bytes.
    pub(super) fn bytes(&mut self, field: u64, value: &[u8]) {
        self.key(field, DELIMITED);
        self.varint(value.len() as u64);
        self.bytes.extend(value);
    }

    /// All fields of another message.
    pub(super) fn append(&mut self, fields: &Message) {
        self.bytes.extend(&fields.bytes);
    }

    /// The message as it lies in a file.
    pub(super) fn into_bytes(self) -> Vec<u8> {
        self.bytes
    }

    fn key(&mut self, field: u64, wire: u64) {
        self.varint(field << 3 | wire);
    }

    /// Seven bits a byte, the lowest first; the highest bit says that more follow.
    fn varint(&mut self, mut value: u64) {
        while value >= 0x80 {
            self.bytes.push(value as u8 | 0x80);
            value >>= 7;
        }
        self.bytes.push(value as u8);
    }
}
