//! Errors of wgpu. It reports them to a callback, from any thread; without a callback it panics.

use std::sync::{Mutex, PoisonError};

use crate::device::DeviceError;

/// The first complaint since the last [`Complaints::take`]; those after it are mostly its consequences.
#[derive(Default)]
pub(super) struct Complaints {
    first: Mutex<Option<Complaint>>,
    /// Never taken back: a lost device stays lost.
    lost: Mutex<Option<String>>,
}

struct Complaint {
    what: String,
    out_of_memory: bool,
}

impl Complaints {
    pub fn add(&self, error: &wgpu::Error) {
        let complaint = match error {
            wgpu::Error::OutOfMemory { source } => {
                Complaint { what: source.to_string(), out_of_memory: true }
            }
            wgpu::Error::Validation { description, .. } | wgpu::Error::Internal { description, .. } => {
                Complaint { what: one_line(description), out_of_memory: false }
            }
        };
        self.first.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(complaint);
    }
    pub fn lose(&self, why: String) {
        self.lost.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(why);
    }

    /// Forgets the first complaint and gives its words.
    pub fn take(&self) -> Option<String> {
        self.first.lock().unwrap_or_else(PoisonError::into_inner).take().map(|c| c.what)
    }
    /// Nothing, if all has gone well so far; else what went wrong at `place`.
    pub fn check(&self, place: &str) -> Result<(), DeviceError> {
        if let Some(why) = &*self.lost.lock().unwrap_or_else(PoisonError::into_inner) {
            let what = format!("the device is lost: {why}; open it again");
            return Err(DeviceError::Fault { place: place.to_owned(), what });
        }
        match self.first.lock().unwrap_or_else(PoisonError::into_inner).take() {
            None => Ok(()),
            Some(Complaint { out_of_memory: true, what }) => {
                Err(DeviceError::Unfit(format!("{place}: its memory is full: {what}")))
            }
            Some(Complaint { out_of_memory: false, what }) => {
                Err(DeviceError::Fault { place: place.to_owned(), what })
            }
        }
    }
}

/// wgpu's messages are indented over several lines.
fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
