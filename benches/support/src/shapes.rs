//! The sizes of all products and layers that are timed. All benchmarks and reports take them from here, so that their
//! tables agree.

use serde::{Deserialize, Serialize};

/// How an operand of a product lies in memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Stored {
    /// Row after row.
    Rows,
    /// Column after column: a transposed view of a row-major matrix.
    Columns,
}

/// C (m, n) = A (m, k) * B (k, n), C row after row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Product {
    /// What it is, or which part of which layer: `784-128 b64 dw`.
    pub name: &'static str,
    /// Rows of A and C.
    pub m: usize,
    /// Columns of B and C.
    pub n: usize,
    /// Columns of A, rows of B.
    pub k: usize,
    /// How A lies in memory.
    pub a: Stored,
    /// How B lies in memory.
    pub b: Stored,
}

/// A dense layer over a minibatch, ReLU behind it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DenseSize {
    /// `784-128 b64`.
    pub name: &'static str,
    /// Rows of x.
    pub batch: usize,
    /// Columns of x.
    pub inputs: usize,
    /// Columns of z.
    pub outputs: usize,
}

const fn square(name: &'static str, n: usize) -> Product {
    Product { name, m: n, n, k: n, a: Stored::Rows, b: Stored::Rows }
}

/// The three products of a layer: z = x * w, dw = x^T * dz, dx = dz * w^T.
const fn layer(names: [&'static str; 3], batch: usize, inputs: usize, outputs: usize) -> [Product; 3] {
    let (rows, columns) = (Stored::Rows, Stored::Columns);
    [
        Product { name: names[0], m: batch, n: outputs, k: inputs, a: rows, b: rows },
        Product { name: names[1], m: inputs, n: outputs, k: batch, a: columns, b: rows },
        Product { name: names[2], m: batch, n: inputs, k: outputs, a: rows, b: columns },
    ]
}

/// Square products from a few tiles to past the second-level cache.
pub const SQUARES: &[Product] =
    &[square("16", 16), square("32", 32), square("64", 64), square("128", 128), square("256", 256), square("512", 512)];

/// The products of the layers in [`DENSE`].
pub const LAYER_PRODUCTS: &[[Product; 3]] = &[
    layer(["784-128 b64 z", "784-128 b64 dw", "784-128 b64 dx"], 64, 784, 128),
    layer(["784-512 b128 z", "784-512 b128 dw", "784-512 b128 dx"], 128, 784, 512),
    layer(["512-512 b128 z", "512-512 b128 dw", "512-512 b128 dx"], 128, 512, 512),
    layer(["512-10 b128 z", "512-10 b128 dw", "512-10 b128 dx"], 128, 512, 10),
];

/// Layers of the networks whose steps are timed.
pub const DENSE: &[DenseSize] = &[
    DenseSize { name: "784-128 b64", batch: 64, inputs: 784, outputs: 128 },
    DenseSize { name: "784-512 b128", batch: 128, inputs: 784, outputs: 512 },
    DenseSize { name: "512-512 b128", batch: 128, inputs: 512, outputs: 512 },
    DenseSize { name: "512-10 b128", batch: 128, inputs: 512, outputs: 10 },
];

/// The element type of a timed product.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Element {
    /// Single precision.
    F32,
    /// Double precision.
    F64,
}

/// A row of the report's table: a product, in which element type, and how far its rows lie apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shape {
    /// The part of the table it belongs to, one of [`GROUPS`].
    pub group: &'static str,
    /// Unique in the table: `784-128 b64 dw`, `f64 256`.
    pub name: String,
    /// Of A, B and C.
    pub element: Element,
    /// Rows of A and C.
    pub m: usize,
    /// Columns of B and C.
    pub n: usize,
    /// Columns of A, rows of B.
    pub k: usize,
    /// How A lies in memory.
    pub a: Stored,
    /// How B lies in memory.
    pub b: Stored,
    /// Elements from one stored row (or column) of A to the next.
    pub lda: usize,
    /// The same for B.
    pub ldb: usize,
    /// Elements from one row of C to the next.
    pub ldc: usize,
    /// Whether every call finds another B, which is in no cache: the weights of a network that is not always at work.
    pub cold: bool,
}

