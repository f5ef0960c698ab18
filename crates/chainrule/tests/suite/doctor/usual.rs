//! Tables by the way that the command goes: request, examples, split, fitted on the part to train on, the usual settings.

use chainrule::data::{Dataset, Examples, Parts, Request, Scaling, Source, SplitRequest};
use chainrule::train::{EarlyStopping, Usual};
use chainrule::{Activation, Loss, Mlp, MlpBuilder, Optimizer, TrainConfig};

use super::run::{Checkup, Seen, checkup_of};

/// Examples of a source by its name, and how they are split.
pub(crate) struct Table {
    pub(crate) examples: Examples,
    pub(crate) parts: Parts,
    pub(crate) scaling: Scaling,
}

impl Table {
    pub(crate) fn named(name: &str) -> Self {
        Self::of(&Request::new(Source::parse(name).unwrap()))
    }

    pub(crate) fn of(request: &Request) -> Self {
        let examples = request.read().unwrap();
        let split = SplitRequest { validation: 0.2, by: examples.usual_split(), ..SplitRequest::default() };
        let parts = examples.split(&split).unwrap();
        Table { scaling: examples.usual_scaling(), examples, parts }
    }

    /// The part to train on and the part to validate on.
    pub(crate) fn datasets(&self) -> (Dataset<f32>, Dataset<f32>) {
        let fitted = self.examples.fit(&self.parts.train, self.scaling).unwrap();
        let part = |rows: &[usize]| self.examples.dataset(rows, &fitted).unwrap();
        (part(&self.parts.train), part(&self.parts.validation))
    }

    /// Small networks, and fewer epochs than the command's: a test should be over soon.
    pub(crate) fn config(&self) -> TrainConfig {
        let usual = Usual::for_table(self.examples.rows());
        TrainConfig {
            loss: self.examples.task().usual_loss(),
            optimizer: Optimizer::by_name(usual.optimizer).unwrap().with("lr", 0.003).unwrap(),
            batch: usual.batch,
            epochs: 60,
            early_stopping: usual.patience.map(EarlyStopping::new),
            ..TrainConfig::default()
        }
    }

    pub(crate) fn with_loss(&self, loss: Loss) -> TrainConfig {
        TrainConfig { loss, ..self.config() }
    }

    pub(crate) fn network(&self, hidden: &[usize], activation: Activation) -> MlpBuilder {
        let (train, _) = self.datasets();
        let start = Mlp::builder(train.cols()).seed(42);
        hidden.iter().fold(start, |b, units| b.dense(*units).activation(activation)).dense(self.examples.outputs())
    }

    pub(crate) fn checkup(&self, name: &str, network: MlpBuilder, config: TrainConfig) -> Checkup {
        let (train, validation) = self.datasets();
        let seen = Seen { train: &train, validation: Some(&validation), shared: None };
        checkup_of(name, network.build().unwrap(), seen, config)
    }
}
