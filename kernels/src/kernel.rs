//! Entry of the catalogue.

use machine::MachineSpec;
use program::Program;

use crate::catalogue::Catalogue;
use crate::error::KernelError;
use crate::reference::Reference;
use crate::request::{Param, Read, Request, Texts};
use crate::shapes::{FileShapes, InputAxes, with_file};

/// A kernel that can be recorded by name.
#[derive(Clone, Copy, Debug)]
pub struct Kernel {
    pub name: &'static str,
    /// One line.
    pub purpose: &'static str,
    pub params: &'static [Param],
    /// Host inputs, and which parameters their axes are.
    pub inputs: &'static [InputAxes],
    /// The program, its reference, and its machine if only one will do. Every parameter is read from the request.
    pub record: fn(&mut Request) -> Result<Recorded, KernelError>,
    /// The reference alone.
    pub reference: fn(&mut Request) -> Result<Option<Reference>, KernelError>,
}

/// A kernel recorded with some parameters.
#[derive(Clone, Debug)]
pub struct Recorded {
    /// Its `params` are all of the kernel's, given or not.
    pub program: Program,
    /// `None` when the kernel computes nothing.
    pub reference: Option<Reference>,
    /// The machine the kernel is made for; `None` when any will do.
    pub machine: Option<MachineSpec>,
}

impl Kernel {
    /// # Errors
    /// [`KernelError`] for parameters that are unknown or whose values do not work.
    pub fn record(&'static self, given: &Texts) -> Result<Recorded, KernelError> {
        (self.record)(&mut self.request(given)?)
    }

    /// As [`Kernel::record`], and what the kernel read of its parameters.
    ///
    /// # Errors
    /// As [`Kernel::record`].
    pub fn record_and_read(&'static self, given: &Texts) -> Result<(Recorded, Read), KernelError> {
        let mut request = self.request(given)?;
        let recorded = (self.record)(&mut request)?;
        Ok((recorded, request.read()))
    }

    /// The reference alone, for a program that was recorded earlier: `given` are the program's `params`.
    ///
    /// # Errors
    /// As [`Kernel::record`].
    pub fn reference(&'static self, given: &Texts) -> Result<Option<Reference>, KernelError> {
        (self.reference)(&mut self.request(given)?)
    }

    /// `given` and the parameters that the shapes of a file of inputs fix.
    ///
    /// # Errors
    /// [`KernelError::Input`] when inputs are missing, or contradict each other or `given`.
    pub fn with_inputs(&'static self, given: &Texts, file: &FileShapes) -> Result<Texts, KernelError> {
        with_file(self.name, self.inputs, given, file)
    }

    fn request(&'static self, given: &Texts) -> Result<Request, KernelError> {
        let known = Catalogue::BUILT_IN.iter().flat_map(|kernel| kernel.params).map(|param| param.name);
        Request::new(self.name, self.params, &known.collect::<Vec<_>>(), given)
    }
}
