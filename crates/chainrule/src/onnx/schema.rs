//! The numbers of ONNX's schema that are used here: fields of its messages, and its types.
//!
//! Source: `onnx/onnx.proto` of <https://github.com/onnx/onnx>, version 1.17.

/// Fields of `ModelProto`.
pub(crate) mod model {
    pub(crate) const IR_VERSION: u64 = 1;
    pub(crate) const PRODUCER_NAME: u64 = 2;
    pub(crate) const PRODUCER_VERSION: u64 = 3;
    pub(crate) const GRAPH: u64 = 7;
    pub(crate) const OPSET_IMPORT: u64 = 8;
    pub(crate) const METADATA_PROPS: u64 = 14;
}

/// Fields of `OperatorSetIdProto`.
pub(crate) mod opset {
    pub(crate) const DOMAIN: u64 = 1;
    pub(crate) const VERSION: u64 = 2;
}

/// Fields of `StringStringEntryProto`.
pub(crate) mod entry {
    pub(crate) const KEY: u64 = 1;
    pub(crate) const VALUE: u64 = 2;
}

/// Fields of `GraphProto`.
pub(crate) mod graph {
    pub(crate) const NODE: u64 = 1;
    pub(crate) const NAME: u64 = 2;
    pub(crate) const INITIALIZER: u64 = 5;
    pub(crate) const INPUT: u64 = 11;
    pub(crate) const OUTPUT: u64 = 12;
}

/// Fields of `NodeProto`.
pub(crate) mod node {
    pub(crate) const INPUT: u64 = 1;
    pub(crate) const OUTPUT: u64 = 2;
    pub(crate) const NAME: u64 = 3;
    pub(crate) const OP_TYPE: u64 = 4;
    pub(crate) const ATTRIBUTE: u64 = 5;
    pub(crate) const DOC_STRING: u64 = 6;
    pub(crate) const DOMAIN: u64 = 7;
}

/// Fields of `AttributeProto`, and the kinds in its field `type`.
pub(crate) mod attribute {
    pub(crate) const NAME: u64 = 1;
    pub(crate) const F: u64 = 2;
    pub(crate) const I: u64 = 3;
    pub(crate) const S: u64 = 4;
    pub(crate) const T: u64 = 5;
    pub(crate) const FLOATS: u64 = 7;
    pub(crate) const INTS: u64 = 8;
    pub(crate) const STRINGS: u64 = 9;
    pub(crate) const TYPE: u64 = 20;

    pub(crate) const FLOAT: i64 = 1;
    pub(crate) const INT: i64 = 2;
    pub(crate) const STRING: i64 = 3;
    pub(crate) const INTS_TYPE: i64 = 7;
    pub(crate) const STRINGS_TYPE: i64 = 8;
}

/// Fields of `TensorProto`.
pub(crate) mod tensor {
    pub(crate) const DIMS: u64 = 1;
    pub(crate) const DATA_TYPE: u64 = 2;
    pub(crate) const FLOAT_DATA: u64 = 4;
    pub(crate) const INT32_DATA: u64 = 5;
    pub(crate) const STRING_DATA: u64 = 6;
    pub(crate) const INT64_DATA: u64 = 7;
    pub(crate) const NAME: u64 = 8;
    pub(crate) const RAW_DATA: u64 = 9;
    pub(crate) const DOUBLE_DATA: u64 = 10;
    pub(crate) const EXTERNAL_DATA: u64 = 13;
    pub(crate) const DATA_LOCATION: u64 = 14;
}

/// Fields of `ValueInfoProto`, and of the messages inside it.
pub(crate) mod value_info {
    pub(crate) const NAME: u64 = 1;
    pub(crate) const TYPE: u64 = 2;
    pub(crate) const TENSOR_TYPE: u64 = 1;
    pub(crate) const ELEM_TYPE: u64 = 1;
    pub(crate) const SHAPE: u64 = 2;
    pub(crate) const DIM: u64 = 1;
    pub(crate) const DIM_VALUE: u64 = 1;
    pub(crate) const DIM_PARAM: u64 = 2;
}

/// Types of elements.
pub(crate) mod element {
    pub(crate) const UNDEFINED: i64 = 0;
    pub(crate) const FLOAT: i64 = 1;
    pub(crate) const INT32: i64 = 6;
    pub(crate) const INT64: i64 = 7;
    pub(crate) const STRING: i64 = 8;
    pub(crate) const BOOL: i64 = 9;
    pub(crate) const FLOAT16: i64 = 10;
    pub(crate) const DOUBLE: i64 = 11;
    pub(crate) const BFLOAT16: i64 = 16;
}
