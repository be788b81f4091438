//! Small runs of every kernel, for tests of everything that runs and for `kernmesh check`.

use std::fmt::Display;

use crate::{FILES, Kernel, KernelError, Recorded, find};

/// A kernel with parameters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Case {
    /// As on the command line: `mesh_mlo ranks=3 slots=2`.
    pub words: &'static str,
    pub uses: &'static [Use],
}

/// Tests that run a case.
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
    /// Tests that vary the same and do not run what they record, only verify it: other sizes, many ranks.
    Fit,
    /// Tests that run what is at the edge once: fewer elements than ranks, groups of odd sizes, many ranks.
    Edge,
    /// Tests on the preset `tiny`, in each dtype.
    Tiny,
}

/// The cases for one of these uses, in the order of the catalogue.
pub fn cases(uses: &[Use]) -> impl Iterator<Item = &'static str> {
    let all = FILES.iter().flat_map(|file| file.cases);
    all.filter(|case| case.uses.iter().any(|of| uses.contains(of))).map(|case| case.words)
}

/// The cases for a use over ranks × topology × slots × packed or not, as far as the kernel has these parameters and the
/// case does not give them.
pub fn sweep(of: Use, ranks: &[u32], slots: &[u32]) -> Vec<String> {
    let words = varied(cases(&[of]).map(str::to_owned), "ranks", ranks);
    let words = varied(words, "topology", &["line", "ring"]);
    varied(varied(words, "slots", slots), "packed", &[false, true])
}

/// Each case with each value of a parameter, as in [`sweep`].
pub fn varied(words: impl IntoIterator<Item = String>, name: &str, values: &[impl Display]) -> Vec<String> {
    let is_open = |words: &str| {
        kernel(words).params.iter().any(|param| param.name == name) && !words.contains(&format!(" {name}="))
    };
    let with_each = |words: String| match is_open(&words) {
        true => values.iter().map(|value| format!("{words} {name}={value}")).collect(),
        false => vec![words],
    };
    words.into_iter().flat_map(with_each).collect()
}

/// Records a kernel with its parameters in words, as a case has them.
///
/// # Errors
/// [`KernelError`] for kernels and parameters that are unknown, and for values that do not work.
pub fn record_words(words: &str) -> Result<Recorded, KernelError> {
    let (kernel, given) = words.split_once(' ').unwrap_or((words, ""));
    let given = given.split_whitespace().map(|word| word.split_once('=').unwrap_or((word, "")));
    find(kernel)?.record(&given.map(|(key, value)| (key.to_owned(), value.to_owned())).collect())
}

fn kernel(words: &str) -> &'static Kernel {
    find(words.split(' ').next().unwrap_or_default()).unwrap_or_else(|error| panic!("{words}: {error}"))
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
    pub const fn fit(words: &'static str) -> Case {
        Case { words, uses: &[Use::Fit] }
    }
    pub const fn edge(words: &'static str) -> Case {
        Case { words, uses: &[Use::Edge] }
    }
    pub const fn tiny(words: &'static str) -> Case {
        Case { words, uses: &[Use::Tiny] }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Catalogue;

    /// Kernels that compute also have a case for backends, and one for a small machine.
    #[test]
    fn every_kernel_has_cases() {
        for wanted in Catalogue::BUILT_IN.iter() {
            let has = |of| cases(&[of]).any(|words| kernel(words).name == wanted.name);
            assert!(has(Use::Run), "{} has no case", wanted.name);
            assert_eq!(has(Use::Backend) && has(Use::Tiny), !wanted.inputs.is_empty(), "{}", wanted.name);
        }
    }
}
