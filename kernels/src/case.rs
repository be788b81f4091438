//! Small runs of every kernel, for tests of everything that runs and for `kernmesh check`.

use crate::FILES;

/// A kernel with parameters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Case {
    /// As on the command line: `mesh_mlo ranks=3 slots=2`.
    pub words: &'static str,
    pub uses: &'static [Use],
}

/// Which tests run a case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Use {
    /// Tests that run everything once or a few times.
    Run,
    /// Tests of refusals: no machine can run the case.
    Refused,
    /// Tests of backends, and `kernmesh check`: larger, in each dtype.
    Backend,
    /// Tests that vary ranks, topology, slots and packing of the case.
    Sweep,
}

/// The cases for one of these uses, in the order of the catalogue.
pub fn cases(uses: &[Use]) -> impl Iterator<Item = &'static str> {
    let all = FILES.iter().flat_map(|file| file.cases);
    all.filter(|case| case.uses.iter().any(|of| uses.contains(of))).map(|case| case.words)
}

impl Case {
    pub const fn run(words: &'static str) -> Case {
        Case { words, uses: &[Use::Run] }
    }
    pub const fn backend(words: &'static str) -> Case {
        Case { words, uses: &[Use::Backend] }
    }
    pub const fn sweep(words: &'static str) -> Case {
        Case { words, uses: &[Use::Sweep] }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Catalogue, Kernel, find};

    fn kernel(words: &str) -> &'static Kernel {
        find(words.split(' ').next().unwrap_or_default()).unwrap_or_else(|error| panic!("{words}: {error}"))
    }

    /// Kernels that compute also have a case for backends.
    #[test]
    fn every_kernel_has_cases() {
        for wanted in Catalogue::BUILT_IN.iter() {
            let has = |of| cases(&[of]).any(|words| kernel(words).name == wanted.name);
            assert!(has(Use::Run), "{} has no case", wanted.name);
            assert_eq!(has(Use::Backend), !wanted.inputs.is_empty(), "{}", wanted.name);
        }
    }
}
