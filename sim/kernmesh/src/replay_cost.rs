//! The cost of a replay, estimated before it begins. A huge but legal one gets a warning.

use kernels::Catalogue;
use program::program::HostTensor;
use program::{ComputeOp, Op, Program};

use crate::given::quoted;
use crate::render::{bytes, grouped};

/// Multiply-adds from which on a replay takes a minute or more: the reference does them twice more, in plain code.
const MANY_MULTIPLY_ADDS: u64 = 1 << 36;
/// Tensor bytes from which on a replay is huge: with its copies it takes about three times as much memory.
const MANY_BYTES: u64 = 2 << 30;

/// Multiply-adds and tensor bytes of a replay. Counts saturate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReplayCost {
    /// Of all dots.
    pub multiply_adds: u64,
    /// Of inputs, outputs and their references. Values between ops and temporary copies come on top, so this is a
    /// lower bound.
    pub tensor_bytes: u64,
}

impl ReplayCost {
    /// `judged`: whether references compute the outputs again, twice, in f64.
    pub fn of(program: &Program, judged: bool) -> ReplayCost {
        let sum = |tensors: &[HostTensor], bytes: &dyn Fn(&HostTensor) -> u64| {
            tensors.iter().map(bytes).fold(0, u64::saturating_add)
        };
        let wide = |tensor: &HostTensor| if judged { tensor.elements().saturating_mul(8) } else { 0 };
        let (inputs, outputs) = (&program.inputs, &program.outputs);
        let parts = [
            sum(inputs, &HostTensor::bytes),
            sum(outputs, &HostTensor::bytes),
            sum(inputs, &wide),
            sum(outputs, &wide).saturating_mul(2),
        ];
        ReplayCost {
            multiply_adds: multiply_adds(program),
            tensor_bytes: parts.into_iter().fold(0, u64::saturating_add),
        }
    }

    fn is_huge(self) -> bool {
        self.multiply_adds >= MANY_MULTIPLY_ADDS || self.tensor_bytes >= MANY_BYTES
    }
}

/// The warning before a huge replay, in one line.
pub fn warning(program: &Program, judged: bool, kernels: Catalogue) -> Option<String> {
    let cost = ReplayCost::of(program, judged);
    let (dots, held) = (grouped(cost.multiply_adds), bytes(cost.tensor_bytes));
    let less = match &longest(program, kernels)[..] {
        [] => "record a smaller program".to_owned(),
        names => format!("lower {}", quoted(names)),
    };
    cost.is_huge().then(|| {
        format!("the replay does {dots} multiply-adds on at least {held} of tensors, which may take minutes: {less} for less")
    })
}

fn multiply_adds(program: &Program) -> u64 {
    let mut sum = 0u64;
    for rank in &program.ranks {
        for op in &rank.ops {
            if let Op::Compute(ComputeOp::Dot { a, c, .. }) = op {
                let k = rank.views[a.index()].shape.last().map_or(1, |&k| u64::from(k));
                let made = rank.views[c.index()].shape.iter().map(|&n| u64::from(n));
                sum = sum.saturating_add(made.fold(k, u64::saturating_mul));
            }
        }
    }
    sum
}

/// The parameters that give the inputs their longest axes.
fn longest(program: &Program, kernels: Catalogue) -> Vec<&'static str> {
    let Ok(kernel) = kernels.find(&program.kernel) else { return Vec::new() };
    let axes = kernel.inputs.iter().flat_map(|input| input.axes);
    let extent = |name: &str| program.params.get(name).and_then(|text| text.parse::<u64>().ok());
    let most = axes.clone().filter_map(|name| extent(name)).max();
    let mut names: Vec<&str> = axes.copied().filter(|name| most.is_some() && extent(name) == most).collect();
    names.sort_unstable();
    names.dedup();
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    fn gemm(m: u32, n: u32, k: u32) -> Program {
        let params = [("m", m), ("n", n), ("k", k), ("ranks", 2)];
        let params = params.map(|(name, value)| (name.to_owned(), value.to_string()));
        kernels::find("gemm").unwrap().record(&params.into()).unwrap().program
    }

    #[test]
    fn the_cost_is_counted_to_the_last_multiply_add_and_byte() {
        for (m, n, k) in [(8, 8, 8), (7, 5, 3), (256, 128, 96), (1, 1, 1)] {
            let (wide_m, wide_n, wide_k) = (u64::from(m), u64::from(n), u64::from(k));
            let (given, made) = (wide_m * wide_k + wide_k * wide_n, wide_m * wide_n);
            let program = gemm(m, n, k);
            let multiply_adds = wide_m * wide_n * wide_k;
            let plain = ReplayCost { multiply_adds, tensor_bytes: 2 * (given + made) };
            assert_eq!(ReplayCost::of(&program, false), plain, "{m}×{n}×{k}");
            let judged = ReplayCost { tensor_bytes: plain.tensor_bytes + 8 * (given + 2 * made), ..plain };
            assert_eq!(ReplayCost::of(&program, true), judged, "{m}×{n}×{k}");
        }
    }

    #[test]
    fn counts_saturate() {
        let mut program = gemm(8, 8, 8);
        program.inputs[0].shape = vec![u32::MAX; 4];
        assert_eq!(ReplayCost::of(&program, true).tensor_bytes, u64::MAX);
    }

    #[test]
    fn only_a_huge_cost_is_warned_of_and_the_longest_axes_are_named() {
        let with = |m: &str, n: &str, k: &str| {
            let mut program = gemm(8, 8, 8);
            for (name, value) in [("m", m), ("n", n), ("k", k)] {
                program.params.insert(name.to_owned(), value.to_owned());
            }
            program.outputs[0].shape = vec![m.parse().unwrap(), n.parse().unwrap()];
            program
        };
        assert_eq!(warning(&gemm(8, 8, 8), true, Catalogue::BUILT_IN), None);
        assert_eq!(warning(&with("2048", "2048", "2048"), true, Catalogue::BUILT_IN), None);
        let said = warning(&with("32768", "32768", "1"), true, Catalogue::BUILT_IN).unwrap();
        assert_eq!(
            said,
            "the replay does 512 multiply-adds on at least 18 GiB of tensors, which may take minutes: \
             lower `m`, `n` for less"
        );
        let mut foreign = with("32768", "32768", "1");
        foreign.kernel = "mine".to_owned();
        assert!(
            warning(&foreign, true, Catalogue::BUILT_IN)
                .unwrap()
                .ends_with(": record a smaller program for less")
        );
    }

    #[test]
    fn no_default_of_a_kernel_is_huge() {
        for kernel in Catalogue::BUILT_IN.iter() {
            let recorded = kernel.record(&Default::default()).unwrap();
            assert_eq!(warning(&recorded.program, true, Catalogue::BUILT_IN), None, "{}", kernel.name);
        }
    }

    #[test]
    fn either_limit_is_enough() {
        for (multiply_adds, tensor_bytes, huge) in [
            (MANY_MULTIPLY_ADDS - 1, MANY_BYTES - 1, false),
            (MANY_MULTIPLY_ADDS, 0, true),
            (0, MANY_BYTES, true),
        ] {
            assert_eq!(ReplayCost { multiply_adds, tensor_bytes }.is_huge(), huge);
        }
    }
}
