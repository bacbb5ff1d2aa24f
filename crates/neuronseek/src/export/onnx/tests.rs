use proptest::prelude::*;

use super::message::Message;
use super::{Attribute, Dim, ElementType, OPSET, OnnxGraph};

/// A field of a message as it was read back.
#[derive(Debug, Clone, PartialEq)]
enum Field {
    Integer(i64),
    Float(f32),
    Bytes(Vec<u8>),
}

impl Field {
    fn integer(&self) -> i64 {
        match self {
            Field::Integer(integer) => *integer,
            other => panic!("{other:?} is no integer"),
        }
    }

    fn bytes(&self) -> &[u8] {
        match self {
            Field::Bytes(bytes) => bytes,
            other => panic!("{other:?} are no bytes"),
        }
    }

    fn text(&self) -> &str {
        std::str::from_utf8(self.bytes()).unwrap()
    }

    fn message(&self) -> Read {
        Read::of(self.bytes())
    }
}

/// A message that was read back: numbers of fields with their values.
struct Read(Vec<(u64, Field)>);

impl Read {
    fn of(mut bytes: &[u8]) -> Read {
        let mut fields = Vec::new();
        while !bytes.is_empty() {
            let key = varint(&mut bytes);
            let field = match key & 7 {
                0 => Field::Integer(varint(&mut bytes) as i64),
                2 => {
                    let length = varint(&mut bytes) as usize;
                    let (value, rest) = bytes.split_at(length);
                    bytes = rest;
                    Field::Bytes(value.to_vec())
                }
                5 => {
                    let (value, rest) = bytes.split_at(4);
                    bytes = rest;
                    Field::Float(f32::from_le_bytes(value.try_into().unwrap()))
                }
                other => panic!("wire type {other}"),
            };
            fields.push((key >> 3, field));
        }
        Read(fields)
    }

    fn all(&self, number: u64) -> Vec<&Field> {
        let fields = self.0.iter().filter(|(found, _)| *found == number);
        fields.map(|(_, field)| field).collect()
    }

    fn one(&self, number: u64) -> &Field {
        let all = self.all(number);
        assert_eq!(all.len(), 1, "field {number}");
        all[0]
    }

    fn texts(&self, number: u64) -> Vec<&str> {
        self.all(number).into_iter().map(Field::text).collect()
    }

    fn integers(&self, number: u64) -> Vec<i64> {
        self.all(number).into_iter().map(Field::integer).collect()
    }
}

fn varint(bytes: &mut &[u8]) -> u64 {
    let mut value = 0;
    for place in 0.. {
        let byte = bytes[0];
        *bytes = &bytes[1..];
        value |= u64::from(byte & 0x7f) << (7 * place);
        if byte < 0x80 {
            break;
        }
    }
    value
}

#[test]
fn fields_lie_as_the_published_encoding_says() {
    let mut message = Message::default();
    message.integer(1, 150);
    message.text(2, "testing");
    message.float(3, 1.0);
    message.integer(16, -2);
    let mut nested = Message::default();
    nested.message(3, &message);
    let mut expected = vec![0x08, 0x96, 0x01, 0x12, 7];
    expected.extend(b"testing");
    expected.extend([0x1d, 0, 0, 0x80, 0x3f]);
    expected.extend([0x80, 0x01, 0xfe]);
    expected.extend([0xff; 8]);
    expected.push(0x01);
    let mut around = vec![0x1a, expected.len() as u8];
    around.extend(expected);
    assert_eq!(nested.into_bytes(), around);
}

proptest! {
    #[test]
    fn integers_and_floats_come_back(integer: i64, float in -1e30f32..1e30, field in 1u64..5000) {
        let mut message = Message::default();
        message.integer(field, integer);
        message.float(field, float);
        let read = Read::of(&message.into_bytes()).0;
        let expected = [Field::Integer(integer), Field::Float(float)].map(|value| (field, value));
        prop_assert_eq!(read, expected);
    }
}

#[test]
fn every_part_of_a_graph_is_where_the_schema_says() {
    let mut graph = OnnxGraph::new("little");
    let shape = [Dim::Named("batch"), Dim::Fixed(3)];
    graph.input("x", ElementType::Uint8, &shape);
    graph.initializer("w", &[1, 2], &[0.5, -1.0]);
    graph.initializer("axes", &[1], &[-7i64]);
    let attributes = [
        ("kernel", Attribute::Integers(&[3, 5])),
        ("group", Attribute::Integer(2)),
        ("epsilon", Attribute::Float(0.25)),
    ];
    graph.node("Conv", &["x", "w"], &["y", "z"], &attributes);
    graph.node("Relu", &["y"], &["r"], &[]);
    graph.output("r", ElementType::Float, &[Dim::Named("batch")]);
    graph.metadata("classes", "[\"a\"]");
    let model = Read::of(&graph.to_bytes());

    assert_eq!(model.one(1).integer(), 8);
    assert_eq!(model.one(2).text(), "neuronseek");
    let operators = model.one(8).message();
    assert_eq!(operators.one(1).text(), "");
    assert_eq!(operators.one(2).integer(), OPSET);
    let metadata = model.one(14).message();
    assert_eq!(metadata.texts(1), ["classes"]);
    assert_eq!(metadata.texts(2), ["[\"a\"]"]);

    let read = model.one(7).message();
    assert_eq!(read.one(2).text(), "little");
    let nodes: Vec<Read> = read.all(1).into_iter().map(Field::message).collect();
    assert_eq!(nodes.len(), 2);
    assert_eq!(nodes[0].texts(1), ["x", "w"]);
    assert_eq!(nodes[0].texts(2), ["y", "z"]);
    assert_eq!(nodes[0].one(3).text(), "y");
    assert_eq!(nodes[0].one(4).text(), "Conv");
    assert_eq!(nodes[1].one(4).text(), "Relu");
    let attributes: Vec<Read> = nodes[0].all(5).into_iter().map(Field::message).collect();
    assert_eq!(attributes[0].one(1).text(), "kernel");
    assert_eq!(attributes[0].integers(8), [3, 5]);
    assert_eq!(attributes[1].integers(3), [2]);
    assert_eq!(attributes[2].one(2), &Field::Float(0.25));
    let kinds: Vec<i64> = attributes.iter().map(|a| a.one(20).integer()).collect();
    assert_eq!(kinds, [7, 2, 1]);

    let tensors: Vec<Read> = read.all(5).into_iter().map(Field::message).collect();
    assert_eq!(tensors[0].integers(1), [1, 2]);
    assert_eq!(tensors[0].one(2).integer(), 1);
    assert_eq!(tensors[0].one(8).text(), "w");
    assert_eq!(tensors[0].one(9).bytes(), [0, 0, 0, 0x3f, 0, 0, 0x80, 0xbf]);
    assert_eq!(tensors[1].one(2).integer(), 7);
    assert_eq!(tensors[1].one(9).bytes(), (-7i64).to_le_bytes());

    let tensor_of = |value: &Read| value.one(2).message().one(1).message();
    let input = read.one(11).message();
    assert_eq!(input.one(1).text(), "x");
    assert_eq!(tensor_of(&input).one(1).integer(), 2);
    let axes = tensor_of(&input).one(2).message();
    let axes: Vec<Read> = axes.all(1).into_iter().map(Field::message).collect();
    assert_eq!(axes[0].one(2).text(), "batch");
    assert_eq!(axes[1].one(1).integer(), 3);
    assert_eq!(read.one(12).message().one(1).text(), "r");
}
