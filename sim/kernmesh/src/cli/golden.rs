//! `--golden`: the op log that a run is held to, and how it is accepted.

use std::path::Path;

use oplog::Checksums;
use replay::ReadRule;

use super::args::RunArgs;
use super::diff::options;
use super::log_args::NearArgs;
use crate::comparison::{Compared, compare};
use crate::error::Error;
use crate::golden::Held;
use crate::judge::Judge;
use crate::log_file;
use crate::memory::default_limit;
use crate::simulate::{Computed, Tensors, Timed};
use crate::target::{Staged, Target};

/// The golden of a run, as it lies on disk before the run.
pub struct Golden<'a> {
    args: &'a RunArgs,
    path: &'a Path,
    /// `None` when there is no file yet.
    stored: Option<(Timed, Option<Checksums>)>,
    /// Where to write it, and its checksums, when it is accepted.
    targets: Option<[Target; 2]>,
}

impl<'a> Golden<'a> {
    /// Reads the golden that is asked for.
    ///
    /// # Errors
    /// [`Error::Input`] when there is none and none is to be made; [`Error::Damaged`] when it cannot be read.
    pub fn of(args: &'a RunArgs, targets: Option<[Target; 2]>) -> Result<Option<Golden<'a>>, Error> {
        let Some(path) = args.golden.as_deref() else {
            let NearArgs { within, within_fs, without_values } = args.near;
            if within.is_some() || within_fs.is_some() || without_values {
                let problem = "--within and --without-values say how a run may differ from a golden";
                return Err(Error::input(problem, "--golden", "name one with --golden LOG"));
            }
            return Ok(None);
        };
        if args.compute.read_rule != ReadRule::Identity {
            let problem = "a golden needs the intended values, which only the read rule `identity` computes";
            return Err(Error::input(problem, "--read-rule", "leave --read-rule out"));
        }
        if args.bless && args.compute.judge == Some(Judge::None) {
            let problem = "a run that is not judged cannot become the golden";
            return Err(Error::input(problem, "--judge", "leave --judge out, or --bless"));
        }
        if !path.exists() && targets.is_none() {
            let help = "add --bless to this command to make this run the golden";
            return Err(Error::input("there is no golden yet", path.display().to_string(), help));
        }
        let stored = path.exists().then(|| read(path, args.near.without_values)).transpose();
        // Who accepts a new one need not be able to read the old one.
        let stored = if targets.is_some() { stored.unwrap_or(None) } else { stored? };
        Ok(Some(Golden { args, path, stored, targets }))
    }

    /// Compares the run with the golden.
    pub fn hold(&self, timed: &Timed, computed: &Computed, tensors: &Tensors) -> Held {
        let inputs = tensors.inputs.as_ref();
        let now = Compared { timed, checksums: computed.checksums.as_ref(), inputs };
        let difference = self.stored.as_ref().map(|(golden, checksums)| {
            let golden = Compared { timed: golden, checksums: checksums.as_ref(), inputs };
            compare(golden, now, options(&self.args.near))
        });
        let blessed = self.targets.is_some() && computed.passed();
        let is_wrong = !computed.passed();
        Held { file: self.path.display().to_string(), blessed, difference, is_wrong }
    }

    /// The run as the new golden, beside the old one until it is committed. A wrong run cannot be a golden.
    ///
    /// # Errors
    /// [`Error::System`] when the disk does not take it.
    pub fn stage(&self, timed: &Timed, computed: &Computed) -> Result<Vec<Staged>, Error> {
        let Some([log, sums]) = self.targets.as_ref().filter(|_| computed.passed()) else {
            return Ok(Vec::new());
        };
        // The checksums first: those of another log are refused, and a log with none is not trusted.
        let sums = computed.checksums.as_ref().map(|of_run| sums.stage(&of_run.encode()));
        let log = log.stage(&log_file::to_bytes(timed, self.path));
        sums.into_iter().chain([log]).collect()
    }
}

fn read(path: &Path, without_values: bool) -> Result<(Timed, Option<Checksums>), Error> {
    let timed = log_file::read(path, default_limit())?;
    let checksums = if without_values { None } else { log_file::read_checksums(path, &timed)? };
    Ok((timed, checksums))
}
