//! What each column is worth, as a table of the page.

use chainrule_explain::page::{Html, bar, table};
use chainrule_kernel::Scalar;

use super::words::{number, percent};
use crate::Model;
use crate::explanation::{Importance, SHUFFLES};

/// With more columns the section is left out: each needs passes of its own.
pub(super) const COLUMNS: usize = 256;
/// Lines of the table.
const SHOWN: usize = 40;

pub(super) fn section<T: Scalar>(model: &Model<T>, worths: &[Importance]) -> Html {
    let largest = worths.iter().map(|worth| worth.loss).fold(f64::MIN_POSITIVE, f64::max);
    let has_accuracy = worths.iter().any(|worth| worth.accuracy.is_some());
    let line = |worth: &Importance| {
        let (rise, deviation) = (worth.loss, worth.deviation);
        let mut cells =
            vec![Html::text(&worth.column), bar(&number(rise), rise / largest), Html::text(number(deviation))];
        if has_accuracy {
            cells.push(Html::text(worth.accuracy.map(percent).unwrap_or_default()));
        }
        cells
    };
    let mut header = vec!["column", "the loss rises by", "deviation"];
    header.extend(has_accuracy.then_some("accuracy falls by"));
    let unit = match (model.target.scaling(), model.mlp.outputs()) {
        (None, _) => "",
        (Some(_), 1) => " The loss is in the target's own unit.",
        (Some(_), _) => " The loss is of the targets as they were learned, each by its deviation.",
    };
    let caption = format!(
        "Each column is shuffled among the rows {SHUFFLES} times. Of two columns that say the same, neither seems to matter.{unit}{}",
        if worths.len() > SHOWN { format!(" The first {SHOWN} of {}.", worths.len()) } else { String::new() }
    );
    table(&caption, &header, worths.iter().take(SHOWN).map(line).collect())
}
