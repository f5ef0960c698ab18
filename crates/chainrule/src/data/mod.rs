//! Rows to learn from: where they come from, how they are checked, in which order they are served.
//!
//! Whatever enters is checked once, at the door: a [`Dataset`] holds finite numbers, labels below its number of
//! classes, and a target for every row. Nothing here trains; nothing here prints.
//!
//! Functions named `parse_*` take bytes or a reader and the name that errors shall use for it; those named `read_*`
//! take a path. Numbers of a file become features or targets by these rules: IDX holds bytes; NPY and CSV hold numbers,
//! of which one column is labels where they can be (see each reader) and several are values.

mod answerable;
mod batches;
mod builtin;
mod choice;
mod class_names;
mod coarse;
#[cfg(feature = "parquet")]
mod columnar;
mod content;
mod contents;
#[cfg(feature = "csv")]
mod csv;
mod dataset;
mod digits;
mod encoder;
mod examples;
mod examples_memory;
mod examples_split;
mod features;
mod features_builder;
mod features_change;
mod files;
mod fitted;
mod foreign;
mod format;
mod generate;
mod gzip;
pub(crate) mod half;
mod holes;
mod idx;
pub(crate) mod input;
mod known_sign;
mod label_columns;
mod labels_apart;
mod limited;
mod limits;
mod log1p;
mod logarithms;
mod member;
mod memory;
#[cfg(feature = "csv")]
mod metered;
mod mnist;
#[cfg(feature = "npy")]
mod npy;
mod numbers;
mod plain;
mod policies;
mod preflight;
mod preprocess;
mod preprocessing;
mod ranks;
mod request;
mod request_columns;
mod request_for;
mod roles;
mod rows_in_memory;
mod scaling;
mod schema;
mod schema_fit;
mod scratch;
mod sine;
mod source;
mod split;
mod stored;
mod table;
mod target;
mod target_columns;
mod target_labels;
mod target_one_hot;
mod target_task;
mod target_values;
mod targets;
mod usable_rows;
mod values;
mod window;
#[cfg(feature = "zstd")]
mod zstd;

pub use answerable::Answerable;
pub use batches::{Batches, Order};
pub use builtin::{BUILTINS, Builtin};
pub(crate) use class_names::check_class_names;
#[cfg(feature = "csv")]
pub use csv::{parse_csv_features, parse_csv_targets, read_csv_features, read_csv_targets, write_csv, write_csv_to};
pub use dataset::Dataset;
pub use digits::{DIGITS_CREDIT, digits};
pub use examples::Examples;
pub use features::Features;
pub use fitted::Fitted;
pub use generate::{Generated, GeneratedTarget, Generator, GeneratorConfig};
pub use idx::{Idx, parse_idx, read_idx_images, read_idx_labels};
pub use limits::Limits;
pub(crate) use log1p::{exp_m1, ln_1p};
pub use memory::Memory;
pub use mnist::{MnistFiles, mnist_dir};
#[cfg(feature = "npy")]
pub(crate) use npy::{header_of, npz_numbers, npz_text, zip_names};
#[cfg(feature = "npy")]
pub use npy::{
    parse_npy_features, parse_npy_targets, read_npy_features, read_npy_targets, write_npy, write_npy_labels,
};
pub use policies::{Missing, Unknown};
pub use preflight::{
    ColumnKind, ColumnProfile, ColumnRole, DataFinding, PartSizes, Preflight, TargetProfile, ValueScale,
};
pub use preprocess::Preprocess;
pub use request::Request;
pub use request_for::AsItIs;
pub use scaling::Scaling;
pub use schema::Schema;
pub(crate) use schema::{Kind, SchemaColumn};
pub use source::{Source, read_features, read_targets};
pub use split::{Parts, Split, SplitBy, SplitRequest};
pub(crate) use table::Sign;
pub use table::{Decimal, Delimiter, Table, TextFormat};
pub use target::{Target, TargetScaling};
pub use targets::{Targets, TargetsMut};
