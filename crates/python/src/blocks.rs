//! The outputs of a network for any number of rows: in blocks, over the threads of the pool that this is called in, or on the
//! caller's thread where that is in none. Both give the same bits.

use chainrule::network::PredictorWorkspace;
use chainrule::{MatRef, Mlp, Scalar};
use rayon::prelude::*;

use crate::failure::Failure;

/// Rows at a time: their activations stay in the second-level cache.
pub(crate) const BLOCK: usize = 256;

/// Writes the outputs of a network whose weights are as they lie.
pub(crate) fn infer<T: Scalar>(
    mlp: &Mlp<T>,
    x: MatRef<'_, T>, // (rows, inputs)
    output: &mut [T], // (rows, outputs)
) -> Result<(), Failure> {
    let outputs = mlp.outputs();
    if x.rows() <= BLOCK || rayon::current_thread_index().is_none() {
        let mut workspace = PredictorWorkspace::try_new(mlp, BLOCK.min(x.rows()))?;
        return Ok(mlp.infer_into(x, output, &mut workspace)?);
    }
    let workspace = || PredictorWorkspace::try_new(mlp, BLOCK);
    let blocks = output.par_chunks_mut(BLOCK * outputs).enumerate();
    blocks.try_for_each_init(workspace, |workspace, (block, y)| {
        let workspace = workspace.as_mut().map_err(|error| error.clone())?;
        let start = block * BLOCK;
        Ok(mlp.infer_into(x.rows_in(start..start + y.len() / outputs), y, workspace)?)
    })
}
