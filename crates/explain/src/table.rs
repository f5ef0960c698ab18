//! The layers of a network as a table: name, outputs, parameters and memory of each.

use chainrule_model::{Layer, Mlp, Scalar};

/// One line per module, numbered like the modules of PyTorch's `nn.Sequential`, and a line of totals.
///
/// ```
/// # mod chainrule { pub use chainrule_model::*; pub mod network { pub use chainrule_explain::layer_table; } }
/// let mlp = chainrule::Mlp::builder(2).dense(3).relu().dense(1).build()?;
/// let table = chainrule::network::layer_table(&mlp);
/// assert!(table.lines().any(|line| line.split_whitespace().eq(["0", "dense(2,", "3)", "3", "9", "36", "B"])));
/// # Ok::<(), chainrule_model::ModelError>(())
/// ```
pub fn layer_table<T: Scalar>(mlp: &Mlp<T>) -> String {
    let mut rows = vec![["module", "layer", "outputs", "parameters", "memory"].map(str::to_owned)];
    let mut width = mlp.inputs();
    rows.push([String::new(), "input".to_owned(), width.to_string(), String::new(), String::new()]);
    for (module, layer) in mlp.layers().iter().enumerate() {
        if let Layer::Dense { outputs, .. } = layer {
            width = *outputs;
        }
        // Running statistics take memory but are not parameters.
        let (parameters, memory) = match layer.parameters() {
            0 => (String::new(), String::new()),
            n => (grouped(n), bytes((n + layer.running()) * size_of::<T>())),
        };
        rows.push([module.to_string(), layer.to_string(), width.to_string(), parameters, memory]);
    }
    let total = mlp.params().len();
    let memory = size_of_val(mlp.params()) + size_of_val(mlp.running());
    rows.push([String::new(), "total".to_owned(), String::new(), grouped(total), bytes(memory)]);
    align(&rows)
}

/// Columns as wide as their widest cell; names aligned left, numbers right.
fn align(rows: &[[String; 5]]) -> String {
    let widths: [usize; 5] = std::array::from_fn(|c| rows.iter().map(|row| row[c].len()).max().unwrap_or(0));
    let mut text = String::new();
    for row in rows {
        let cells = row.iter().zip(widths).enumerate().map(|(column, (cell, width))| match column {
            1 => format!("{cell:<width$}"),
            _ => format!("{cell:>width$}"),
        });
        text.push_str(cells.collect::<Vec<_>>().join("  ").trim_end());
        text.push('\n');
    }
    text
}

/// `101770` as `101,770`.
fn grouped(n: usize) -> String {
    let digits = n.to_string();
    let mut text = String::new();
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// Bytes in the largest unit that leaves at least 1.
fn bytes(n: usize) -> String {
    match n {
        0..1024 => format!("{n} B"),
        1024..1_048_576 => format!("{:.1} KiB", n as f64 / 1024.0),
        _ => format!("{:.1} MiB", n as f64 / 1_048_576.0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_of_the_mnist_network() {
        let mlp = Mlp::builder(784).dense(128).relu().dense(10).build().unwrap();
        let want = "\
module  layer            outputs  parameters     memory
        input                784
     0  dense(784, 128)      128     100,480  392.5 KiB
     1  relu                 128
     2  dense(128, 10)        10       1,290    5.0 KiB
        total                        101,770  397.5 KiB
";
        assert_eq!(layer_table(&mlp), want);
    }

    #[test]
    fn running_statistics_take_memory_and_are_no_parameters() {
        let mlp = Mlp::builder(4).dense(8).batch_norm().relu().dropout(0.5).layer_norm().build().unwrap();
        let want = "\
module  layer          outputs  parameters  memory
        input                4
     0  dense(4, 8)          8          40   160 B
     1  batch_norm(8)        8          16   128 B
     2  relu                 8
     3  dropout(0.5)         8
     4  layer_norm(8)        8          16    64 B
        total                           72   352 B
";
        assert_eq!(layer_table(&mlp), want);
    }

    #[test]
    fn large_numbers_are_grouped_by_thousands() {
        assert_eq!([0, 999, 1000, 1_234_567].map(grouped), ["0", "999", "1,000", "1,234,567"]);
        assert_eq!([5, 2048, 3 << 20].map(bytes), ["5 B", "2.0 KiB", "3.0 MiB"]);
    }
}
