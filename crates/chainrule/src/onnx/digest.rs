//! Whether a graph is the one that chainrule wrote: then what is written beside it about the model holds for it.

use super::schema::{graph, node, value_info};
use crate::checksum::Checksum;
use crate::protobuf::decode::{Field, fields};

/// The key of the digest among a file's properties.
pub(crate) const KEY: &str = "chainrule.graph";

/// The digest of what a graph computes: its nodes and constants in their order, and its outputs. Whoever writes the same graph again,
/// with other names of nodes, documentation or types of values, keeps it.
pub(crate) fn digest(bytes: &[u8]) -> String {
    let mut sum = Checksum::of(&[], &[]);
    for (number, value) in fields(bytes).map_while(Result::ok) {
        match number {
            graph::INITIALIZER => add(&mut sum, number, value),
            graph::OUTPUT => {
                let named = fields(value.bytes()).map_while(Result::ok).filter(|(part, _)| *part == value_info::NAME);
                named.for_each(|(_, name)| add(&mut sum, number, name));
            }
            graph::NODE => {
                sum.add(&number.to_le_bytes());
                let parts = fields(value.bytes()).map_while(Result::ok);
                parts
                    .filter(|(part, _)| !matches!(*part, node::NAME | node::DOC_STRING))
                    .for_each(|(part, value)| add(&mut sum, part, value));
            }
            _ => {}
        }
    }
    sum.digits()
}

/// Adds one field, its length before it.
fn add(sum: &mut Checksum, number: u64, value: Field<'_>) {
    let int = value.int().to_le_bytes();
    let bytes = match &value {
        Field::Int(_) => &int[..],
        Field::Fixed32(bytes) => bytes,
        Field::Fixed64(bytes) => bytes,
        Field::Bytes(bytes) => bytes,
    };
    sum.add(&number.to_le_bytes());
    sum.add(&(bytes.len() as u64).to_le_bytes());
    sum.add(bytes);
}
