//! Which neurons of a large layer are drawn: the strongest. A neuron is strong if much comes out of it: what it gives times
//! what is made of it. So its strength is the Euclidean norm of its outputs over the rows, |activation| for one row, times the
//! norm of its outgoing weights; without rows, the norm of its incoming weights stands for its outputs.

use chainrule_model::{Loss, MatRef, Mlp, Scalar};

use crate::graph::Rows;
use crate::graph::cut::Cuts;

/// Norms for every column of neurons: of the weights that lead into each neuron, and of those that lead out of it.
struct WeightNorms {
    /// (columns - 1) of (outputs)
    into: Vec<Vec<f64>>,
    /// (columns - 1) of (inputs)
    out: Vec<Vec<f64>>,
}

/// The strength of each neuron of each column, without rows.
pub(crate) fn by_weights<T: Scalar>(mlp: &Mlp<T>) -> Vec<Vec<f64>> {
    let WeightNorms { into, out } = weight_norms(mlp);
    let given = std::iter::once(vec![1.0; mlp.inputs()]).chain(into);
    given.zip(out.into_iter().map(Some).chain([None])).map(|(given, out)| times(given, out)).collect()
}

/// The same, for these rows: `cuts` says which cut each column shows. Of the outputs that stand for classes, those are strong
/// that are large, and the target of a single row comes first.
pub(crate) fn by_activations<T: Scalar>(
    mlp: &Mlp<T>,
    loss: Loss,
    rows: Rows<'_, T>,
    cuts: &Cuts<T>,
    shown: &[usize], // (columns)
) -> Vec<Vec<f64>> {
    let out = weight_norms(mlp).out.into_iter().map(Some).chain([None]);
    let mut strengths: Vec<Vec<f64>> =
        shown.iter().zip(out).map(|(&cut, out)| times(norms(&cuts.values[cut], rows.count()), out)).collect();
    if let (Loss::CrossEntropy, Some(last), Some(&cut)) = (loss, strengths.last_mut(), shown.last()) {
        let width = last.len();
        let means = cuts.values[cut].chunks_exact(width);
        last.fill(0.0);
        means.for_each(|row| last.iter_mut().zip(row).for_each(|(sum, y)| *sum += y.to_f64()));
        if let (1, chainrule_model::TargetsRef::Classes(&[label])) = (rows.count(), rows.targets) {
            last[label as usize] = f64::INFINITY;
        }
    }
    strengths
}

/// The `count` strongest in the order of their indices; of equals, the first.
pub(crate) fn strongest(strengths: &[f64], count: usize) -> Vec<usize> {
    let mut order: Vec<usize> = (0..strengths.len()).collect();
    order.sort_by(|&a, &b| strengths[b].total_cmp(&strengths[a]));
    order.truncate(count);
    order.sort_unstable();
    order
}

fn times(given: Vec<f64>, out: Option<Vec<f64>>) -> Vec<f64> {
    match out {
        None => given,
        Some(out) => given.into_iter().zip(out).map(|(given, out)| given * out).collect(),
    }
}

fn weight_norms<T: Scalar>(mlp: &Mlp<T>) -> WeightNorms {
    let of_columns = |w: MatRef<'_, T>| norm_of(w.cols(), w.rows(), |unit, input| w.get(input, unit));
    let of_rows = |w: MatRef<'_, T>| norm_of(w.rows(), w.cols(), |unit, output| w.get(unit, output));
    WeightNorms {
        into: mlp.dense_layers().map(|layer| of_columns(layer.w)).collect(),
        out: mlp.dense_layers().map(|layer| of_rows(layer.w)).collect(),
    }
}

/// The norm of each column of `values`, (rows, width).
fn norms<T: Scalar>(values: &[T], rows: usize) -> Vec<f64> {
    let width = values.len() / rows.max(1);
    norm_of(width, rows, |unit, row| values[row * width + unit])
}

fn norm_of<T: Scalar>(units: usize, terms: usize, term: impl Fn(usize, usize) -> T) -> Vec<f64> {
    let norm = |unit| (0..terms).map(|at| term(unit, at).to_f64().powi(2)).sum::<f64>().sqrt();
    (0..units).map(norm).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::graph::{Neurons, Shows};
    use chainrule_model::TargetsRef;

    /// 2-20-20 without activations: unit 5 has large weights in, unit 9 out, unit 13 both in part.
    fn network() -> Mlp<f64> {
        let mut mlp = Mlp::builder(2).dense(20).dense(20).init(chainrule_model::Init::Zeros).build_as().unwrap();
        let params = mlp.params_mut();
        for unit in 0..20 {
            params[unit] = 1.0; // W1[0, unit]
            params[60 + 20 * unit] = 1.0; // W2[unit, 0]
        }
        (params[5], params[60 + 20 * 9], params[13], params[60 + 20 * 13]) = (4.0, -5.0, -3.0, 3.0);
        params[60 + 20 * 2 + 17] = 2.0;
        mlp
    }

    #[test]
    fn without_rows_a_neuron_is_as_strong_as_its_weights_in_times_its_weights_out() {
        let strengths = by_weights(&network());
        let first_unit_s = 1.0;
        assert_eq!(strengths[1][..2], [first_unit_s; 2]);
        assert_eq!((strengths[1][5], strengths[1][9], strengths[1][13]), (4.0, 5.0, 9.0));
        assert!((strengths[1][2] - 5.0_f64.sqrt()).abs() < 1e-15);
        // Inputs have weights out alone, outputs weights in alone.
        let norm = (18.0_f64 + 16.0 + 9.0).sqrt();
        assert!((strengths[0][0] - norm).abs() < 1e-12 && strengths[0][1] == 0.0, "{:?}", strengths[0]);
        assert!(strengths[2][17] == 2.0 && strengths[2][0] > 2.0 && strengths[2][3] == 0.0);
        assert_eq!(strongest(&strengths[1], 4), [2, 5, 9, 13]);
        assert_eq!(strongest(&[1.0, 1.0, 1.0, 2.0], 2), [0, 3], "of equals the first");
    }

    #[test]
    fn for_a_row_what_a_neuron_gives_counts_and_the_target_is_drawn() {
        let mut mlp = network();
        mlp.params_mut()[20 + 7] = 100.0; // W1[1, 7], which matters only where the second input is not 0
        let graph = |x: [f64; 2], label| {
            let rows = Rows { x: MatRef::new(&x, 1, 2), targets: TargetsRef::Classes(&[label]) };
            Neurons::with_rows(&mlp, Loss::CrossEntropy, rows, Shows::Weights).unwrap()
        };
        let (without, with) = (graph([1.0, 0.0], 19), graph([1.0, 1.0], 18));
        assert!(!without.columns[1].drawn.contains(&7) && with.columns[1].drawn.contains(&7));
        assert!(without.columns[1].drawn.contains(&13) && without.columns[1].drawn.is_sorted());
        assert!(without.columns[2].drawn.contains(&19) && !without.columns[2].drawn.contains(&18));
        assert!(with.columns[2].drawn.contains(&18), "{:?}", with.columns[2].drawn);
        assert!(with.columns[2].drawn.contains(&0), "the largest output");
    }
}
