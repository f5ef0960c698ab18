//! The handles that C holds: numbers, each known here until it is freed, and none given twice. Nothing follows a handle as an
//! address, so one that was freed, or never was one, is refused whatever it is.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::ptr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock, TryLockError};

use crate::held::Held;
use crate::status::{CHAINRULE_ERROR_BUSY, CHAINRULE_ERROR_HANDLE, CHAINRULE_ERROR_INTERNAL, Failure};
use crate::step_trainer::AnyTrainer;
use crate::types::{ChainruleModel, ChainruleTrainer};

/// What a handle stands for.
#[derive(Clone)]
enum Object {
    Model(Arc<Held>),
    Trainer(Arc<Mutex<AnyTrainer>>),
}

static OBJECTS: RwLock<BTreeMap<usize, Object>> = RwLock::new(BTreeMap::new());
static COUNT: AtomicUsize = AtomicUsize::new(1);

/// Handles are odd and far apart: no object of C's has such an address, and adding to a handle gives none.
const APART: usize = 4096;
const ODD: usize = 0x0c1;

fn insert(object: Object) -> usize {
    let mut objects = OBJECTS.write().unwrap_or_else(PoisonError::into_inner);
    loop {
        let handle = COUNT.fetch_add(1, Ordering::Relaxed).wrapping_mul(APART) | ODD;
        // Where addresses are short, numbers begin again.
        if let Entry::Vacant(place) = objects.entry(handle) {
            place.insert(object);
            return handle;
        }
    }
}

fn get(name: &str, handle: usize) -> Result<Object, Failure> {
    if handle == 0 {
        return Err(Failure::argument(format!("{name} is null; expected a handle that this library gave")));
    }
    let objects = OBJECTS.read().unwrap_or_else(PoisonError::into_inner);
    objects.get(&handle).cloned().ok_or_else(|| {
        let text = format!("{name} is no handle, or one that was freed");
        Failure::new(CHAINRULE_ERROR_HANDLE, text)
    })
}

fn other_kind(name: &str, found: &str, expected: &str) -> Failure {
    Failure::new(CHAINRULE_ERROR_HANDLE, format!("{name} is the handle of {found}; expected that of {expected}"))
}

/// A new handle of a model.
pub(crate) fn new_model(held: Held) -> *mut ChainruleModel {
    ptr::without_provenance_mut(insert(Object::Model(Arc::new(held))))
}

/// The model of a handle. It lives on while it is used here, also if another thread frees the handle.
pub(crate) fn model(name: &str, handle: *const ChainruleModel) -> Result<Arc<Held>, Failure> {
    match get(name, handle.addr())? {
        Object::Model(held) => Ok(held),
        Object::Trainer(_) => Err(other_kind(name, "a trainer", "a model")),
    }
}

/// A new handle of a trainer.
pub(crate) fn new_trainer(trainer: AnyTrainer) -> *mut ChainruleTrainer {
    ptr::without_provenance_mut(insert(Object::Trainer(Arc::new(Mutex::new(trainer)))))
}

/// Runs `work` on the trainer of a handle.
pub(crate) fn with_trainer<R>(
    handle: *const ChainruleTrainer,
    work: impl FnOnce(&mut AnyTrainer) -> Result<R, Failure>,
) -> Result<R, Failure> {
    let name = "trainer";
    let Object::Trainer(trainer) = get(name, handle.addr())? else {
        return Err(other_kind(name, "a model", "a trainer"));
    };
    match trainer.try_lock() {
        Ok(mut trainer) => work(&mut trainer),
        Err(TryLockError::WouldBlock) => {
            let text = "another thread is using this trainer: one thread at a time";
            Err(Failure::new(CHAINRULE_ERROR_BUSY, text))
        }
        Err(TryLockError::Poisoned(_)) => {
            let text = "an earlier call of this trainer panicked, which is a bug; its weights may be those of half a step: free it";
            Err(Failure::new(CHAINRULE_ERROR_INTERNAL, text))
        }
    }
}

/// Frees a handle of a model; null is none.
pub(crate) fn free_model(handle: *mut ChainruleModel) -> Result<(), Failure> {
    if handle.is_null() {
        return Ok(());
    }
    model("model", handle)?;
    remove("model", handle.addr())
}

/// Frees a handle of a trainer; null is none.
pub(crate) fn free_trainer(handle: *mut ChainruleTrainer) -> Result<(), Failure> {
    if handle.is_null() {
        return Ok(());
    }
    match get("trainer", handle.addr())? {
        Object::Trainer(_) => remove("trainer", handle.addr()),
        Object::Model(_) => Err(other_kind("trainer", "a model", "a trainer")),
    }
}

fn remove(name: &str, handle: usize) -> Result<(), Failure> {
    let removed = OBJECTS.write().unwrap_or_else(PoisonError::into_inner).remove(&handle);
    // Dropped without the lock.
    removed.map(drop).ok_or_else(|| {
        let text = format!("{name} was freed by another thread meanwhile");
        Failure::new(CHAINRULE_ERROR_HANDLE, text)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::options::Options;
    use crate::types::CHAINRULE_F32;

    #[test]
    fn a_trainer_is_busy_while_it_is_used_and_broken_after_a_panic() {
        let held = Held::new("1-1", "mse", CHAINRULE_F32, 1).unwrap();
        let handle = new_trainer(AnyTrainer::new(&held, &Options::default(), 1).unwrap());
        let status = || with_trainer(handle, |_| Ok(())).map_err(|failure| failure.status);
        with_trainer(handle, |_| {
            assert_eq!(status(), Err(CHAINRULE_ERROR_BUSY));
            Ok(())
        })
        .unwrap();
        assert_eq!(status(), Ok(()));
        let panics = || with_trainer(handle, |_| -> Result<(), Failure> { panic!("on purpose") });
        assert!(std::panic::catch_unwind(panics).is_err());
        assert_eq!(status(), Err(CHAINRULE_ERROR_INTERNAL));
        free_trainer(handle).unwrap();
    }
}
