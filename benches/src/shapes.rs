//! Every size that is timed: products, layers, networks. Benchmarks and whoever else measures take them from here, so
//! that two tables speak of the same thing.

/// How an operand of a product lies in memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
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

/// A network over a minibatch: ReLU between the layers, cross-entropy behind the last.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NetworkSize {
    /// `784-128-10 b64`.
    pub name: &'static str,
    /// Rows of x.
    pub batch: usize,
    /// Features in, then the outputs of each layer.
    pub widths: &'static [usize],
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

/// Layers of the networks in [`NETWORKS`].
pub const DENSE: &[DenseSize] = &[
    DenseSize { name: "784-128 b64", batch: 64, inputs: 784, outputs: 128 },
    DenseSize { name: "784-512 b128", batch: 128, inputs: 784, outputs: 512 },
    DenseSize { name: "512-512 b128", batch: 128, inputs: 512, outputs: 512 },
    DenseSize { name: "512-10 b128", batch: 128, inputs: 512, outputs: 10 },
];

/// From the notebooks' network on MNIST to one that fills two cores.
pub const NETWORKS: &[NetworkSize] = &[
    NetworkSize { name: "784-16-16-10 b32", batch: 32, widths: &[784, 16, 16, 10] },
    NetworkSize { name: "784-128-10 b64", batch: 64, widths: &[784, 128, 10] },
    NetworkSize { name: "784-512-512-10 b128", batch: 128, widths: &[784, 512, 512, 10] },
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

impl NetworkSize {
    /// Multiplications and additions of a step: three products a layer, two in the first, whose input has no gradient.
    pub fn flops(&self) -> u64 {
        let macs = |pair: &[usize]| self.batch * pair[0] * pair[1];
        let first = macs(&self.widths[..2]);
        2 * (3 * self.widths.windows(2).map(macs).sum::<usize>() - first) as u64
    }

    /// Whether naive loops are timed on it.
    pub fn naive_is_quick(&self) -> bool {
        self.flops() as usize / 2 <= 2 * NAIVE_MACS
    }
}