impl Shape {
    fn new(group: &'static str, name: String, (m, n, k): (usize, usize, usize), (a, b): (Stored, Stored)) -> Shape {
        let lda = if a == Stored::Rows { k } else { m };
        let ldb = if b == Stored::Rows { n } else { k };
        Shape { group, name, element: Element::F32, m, n, k, a, b, lda, ldb, ldc: n, cold: false }
    }

    fn rows(group: &'static str, name: String, sizes: (usize, usize, usize)) -> Shape {
        Shape::new(group, name, sizes, (Stored::Rows, Stored::Rows))
    }

    /// Multiplications and additions.
    pub fn flops(&self) -> u64 {
        2 * (self.m * self.n * self.k) as u64
    }

    /// Bytes of B.
    pub fn weight_bytes(&self) -> usize {
        self.k * self.n * if self.element == Element::F32 { 4 } else { 8 }
    }

    /// Whether naive loops are timed on it for once, in a few rounds of their own: to know what they would take.
    pub fn naive_is_asked(&self) -> bool {
        self.name == "512"
    }

    /// Whether naive loops, which know no leading dimensions, are timed on it: only where they stand a chance.
    pub fn naive_is_quick(&self) -> bool {
        let tight = Shape::new(self.group, String::new(), (self.m, self.n, self.k), (self.a, self.b));
        (self.lda, self.ldb, self.ldc) == (tight.lda, tight.ldb, tight.ldc) && self.m * self.n * self.k <= 1 << 16
    }
}

/// The parts of [`table`], in its order.
pub const GROUPS: &[&str] =
    &["squares", "squares_f64", "layers", "skinny_m", "skinny_n", "skinny_k", "odd", "leading", "layouts", "cold"];

/// (inputs, outputs) of the layers whose three products are in the table.
const LAYERS: &[(usize, usize)] =
    &[(784, 16), (784, 128), (784, 512), (512, 512), (512, 10), (128, 10), (16, 10), (1024, 4096)];
const BATCHES: &[usize] = &[1, 8, 32, 64, 128, 512];
/// (inputs, outputs, batch) of the layers whose z is timed with weights from memory.
const COLD: &[(usize, usize, usize)] =
    &[(784, 128, 1), (784, 128, 32), (784, 128, 128), (512, 512, 1), (512, 512, 32), (512, 512, 128), (1024, 4096, 1)];

/// Every product that the report times, about 250. What a dense network asks for, and what kernels find hard.
pub fn table() -> Vec<Shape> {
    let (rows, columns) = (Stored::Rows, Stored::Columns);
    let square = |n: usize| Shape::rows("squares", n.to_string(), (n, n, n));
    let mut table: Vec<Shape> = (4..=11).map(|log| square(1 << log)).collect();

    let in_f64 = |s: Shape| Shape { group: "squares_f64", name: format!("f64 {}", s.name), element: Element::F64, ..s };
    table.extend((4..=11).map(|log| in_f64(square(1 << log))));

    for &(inputs, outputs) in LAYERS {
        for &batch in BATCHES {
            let name = |part| format!("{inputs}-{outputs} b{batch} {part}");
            let part = |part, sizes, stored| Shape::new("layers", name(part), sizes, stored);
            table.push(part("z", (batch, outputs, inputs), (rows, rows)));
            table.push(part("dw", (inputs, outputs, batch), (columns, rows)));
            table.push(part("dx", (batch, inputs, outputs), (rows, columns)));
        }
    }

    let named = |group, (m, n, k)| Shape::rows(group, format!("{m}x{n}x{k}"), (m, n, k));
    table.extend((1..=17).map(|m| named("skinny_m", (m, 256, 512))));
    table.push(named("skinny_m", (1, 1024, 1024)));
    table.extend((1..=17).map(|n| named("skinny_n", (128, n, 512))));
    table.extend((1..=17).map(|k| named("skinny_k", (256, 128, k))));
    table.extend([45, 46, 97, 255, 1023].map(|n| Shape { group: "odd", ..square(n) }));

    // Rows a power of two apart fall on the same lines of a cache; a line more between them, and they do not.
    for n in [64, 256, 500] {
        for ld in [n + 16, 1024, 1040, 4096] {
            let name = format!("{n} ld {ld}");
            table.push(Shape { group: "leading", name, lda: ld, ldb: ld, ldc: ld, ..square(n) });
        }
    }
    for n in [64, 200, 512] {
        for (name, stored) in
            [("nn", (rows, rows)), ("nt", (rows, columns)), ("tn", (columns, rows)), ("tt", (columns, columns))]
        {
            table.push(Shape::new("layouts", format!("{n} {name}"), (n, n, n), stored));
        }
    }
    for &(inputs, outputs, batch) in COLD {
        let name = format!("{inputs}-{outputs} b{batch} z cold");
        table.push(Shape { cold: true, ..Shape::rows("cold", name, (batch, outputs, inputs)) });
    }
    table
}

