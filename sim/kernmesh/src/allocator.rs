//! Memory of the system, and an end with a message where the system gives none.
//!
//! A run that does not fit is refused by its estimate (`memory`) before it begins. An estimate can be too low, and a
//! limit of the system can be lower than what the estimate knows of: such a run ends here. Without it the standard
//! library would abort the process, which looks like a bug.

use std::alloc::{GlobalAlloc, Layout, System};
use std::fmt::Write as _;
use std::io::Write as _;

use crate::error::Exit;

/// The allocator of a `kernmesh` binary: `#[global_allocator] static MEMORY: OrExit = OrExit;`.
///
/// A request that fails writes one line to the standard error stream and exits with code 2. Files on their way are
/// dropped with the process, as after a kill.
pub struct OrExit;

// SAFETY: every call goes to `System` unchanged, and so does what it returns, unless that is null: then the process
// ends, which is allowed where unwinding is not.
#[allow(unsafe_code)]
unsafe impl GlobalAlloc for OrExit {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller's promise is that of `System`.
        given(unsafe { System.alloc(layout) }, layout.size())
    }
    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller's promise is that of `System`.
        given(unsafe { System.alloc_zeroed(layout) }, layout.size())
    }
    unsafe fn realloc(&self, at: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        // SAFETY: `at` came from `System`, and the caller's promise is that of `System`.
        given(unsafe { System.realloc(at, layout, size) }, size)
    }
    unsafe fn dealloc(&self, at: *mut u8, layout: Layout) {
        // SAFETY: `at` came from `System`, and the caller's promise is that of `System`.
        unsafe { System.dealloc(at, layout) }
    }
}

/// Whether the system gives that much now. The answer takes nothing.
#[allow(unsafe_code)]
pub fn can_give(bytes: u64) -> bool {
    let layout = usize::try_from(bytes.max(1)).ok().and_then(|size| Layout::array::<u8>(size).ok());
    layout.is_some_and(|layout| {
        // SAFETY: the size is not 0. What is given is freed once, with its own layout.
        unsafe {
            let at = System.alloc(layout);
            if !at.is_null() {
                System.dealloc(at, layout);
            }
            !at.is_null()
        }
    })
}

#[inline]
fn given(at: *mut u8, size: usize) -> *mut u8 {
    if at.is_null() {
        refuse(size);
    }
    at
}

/// Writes without an allocation of its own.
#[cold]
fn refuse(size: usize) -> ! {
    let mut text = Text { bytes: [0; 256], n: 0 };
    let _ = writeln!(
        text,
        "error: the computer does not give {size} more bytes of memory\n  help: choose a smaller run, or free memory; \
         `--memory` says how much a run may take"
    );
    let _ = std::io::stderr().write_all(&text.bytes[..text.n]);
    std::process::exit(Exit::Refused as i32)
}

struct Text {
    bytes: [u8; 256],
    n: usize,
}

impl std::fmt::Write for Text {
    fn write_str(&mut self, part: &str) -> std::fmt::Result {
        let fits = part.len().min(self.bytes.len() - self.n);
        self.bytes[self.n..self.n + fits].copy_from_slice(&part.as_bytes()[..fits]);
        self.n += fits;
        Ok(())
    }
}
