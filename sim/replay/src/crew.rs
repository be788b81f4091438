//! Threads that compute one wave after another. Most waves of small tiles take less time than it takes to wake a thread,
//! so the helpers stay awake for a while between two waves.

use std::cell::RefCell;
use std::io;
use std::iter::repeat_with;
use std::ops::{Deref, DerefMut};
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{OnceLock, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};
use std::thread::{self, Builder, Scope, Thread};

/// Looks at the gate before a helper lets others have its core, and before it sleeps: some microseconds, and some tens.
const LOOKS: u32 = 256;
const PATIENCE: u32 = 512;

/// Set while a wave may be joined. Below it the helpers inside are counted, above it the waves.
const OPEN: u64 = 1 << 31;
const NEXT: u64 = 1 << 32;
const INSIDE: u64 = OPEN - 1;

/// What a crew works on: what all ops read, and the wave that is computed.
struct Work<S, T> {
    common: S,
    /// By thread: its part of the wave.
    shares: Vec<Share<T>>,
}

/// Ops that one thread begins with; who is done with its own goes on with those of others.
struct Share<T> {
    ops: Vec<u32>,
    next: AtomicUsize,
    made: Vec<OnceLock<T>>,
}

impl<T> Share<T> {
    fn of(ops: &[u32]) -> Share<T> {
        let made = repeat_with(OnceLock::new).take(ops.len()).collect();
        Share { ops: ops.to_vec(), next: AtomicUsize::new(0), made }
    }
    /// Computes the ops that nobody has begun.
    fn finish<S>(&self, common: &S, one: &impl Fn(&S, u32) -> T) {
        while let Some((&op, made)) = {
            let at = self.next.fetch_add(1, Ordering::Relaxed);
            self.ops.get(at).zip(self.made.get(at))
        } {
            // Nobody else has this number.
            let _ = made.set(one(common, op));
        }
    }
}

impl<S, T> Work<S, T> {
    /// Computes what is left, one's own share first.
    fn finish(&self, thread: usize, one: &impl Fn(&S, u32) -> T) {
        let (before, own) = self.shares.split_at(thread.min(self.shares.len()));
        own.iter().chain(before).for_each(|share| share.finish(&self.common, one));
    }
}

/// The leading thread and its helpers.
pub(crate) struct Crew<S, T> {
    gate: AtomicU64,
    is_over: AtomicBool,
    /// By helper: whether it sleeps, or is about to.
    sleeps: Vec<AtomicBool>,
    work: RwLock<Work<S, T>>,
}

/// What the leading thread holds.
pub(crate) struct Lead<'scope, 'env, S, T, F> {
    scope: &'scope Scope<'scope, 'env>,
    crew: &'env Crew<S, T>,
    one: &'env F,
    /// Those that have been started.
    helpers: RefCell<Vec<Thread>>,
}

/// Runs `lead` on this thread; waves that it shares are computed by helpers, too, up to so many `threads`. `one` computes
/// an op from what is common.
pub(crate) fn with_crew<S: Send + Sync, T: Send + Sync, F: Fn(&S, u32) -> T + Sync, R>(
    threads: usize,
    common: S,
    one: F,
    lead: impl FnOnce(&Lead<'_, '_, S, T, F>) -> R,
) -> R {
    let crew = Crew {
        gate: AtomicU64::new(0),
        is_over: AtomicBool::new(false),
        sleeps: repeat_with(AtomicBool::default).take(threads.saturating_sub(1)).collect(),
        work: RwLock::new(Work { common, shares: Vec::new() }),
    };
    // The leader is dropped before the scope ends, by a panic too: it sends the helpers home.
    thread::scope(|scope| lead(&Lead { scope, crew: &crew, one: &one, helpers: RefCell::default() }))
}

impl<S: Send + Sync, T: Send + Sync, F: Fn(&S, u32) -> T + Sync> Lead<'_, '_, S, T, F> {
    /// What is common, between two waves.
    pub(crate) fn common(&self) -> impl DerefMut<Target = S> {
        Common(self.crew.exclusive())
    }

    /// Computes a wave, which lies in one share a thread. Results are in its order.
    ///
    /// # Errors
    /// When a thread cannot be started.
    pub(crate) fn compute(&self, shares: &[&[u32]]) -> io::Result<Vec<T>> {
        self.start()?;
        self.crew.exclusive().shares = shares.iter().map(|ops| Share::of(ops)).collect();
        self.crew.gate.fetch_add(NEXT | OPEN, Ordering::SeqCst);
        for (helper, sleeps) in self.helpers.borrow().iter().zip(&self.crew.sleeps) {
            if sleeps.load(Ordering::SeqCst) {
                helper.unpark();
            }
        }
        self.crew.shared().finish(0, self.one);
        self.crew.close();
        let shares = std::mem::take(&mut self.crew.exclusive().shares);
        let made = shares.into_iter().flat_map(|share| share.made);
        // A helper that panicked has left none; its panic is told when the scope ends.
        Ok(made.map(|made| made.into_inner().expect("a helper computed its op")).collect())
    }