/// A selection of the table, for the README and for quick runs.
pub const SUMMARY: &[&str] = &[
    "64",
    "256",
    "1024",
    "f64 256",
    "784-128 b1 z",
    "784-128 b64 z",
    "784-128 b64 dw",
    "784-128 b64 dx",
    "784-512 b128 z",
    "784-512 b128 dw",
    "784-512 b128 dx",
    "512-10 b128 z",
    "512-10 b128 dw",
    "512-10 b128 dx",
];

/// Multiply-adds above which naive loops are not timed: 20 ms an iteration at the 0.8 G a second they reach.
const NAIVE_MACS: usize = 1 << 24;

impl Product {
    /// Multiplications and additions.
    pub fn flops(&self) -> u64 {
        2 * (self.m * self.n * self.k) as u64
    }

    /// Whether naive loops are timed on it.
    pub fn naive_is_quick(&self) -> bool {
        self.m * self.n * self.k <= NAIVE_MACS
    }
}

impl DenseSize {
    /// Multiplications and additions of the forward product; backward has two such.
    pub fn flops(&self) -> u64 {
        2 * (self.batch * self.inputs * self.outputs) as u64
    }

    /// Whether naive loops are timed on it.
    pub fn naive_is_quick(&self) -> bool {
        self.batch * self.inputs * self.outputs <= NAIVE_MACS
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn every_row_has_a_name_of_its_own_and_a_known_group() {
        let table = table();
        let names: HashSet<&str> = table.iter().map(|shape| shape.name.as_str()).collect();
        assert_eq!(names.len(), table.len());
        let groups: HashSet<&str> = table.iter().map(|shape| shape.group).collect();
        assert_eq!(groups, GROUPS.iter().copied().collect());
    }

    #[test]
    fn the_summary_is_in_the_table() {
        let table = table();
        for name in SUMMARY {
            assert!(table.iter().any(|shape| shape.name == *name), "{name}");
        }
    }

    #[test]
    fn every_size_of_a_kind_is_there() {
        let table = table();
        let has = |name: String| assert!(table.iter().any(|shape| shape.name == name), "{name}");
        (4..=11).for_each(|log| has(format!("{}", 1 << log)));
        (4..=11).for_each(|log| has(format!("f64 {}", 1 << log)));
        for count in 1..=17 {
            has(format!("{count}x256x512"));
            has(format!("128x{count}x512"));
            has(format!("256x128x{count}"));
        }
        for layer in ["784-16", "784-128", "784-512", "512-512", "512-10", "128-10", "16-10", "1024-4096"] {
            for batch in [1, 8, 32, 64, 128, 512] {
                ["z", "dw", "dx"].iter().for_each(|part| has(format!("{layer} b{batch} {part}")));
            }
        }
        [45, 46, 97, 255, 1023].iter().for_each(|n| has(format!("{n}")));
        ["nn", "nt", "tn", "tt"].iter().for_each(|layout| has(format!("512 {layout}")));
        ["256 ld 1024", "256 ld 1040"].iter().for_each(|name| has((*name).to_owned()));
        let rows = |m, n, k| table.iter().any(|shape| (shape.m, shape.n, shape.k) == (m, n, k));
        assert!(rows(1, 128, 784) && rows(1, 1024, 1024) && rows(128, 10, 512));
    }

    #[test]
    fn leading_dimensions_hold_the_rows() {
        for Shape { name, m, n, k, a, b, lda, ldb, ldc, .. } in table() {
            let (wide_a, wide_b) = (if a == Stored::Rows { k } else { m }, if b == Stored::Rows { n } else { k });
            assert!(lda >= wide_a && ldb >= wide_b && ldc >= n, "{name}");
        }
    }
}
