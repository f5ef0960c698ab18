//! Checkpoints in memory: their bytes without a file, and networks made of one that does not know them.

use chainrule_kernel::Scalar;
use chainrule_model::optim::OptimizerState;
use chainrule_model::{Init, Mlp, MlpBuilder, Optimizer};

use super::file::{Checkpoint, OPTIMIZER, TrainingState};
use crate::model_file::DType;
use crate::train::EpochReport;
use crate::{Error, Result};

impl Checkpoint {
    /// The bytes of the file that [`Checkpoint::write`] writes, which [`Checkpoint::parse`] reads.
    ///
    /// ```
    /// use chainrule::optim::OptimizerState;
    /// use chainrule::train::Checkpoint;
    /// use chainrule::{MlpBuilder, Optimizer};
    ///
    /// let mut mlp = "2-3-1 relu dropout(0.5)".parse::<MlpBuilder>()?.seed(7).build()?;
    /// let adam = Optimizer::by_name("adam")?;
    /// let mut state = OptimizerState::new(adam, mlp.params().len())?;
    /// mlp.update(adam, &mut [0.25; 13], &mut state)?;
    /// let bytes = Checkpoint::to_bytes(&mlp, &state)?;
    /// let (again, moments) = Checkpoint::parse("those bytes", &bytes)?.restore::<f32>()?;
    /// assert!(again == mlp && moments.is_some_and(|moments| moments.values() == state.values()));
    /// # Ok::<(), chainrule::Error>(())
    /// ```
    ///
    /// # Errors
    /// When they have no header.
    pub fn to_bytes<T: Scalar>(mlp: &Mlp<T>, optimizer: &OptimizerState<T>) -> Result<Vec<u8>> {
        let failed = |error: String| Error::io("write", "a checkpoint")(std::io::Error::other(error));
        TrainingState { mlp, optimizer, run: None }.bytes().map_err(failed)
    }

    /// The element type of its network.
    pub fn dtype(&self) -> DType {
        if self.stored.dtype == "f64" { DType::F64 } else { DType::F32 }
    }

    /// The network, made anew from the layers that the checkpoint names, and the state of its optimiser if it had one. The
    /// settings of the optimiser are no part of its state: the caller's next step names them. [`Checkpoint::load_into`] takes a
    /// network that is there already.
    ///
    /// # Errors
    /// When the element type is another one, the layers are none of a network or would need more memory than there is, the
    /// optimiser is not known, or a number of the network is infinite or NaN.
    pub fn restore<T: Scalar>(&self) -> Result<(Mlp<T>, Option<OptimizerState<T>>)> {
        let stored = &self.stored;
        let builder: MlpBuilder = stored.layers.join(", ").parse()?;
        let mut mlp = builder.init(Init::Zeros).build_as::<T>()?;
        self.check_network(&mlp)?;
        self.network_into("", &stored.batches, &mut mlp)?;
        mlp.reseed_at(stored.seed, stored.passes);
        let Some(name) = &stored.optimizer else { return Ok((mlp, None)) };
        let (mut optimizer, values) = (Optimizer::by_name(name)?, self.array::<T>(OPTIMIZER)?);
        if optimizer.moments() == 0 && !values.is_empty() {
            // SGD with a velocity has the name of SGD without.
            optimizer = optimizer.with("momentum", 0.9)?;
        }
        let state = OptimizerState::restored(optimizer, stored.optimizer_steps, &values, mlp.params().len())?;
        Ok((mlp, Some(state)))
    }

    /// The epochs of the run before it, those that [`TrainConfig::history`](crate::TrainConfig::history) keeps; none where there is
    /// no run.
    pub fn epochs(&self) -> Vec<EpochReport> {
        self.run().map_or_else(Vec::new, |run| run.history.iter().map(EpochReport::from).collect())
    }
}
