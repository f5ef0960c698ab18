//! Whether a graph is the one that chainrule wrote: then what is written beside it about the model holds for it.

use super::schema::graph;
use crate::checksum::Checksum;
use crate::protobuf::decode::fields;

/// The key of the digest among a file's properties.
pub(crate) const KEY: &str = "chainrule.graph";

/// The digest of a graph's nodes and constants in their order, of which alone depends what is computed. Whoever writes the same
/// graph again, with a documentation or types of values added, keeps it.
pub(crate) fn digest(bytes: &[u8]) -> String {
    let mut sum = Checksum::of(&[], &[]);
    for (number, value) in fields(bytes).map_while(Result::ok) {
        if matches!(number, graph::NODE | graph::INITIALIZER) {
            let bytes = value.bytes();
            sum.add(&number.to_le_bytes());
            sum.add(&(bytes.len() as u64).to_le_bytes());
            sum.add(bytes);
        }
    }
    sum.digits()
}
