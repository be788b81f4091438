//! Panics at the command line: one line that says whose they are.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind, set_hook, take_hook};
use std::sync::{Arc, Mutex, PoisonError};

/// A panic that was stopped.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stopped {
    /// The kernel whose code panicked; `None` when it was other code.
    pub kernel: Option<String>,
    pub what: String,
    /// `file:line:column`; empty when it is not known.
    pub place: String,
}

/// What a panic of a kernel's code unwinds with.
struct InKernel(String);

/// Runs a kernel's own code: a panic in it is known by the kernel.
pub fn in_kernel<T>(kernel: &str, run: impl FnOnce() -> T) -> T {
    catch_unwind(AssertUnwindSafe(run))
        .unwrap_or_else(|_| resume_unwind(Box::new(InKernel(kernel.to_owned()))))
}

/// Runs a command. Its first panic, on whatever thread, is told by the caller and not by Rust.
///
/// # Errors
/// The panic.
pub fn stopped<T>(run: impl FnOnce() -> T) -> Result<T, Stopped> {
    let first = Arc::new(Mutex::new(None));
    let seen = Arc::clone(&first);
    let before = take_hook();
    set_hook(Box::new(move |info| {
        let what = text(info.payload()).unwrap_or_else(|| "it does not say why".to_owned());
        let place = info.location().map_or_else(String::new, ToString::to_string);
        let mut first = seen.lock().unwrap_or_else(PoisonError::into_inner);
        first.get_or_insert(Stopped { kernel: None, what, place });
    }));
    let result = catch_unwind(AssertUnwindSafe(run));
    set_hook(before);
    result.map_err(|payload| {
        let kernel = payload.downcast_ref::<InKernel>().map(|it| it.0.clone());
        let first = first.lock().unwrap_or_else(PoisonError::into_inner).take();
        let unseen =
            || Stopped { kernel: None, what: text(&*payload).unwrap_or_default(), place: String::new() };
        Stopped { kernel, ..first.unwrap_or_else(unseen) }
    })
}

fn text(payload: &(dyn Any + Send)) -> Option<String> {
    let text = payload.downcast_ref::<&str>().map(|text| (*text).to_owned());
    text.or_else(|| payload.downcast_ref::<String>().cloned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::{Error, Exit};
    use crate::render::{Shows, error};

    /// One test: there is one hook for all threads.
    #[test]
    fn a_panic_says_whose_it_is_on_one_line() {
        let stop = |run: fn() -> u32| stopped(run).expect_err("it panics");
        let own = stop(|| in_kernel("mine", || [1, 2][std::hint::black_box(2)]));
        assert_eq!(own.kernel.as_deref(), Some("mine"));
        let bug = stop(|| {
            let thread = std::thread::spawn(|| panic!("in a\nthread"));
            thread.join().map_or_else(|payload| resume_unwind(payload), |()| 0)
        });
        assert_eq!(bug.kernel, None);
        assert_eq!(stopped(|| 7), Ok(7));
        let command = "kernmesh run mine".to_owned();
        for (panic, by, exit, start, end) in [
            (
                own,
                Some("mine"),
                Exit::Refused,
                "error: the code of kernel `mine` panics at ",
                ": index out of bounds: the len is 2 but the index is 2; repair the kernel: what `tl` refuses is told \
                 only when it returns\n",
            ),
            (
                bug,
                None,
                Exit::Bug,
                "error: this is a bug of kernmesh, at ",
                ": in a\\nthread; please report it with this command: kernmesh run mine\n",
            ),
        ] {
            assert!(panic.place.contains("panics.rs:"), "{panic:?}");
            let by = by.map(str::to_owned);
            let told = Error::Panic { by, panic, command: command.clone() };
            assert_eq!(told.exit_code(), exit);
            let text = error(&told, Shows::default());
            assert!(text.starts_with(start) && text.ends_with(end) && text.lines().count() == 1, "{text}");
        }
    }
}
