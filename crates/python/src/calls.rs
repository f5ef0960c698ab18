//! Work that calls Python back. It runs on a thread of its own; what it asks of Python is done on the caller's thread, where
//! signals arrive and notebooks draw.

use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread;

use pyo3::prelude::*;

use crate::failure::Failure;
use crate::threads::{SIGNALS, caught};

/// What is to be done on the caller's thread.
type Call = Box<dyn FnOnce(Python<'_>) -> PyResult<()> + Send>;

/// The way from the work to Python.
pub(crate) struct Caller(Sender<Call>);

impl Caller {
    /// Calls a function on the caller's thread and waits for what it returns; `None` where it raised, or something else has
    /// before: the work is to end then, and what was raised is its result.
    pub(crate) fn call<A: Send + 'static>(
        &self,
        function: impl FnOnce(Python<'_>) -> PyResult<A> + Send + 'static,
    ) -> Option<A> {
        let (reply, answer) = channel();
        let call = move |py: Python<'_>| {
            // The work waits for it.
            let _ = reply.send(function(py)?);
            Ok(())
        };
        self.0.send(Box::new(call)).ok()?;
        answer.recv().ok()
    }
}

/// Runs `work` without Python's lock. What a function that it calls back raises, or the handler of a signal, ends it by
/// `stop`, which it may look at; then that is the result.
///
/// Not in a pool of threads that others use as well: while a function is called back, the work's thread waits, and what the
/// function itself computes in that pool would wait for it.
pub(crate) fn run_calling<R: Send>(
    py: Python<'_>,
    stop: impl Fn() + Send,
    work: impl FnOnce(&Caller) -> Result<R, Failure> + Send,
) -> Result<R, Failure> {
    py.detach(move || {
        let (sender, receiver) = channel();
        thread::scope(|scope| {
            let caller = Caller(sender);
            // The caller ends with the work: that is how the end is seen.
            let work = move || caught(|| work(&caller));
            let name = "chainrule-work".to_owned();
            let worker = thread::Builder::new().name(name).spawn_scoped(scope, work).map_err(Failure::System)?;
            let raised = serve(&receiver, &stop);
            let ended = || Failure::Internal("the work ended without a result".to_owned());
            let result = worker.join().unwrap_or_else(|_| Err(ended()));
            raised.map_or(result, Err)
        })
    })
}

/// Does what the work asks for until it ends; returns what was raised meanwhile.
fn serve(receiver: &Receiver<Call>, stop: &impl Fn()) -> Option<Failure> {
    let mut raised = None;
    loop {
        let outcome = match receiver.recv_timeout(SIGNALS) {
            Err(RecvTimeoutError::Disconnected) => return raised,
            // A call that is dropped has no answer.
            _ if raised.is_some() => continue,
            Err(RecvTimeoutError::Timeout) => attached(|py| py.check_signals()),
            Ok(call) => attached(|py| call(py).and_then(|()| py.check_signals())),
        };
        if let Err(failure) = outcome {
            raised = Some(failure);
            stop();
        }
    }
}

fn attached(call: impl FnOnce(Python<'_>) -> PyResult<()>) -> Result<(), Failure> {
    caught(|| Python::attach(call).map_err(Failure::Interrupted))
}
