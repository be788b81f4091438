//! Work on several threads: as many as a command is given, or one beside the caller's.

use std::fmt::Display;

use rayon::ThreadPool;
use rayon::prelude::*;

use crate::error::ReplayError;

/// Runs `work`, whose parallel loops then use as many threads. Its result may not depend on their number.
///
/// # Errors
/// [`ReplayError::Threads`] when there are not as many threads.
pub fn on_threads<T: Send>(threads: usize, work: impl FnOnce() -> T + Send) -> Result<T, ReplayError> {
    Ok(started(threads.max(1))?.install(work))
}

/// Does something on a thread of its own while the caller goes on with its work; on one thread, before it. Both
/// results.
///
/// # Errors
/// [`ReplayError::Threads`] when no thread can be started.
pub fn beside<U: Send, T>(
    threads: usize,
    other: impl FnOnce() -> U + Send,
    work: impl FnOnce() -> T,
) -> Result<(U, T), ReplayError> {
    if threads <= 1 {
        return Ok((other(), work()));
    }
    let mut result = None;
    let worked = started(1)?.in_place_scope(|scope| {
        scope.spawn(|_| result = Some(other()));
        work()
    });
    Ok((result.expect("a scope ends after its threads"), worked))
}

/// Does something for each part: on the threads of a pool when it is called on one of them, else on the caller's.
pub fn side_by_side<P: Send, T: Send>(parts: Vec<P>, one: impl Fn(P) -> T + Sync + Send) -> Vec<T> {
    match rayon::current_thread_index() {
        Some(_) => parts.into_par_iter().map(one).collect(),
        None => parts.into_iter().map(one).collect(),
    }
}

/// Threads for [`each`]; `None` for one.
pub(crate) fn pool(threads: usize) -> Result<Option<ThreadPool>, ReplayError> {
    if threads <= 1 { Ok(None) } else { started(threads).map(Some) }
}

/// Does something for each op of a wave, on as many threads as there are.
pub(crate) fn each<T: Send>(
    pool: Option<&ThreadPool>,
    wave: &[u32],
    one: impl Fn(&u32) -> T + Sync + Send,
) -> Vec<T> {
    match pool {
        Some(pool) if wave.len() > 1 => pool.install(|| wave.par_iter().map(one).collect()),
        Some(_) | None => wave.iter().map(one).collect(),
    }
}

fn started(threads: usize) -> Result<ThreadPool, ReplayError> {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build();
    pool.map_err(|problem| no_threads(threads, problem))
}

pub(crate) fn no_threads(threads: usize, problem: impl Display) -> ReplayError {
    ReplayError::Threads { threads, problem: problem.to_string() }
}
