//! What an example says of learning: the loss, the optimiser, clipping, and how many steps.

use chainrule_model::network::LOSS_NAMES;
use chainrule_model::optim::SettingRange;
use chainrule_model::optim::{Clip, OPTIMIZER_NAMES, SETTINGS, Update};
use chainrule_model::{Loss, ModelError, Optimizer};

use super::layers::unknown;
use crate::Result;
use crate::located::{Table, Value};

/// More would be a training run, for which there is `chainrule train`.
pub(super) const STEPS: u64 = 100_000;

/// How a network learns.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Learning {
    pub(super) loss: Loss,
    /// Without one no steps can be taken.
    pub(super) update: Option<Update>,
    pub(super) steps: usize,
}

impl Learning {
    pub(super) fn read(root: &Table<'_>) -> Result<Self> {
        let loss = loss(&root.need("loss", "\"half-mse\", say")?)?;
        let steps = root.get("steps").map_or(Ok(1), |steps| steps.whole(0..=STEPS))? as usize;
        let optimizer = match root.get("optimizer") {
            Some(value) => Some(optimizer(&value)?),
            None if steps == 0 => None,
            None => Some(optimizer(&root.need("optimizer", "{ name = \"sgd\", lr = 0.1 }, say, or steps = 0")?)?),
        };
        let clip = clip(root)?;
        Ok(Learning { loss, update: optimizer.map(|optimizer| Update { clip, ..optimizer.into() }), steps })
    }
}

fn loss(value: &Value<'_>) -> Result<Loss> {
    let name = value.string("the name of a loss, \"half-mse\" say")?;
    name.parse().map_err(|error| match error {
        ModelError::Setting { expected, .. } => value.refused(expected),
        _ => unknown(value, "loss", name, LOSS_NAMES),
    })
}

/// `{ name = "adam", lr = 0.01 }`, or the name alone.
fn optimizer(value: &Value<'_>) -> Result<Optimizer> {
    if value.is_string() {
        return named(value);
    }
    let keys: Vec<&str> = ["name"].into_iter().chain(SETTINGS.iter().map(|setting| setting.name)).collect();
    let table = value.table("{ name = \"sgd\", lr = 0.1 }, say", &keys)?;
    let mut optimizer = named(&table.need("name", "\"sgd\", say")?)?;
    for setting in SETTINGS {
        let Some(value) = table.get(setting.name) else { continue };
        let number = match value.boolean() {
            Some(switch) if setting.range == SettingRange::Switch => f64::from(u8::from(switch)),
            _ if setting.range == SettingRange::Switch => return Err(value.refused("true or false")),
            _ => value.number()?,
        };
        optimizer = optimizer.with(setting.name, number).map_err(|error| match error {
            ModelError::NoSetting { known, .. } => {
                let found = format!("{}, which {} does not have", setting.name, optimizer.name());
                value.error(found, format!("one of {known}"))
            }
            _ => value.refused(setting.range.words()),
        })?;
    }
    optimizer.check().map_err(|error| match error {
        ModelError::Setting { what, found, expected } => table.error(format!("{what} {found}"), expected),
        other => other.into(),
    })?;
    Ok(optimizer)
}

fn named(value: &Value<'_>) -> Result<Optimizer> {
    let name = value.string("the name of an optimizer, \"sgd\" say")?;
    Optimizer::by_name(name).map_err(|_| unknown(value, "optimizer", name, OPTIMIZER_NAMES))
}

fn clip(root: &Table<'_>) -> Result<Option<Clip>> {
    let limit = |value: Value<'_>| {
        let limit = value.number()?;
        if limit > 0.0 { Ok(limit) } else { Err(value.refused("a finite number above 0")) }
    };
    match (root.get("clip-norm"), root.get("clip-value")) {
        (Some(norm), None) => Ok(Some(Clip::Norm(limit(norm)?))),
        (None, Some(value)) => Ok(Some(Clip::Value(limit(value)?))),
        (Some(_), Some(value)) => Err(value.error("clip-norm and clip-value", "one of them")),
        (None, None) => Ok(None),
    }
}
