//! The weights of the first layer as images: what each unit looks for.

use chainrule_explain::page::{Html, bitmap};
use chainrule_kernel::Scalar;

use crate::Model;

/// Units that are drawn, those with the largest weights.
const UNITS: usize = 48;

pub(super) fn section<T: Scalar>(model: &Model<T>) -> Html {
    let Some(first) = model.mlp.dense_layers().next().filter(|layer| layer.module == 0) else {
        return Html::paragraph("The first layer is not dense.");
    };
    let (side, units) = (model.mlp.inputs().isqrt(), first.b.len());
    let weights =
        |unit: usize| (0..model.mlp.inputs()).map(|input| first.w.get(input, unit).to_f64()).collect::<Vec<_>>();
    let norm = |unit: usize| weights(unit).iter().map(|w| w * w).sum::<f64>();
    let norms: Vec<f64> = (0..units).map(norm).collect();
    let mut order: Vec<usize> = (0..units).collect();
    order.sort_by(|&a, &b| norms[b].total_cmp(&norms[a]));
    order.truncate(UNITS);
    let figure = |&unit: &usize| {
        let name = format!("unit {}", unit + 1);
        Html::figure(bitmap(&weights(unit), side, &format!("weights of {name}")), name)
    };
    let images = order.iter().map(figure).collect();
    let note = format!(
        "White pixels raise the unit, black ones lower it; each picture has a scale of its own.{}",
        if units > UNITS { format!(" The {UNITS} of {units} units with the largest weights.") } else { String::new() }
    );
    Html::paragraph(note).and(Html::element("div", &[("class", "gallery weights".to_owned())], images))
}
