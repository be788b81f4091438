//! Long work beside Python: without its lock, and stopped by Ctrl-C.

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError, mpsc};
use std::thread;
use std::time::Duration;

use kernmesh::Error;
use pyo3::prelude::*;

use crate::errors::Fault;

/// How often Python is asked whether a signal came in.
const PERIOD: Duration = Duration::from_millis(50);
/// That of a main thread.
const STACK_BYTES: usize = 8 << 20;

/// Whether the work is to end.
#[derive(Default)]
pub struct Stop(AtomicBool);

/// What the work unwinds with when it is stopped.
struct Stopped;

impl Stop {
    /// Ends the work here if it is to be stopped.
    pub fn check(&self) {
        if self.0.load(Ordering::Relaxed) {
            resume_unwind(Box::new(Stopped));
        }
    }
}

/// Does the work on a thread of its own. A signal of Python, such as Ctrl-C, stops it at its next report of progress.
pub fn interruptible<T: Send>(
    py: Python<'_>,
    work: impl FnOnce(&Stop) -> Result<T, Error> + Send,
) -> PyResult<T> {
    let stop = Stop::default();
    thread::scope(|scope| {
        let (sender, receiver) = mpsc::channel();
        let of_work = &stop;
        let worker = thread::Builder::new().stack_size(STACK_BYTES).spawn_scoped(scope, move || {
            let done = catch_unwind(AssertUnwindSafe(|| work(of_work)));
            // Nobody listens when the receiver is gone, and then nobody needs the result.
            let _ = sender.send(done);
        });
        worker.map_err(|error| {
            Fault::input(format!("no thread can be started: {error}"), "run less at once")
        })?;
        let receiver = Mutex::new(receiver);
        let mut raised = None;
        loop {
            let (waiting, received) = py.detach(|| {
                let received = receiver.lock().unwrap_or_else(PoisonError::into_inner).recv_timeout(PERIOD);
                (matches!(received, Err(mpsc::RecvTimeoutError::Timeout)), received)
            });
            if waiting {
                if let Err(error) = py.check_signals() {
                    stop.0.store(true, Ordering::Relaxed);
                    raised.get_or_insert(error);
                }
                continue;
            }
            return match (received, raised) {
                (_, Some(error)) => Err(error),
                (Ok(Ok(done)), None) => done.map_err(|error| Fault::from(error).into()),
                (Ok(Err(panic)), None) => Err(Fault::of_panic(&*panic).into()),
                (Err(_), None) => Err(Fault::Panic("the work ended without a result".to_owned()).into()),
            };
        }
    })
}
