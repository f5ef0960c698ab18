//! By what a run is known again: its settings, its network and its rows. A run that goes on with other ones is another run, and each
//! difference is named.

use chainrule_kernel::Scalar;
use chainrule_model::Mlp;
use serde::{Deserialize, Serialize};

use crate::checksum::Checksum;
use crate::data::{Dataset, Targets};
use crate::train::TrainConfig;

/// What has to be the same for the same bits. The number of threads need not be, and what reports keep.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::train) struct Identity {
    /// Names and values, as text.
    facts: Vec<(String, String)>,
}

impl Identity {
    pub(in crate::train) fn of<T: Scalar>(
        config: &TrainConfig,
        mlp: &Mlp<T>,
        train: &Dataset<T>,
        validation: Option<&Dataset<T>>,
    ) -> Self {
        // Each by name, so that a new setting is not forgotten here.
        let TrainConfig {
            epochs,
            batch,
            loss,
            class_weights,
            positive_weights,
            label_smoothing,
            optimizer,
            clip,
            decay,
            schedule,
            warm_up,
            accumulate,
            early_stopping,
            lbfgs,
            order,
            history: _,
            epoch_hashes: _,
            threads: _,
        } = config;
        let layers: Vec<String> = mlp.layers().iter().map(ToString::to_string).collect();
        let facts = [
            ("epochs", epochs.to_string()),
            ("batch", batch.to_string()),
            ("loss", loss.to_string()),
            ("class weights", format!("{class_weights:?}")),
            ("positive weights", format!("{positive_weights:?}")),
            ("label smoothing", label_smoothing.to_string()),
            ("optimizer", format!("{optimizer:?}")),
            ("clipping", format!("{clip:?}")),
            ("decay", format!("{decay:?}")),
            ("schedule", format!("{schedule:?}")),
            ("warm-up", format!("{warm_up:?}")),
            ("accumulated minibatches", accumulate.to_string()),
            ("early stopping", format!("{early_stopping:?}")),
            ("lbfgs", format!("{lbfgs:?}")),
            ("order of the rows", format!("{order:?}")),
            ("element type", T::NAME.to_owned()),
            ("layers", layers.join(" ")),
            ("training rows", rows(train)),
            ("validation rows", validation.map_or("none".to_owned(), rows)),
        ];
        Identity { facts: facts.map(|(name, value)| (name.to_owned(), value)).into() }
    }

    /// What is different now, in words: `epochs: 20 in the checkpoint, 30 now`.
    pub(in crate::train) fn differences(&self, now: &Identity) -> Vec<String> {
        let value = |facts: &[(String, String)], name: &str| {
            facts.iter().find(|fact| fact.0 == name).map(|fact| fact.1.clone())
        };
        let of_now =
            now.facts.iter().map(|(name, value_now)| (name, value(&self.facts, name), Some(value_now.clone())));
        let gone = self.facts.iter().filter(|(name, _)| value(&now.facts, name).is_none());
        let gone = gone.map(|(name, then)| (name, Some(then.clone()), None));
        let differ = of_now.chain(gone).filter(|(_, then, now)| then != now);
        let shown = |name: &str, value: Option<String>| match value {
            Some(value) if IN_RUST.contains(&name) => words(&value),
            Some(value) => value,
            None => "nothing".to_owned(),
        };
        differ
            .map(|(name, then, now)| {
                format!("{name}: {} in the checkpoint, {} now", shown(name, then), shown(name, now))
            })
            .collect()
    }
}

/// The facts that files hold as Rust writes them.
const IN_RUST: [&str; 10] = [
    "class weights",
    "positive weights",
    "optimizer",
    "clipping",
    "decay",
    "schedule",
    "warm-up",
    "early stopping",
    "lbfgs",
    "order of the rows",
];

/// A value as people read it: `Some(WarmUp { epochs: 2, from: 0.5 })` is `warm up epochs 2, from 0.5`.
fn words(value: &str) -> String {
    let mut text = String::new();
    let mut before = ' ';
    for c in value.replace("Some(", " ").chars() {
        match c {
            '{' | '}' | '(' | ')' | ':' | '_' | '"' => text.push(' '),
            // Of several words in one: `OneCycle`.
            c if c.is_ascii_uppercase() && before.is_ascii_lowercase() => text.extend([' ', c.to_ascii_lowercase()]),
            c => text.push(c.to_ascii_lowercase()),
        }
        before = c;
    }
    text.split_whitespace().collect::<Vec<_>>().join(" ").replace(" ,", ",")
}

/// Their number and a hash of all that is learned from: features as the network takes them, targets, weights.
fn rows<T: Scalar>(data: &Dataset<T>) -> String {
    let mut sum = Checksum::of(b"", b"");
    let mut row = vec![T::ZERO; data.cols()];
    let mut add = |values: &[T]| sum.add(&T::le_bytes(values));
    for index in 0..data.rows() {
        data.features().copy_row(index, &mut row);
        add(&row);
    }
    if let Some(weights) = data.weights() {
        add(weights);
    }
    match data.targets() {
        Targets::Values { values, .. } => add(values),
        Targets::Classes { labels, .. } => labels.iter().for_each(|label| sum.add(&label.to_le_bytes())),
    }
    format!("{} of {} features, hash {}", data.rows(), data.cols(), sum.digits())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::train::EarlyStopping;
    use crate::{Loss, Optimizer};

    #[test]
    fn differences_are_told_in_words() {
        let data = crate::data::digits::<f32>();
        let mlp = Mlp::builder(64).dense(10).build().unwrap();
        let of = |config: &TrainConfig| Identity::of(config, &mlp, &data, None);
        let one = TrainConfig { optimizer: Optimizer::Sgd { lr: 0.1 }, ..TrainConfig::default() };
        let early_stopping = Some(EarlyStopping::new(7));
        let other = TrainConfig { optimizer: Optimizer::Sgd { lr: 1e-8 }, early_stopping, ..one.clone() };
        let differences = of(&one).differences(&of(&other));
        assert_eq!(differences[0], "optimizer: sgd lr 0.1 in the checkpoint, sgd lr 1e-8 now");
        assert!(
            differences[1].starts_with("early stopping: none in the checkpoint, early stopping "),
            "{differences:?}"
        );
        assert!(differences[1].contains("patience 7") && differences.len() == 2, "{differences:?}");
        let other = TrainConfig { loss: Loss::Huber(0.5), ..one.clone() };
        assert!(of(&one).differences(&of(&other))[0].contains("huber(0.5) now"), "text of its own stays");
    }
}
