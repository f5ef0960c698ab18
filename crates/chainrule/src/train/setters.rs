//! The methods of [`TrainConfig`] that set one setting each.

use chainrule_model::optim::{Clip, Decays, LbfgsSettings, Schedule, WarmUp};
use chainrule_model::{Loss, Optimizer};

use super::{ClassWeights, EarlyStopping, History, TrainConfig};
use crate::data::Order;

/// Defines a method for each setting: `name: type`, or `name? Some: type` for an optional one.
macro_rules! setters {
    ($($name:ident $(? $some:ident)?: $type:ty),* $(,)?) => {
        impl TrainConfig {
            $(
                #[doc = concat!("The same, with this [`", stringify!($name), "`](TrainConfig#structfield.", stringify!($name), ").")]
                pub fn $name(self, $name: $type) -> Self {
                    TrainConfig { $name: setters!(@value $name $($some)?), ..self }
                }
            )*
        }
    };
    (@value $name:ident) => { $name };
    (@value $name:ident $some:ident) => { $some($name) };
}

setters! {
    epochs: usize,
    batch: usize,
    loss: Loss,
    class_weights: ClassWeights,
    positive_weights? Some: Vec<f64>,
    label_smoothing: f64,
    optimizer: Optimizer,
    clip? Some: Clip,
    decay: Decays,
    schedule: Schedule,
    warm_up? Some: WarmUp,
    accumulate: usize,
    early_stopping? Some: EarlyStopping,
    lbfgs? Some: LbfgsSettings,
    order: Order,
    history: History,
    epoch_hashes: bool,
    threads? Some: usize,
}