    /// Starts the helpers when they are first needed: many programs never need them.
    fn start(&self) -> io::Result<()> {
        let mut helpers = self.helpers.borrow_mut();
        for helper in helpers.len()..self.crew.sleeps.len() {
            let (crew, one) = (self.crew, self.one);
            let handle = Builder::new().spawn_scoped(self.scope, move || crew.help(helper, one))?;
            helpers.push(handle.thread().clone());
        }
        Ok(())
    }
}

impl<S, T, F> Drop for Lead<'_, '_, S, T, F> {
    fn drop(&mut self) {
        self.crew.is_over.store(true, Ordering::SeqCst);
        self.helpers.get_mut().iter().for_each(Thread::unpark);
    }
}

impl<S, T> Crew<S, T> {
    // Nobody waits for this lock: the gate lets helpers in only while the leading thread shares it. A poisoned one is
    // whole, because what a panic interrupts does not write.
    fn shared(&self) -> RwLockReadGuard<'_, Work<S, T>> {
        self.work.read().unwrap_or_else(PoisonError::into_inner)
    }
    fn exclusive(&self) -> RwLockWriteGuard<'_, Work<S, T>> {
        self.work.write().unwrap_or_else(PoisonError::into_inner)
    }

    /// Lets nobody in any more, and waits for the helpers inside.
    fn close(&self) {
        self.gate.fetch_and(!OPEN, Ordering::SeqCst);
        let mut looks = 0;
        while self.gate.load(Ordering::Acquire) & INSIDE > 0 {
            pause(&mut looks);
        }
    }

    /// Life of a helper.
    fn help(&self, helper: usize, one: &impl Fn(&S, u32) -> T) {
        let (mut seen, mut looks) = (0, 0);
        while !self.is_over.load(Ordering::SeqCst) {
            let gate = self.gate.load(Ordering::SeqCst);
            if gate & OPEN > 0 && gate / NEXT > seen {
                self.sleeps[helper].store(false, Ordering::SeqCst);
                if self.gate.compare_exchange(gate, gate + 1, Ordering::SeqCst, Ordering::Relaxed).is_ok() {
                    let _inside = Inside(&self.gate);
                    self.shared().finish(helper + 1, one);
                    (seen, looks) = (gate / NEXT, 0);
                }
            } else if looks < PATIENCE {
                pause(&mut looks);
            } else if self.sleeps[helper].swap(true, Ordering::SeqCst) {
                thread::park();
                self.sleeps[helper].store(false, Ordering::SeqCst);
                looks = 0;
            }
        }
    }
}

/// Waits a moment; after a few of them, others may have the core.
fn pause(looks: &mut u32) {
    *looks += 1;
    if *looks < LOOKS {
        std::hint::spin_loop();
    } else {
        thread::yield_now();
    }
}

/// A helper inside the gate.
struct Inside<'a>(&'a AtomicU64);

impl Drop for Inside<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Release);
    }
}

struct Common<'a, S, T>(RwLockWriteGuard<'a, Work<S, T>>);

impl<S, T> Deref for Common<'_, S, T> {
    type Target = S;
    fn deref(&self) -> &S {
        &self.0.common
    }
}

impl<S, T> DerefMut for Common<'_, S, T> {
    fn deref_mut(&mut self) -> &mut S {
        &mut self.0.common
    }
}

#[cfg(test)]
mod tests {
    use std::panic::{AssertUnwindSafe, catch_unwind};

    use super::*;

    /// Waves of one to many ops, in shares that are uneven and empty, each adding what it made to what is common.
    fn sums(threads: usize) -> Vec<u64> {
        let one = |sum: &u64, op: u32| sum.wrapping_mul(31).wrapping_add(u64::from(op));
        with_crew(threads, 1u64, one, |crew| {
            let wave = |n: u32| {
                let ops: Vec<u32> = (0..n).collect();
                let cut = ops.len() / 3;
                let mut shares = vec![&ops[..cut], &ops[cut..]];
                shares.resize(threads.max(2), &[]);
                let made = crew.compute(&shares).expect("threads");
                assert_eq!(made.len(), ops.len());
                *crew.common() =
                    made.iter().fold(0, |sum: u64, made| sum.wrapping_mul(7).wrapping_add(*made));
                *crew.common()
            };
            (0..600).map(|n| wave(n % 90)).collect()
        })
    }

    #[test]
    fn any_number_of_threads_makes_the_same_in_the_same_order() {
        let alone = sums(1);
        for threads in 2..=4 {
            assert_eq!(sums(threads), alone, "{threads} threads");
        }
    }

    #[test]
    fn a_panic_of_any_thread_ends_the_crew() {
        let compute = |panics: u32| {
            let one = move |_: &(), op: u32| assert_ne!(op, panics, "an op that panics");
            with_crew(3, (), one, |crew| crew.compute(&[&[0, 1], &[2, 3], &[4, 5]]).map(|made| made.len()))
        };
        for op in 0..6 {
            assert!(catch_unwind(AssertUnwindSafe(|| compute(op))).is_err(), "op {op}");
        }
        assert_eq!(compute(6).expect("threads"), 6);
    }
}
