use super::{Answer, Probed, SEEN, Try, Variant, plan, probe};
use crate::bounds::check;
use crate::device::{Adapter, Device, DeviceError};
use crate::launch::Launch;
use crate::plan::{Contents, Plan};
use crate::tolerance::Allowance;

/// Copies poison for plans of this form, as a system that does not hold the consumer back.
struct Hasty {
    adapter: Adapter,
    plans: Vec<Plan>,
}

impl Device for Hasty {
    fn adapter(&self) -> &Adapter {
        &self.adapter
    }
    fn allowance(&self) -> Allowance {
        Allowance::NONE
    }

    fn run(&self, plan: &Plan, _: &Contents) -> Result<Vec<Vec<u8>>, DeviceError> {
        let last = if self.plans.contains(plan) { [0xff; 4] } else { 1.0f32.to_le_bytes() };
        Ok(vec![[1.0f32.to_le_bytes(), last].concat()])
    }
}

#[test]
fn stale_copies_answer_the_questions() {
    use Answer::{No, Unknown, Yes};
    use Variant::{Head, None, Overtaken, WaitOnly};
    let cases: [(&[Variant], [Answer; 3]); 6] = [
        (&[], [Unknown; 3]),
        (&[None], [Yes; 3]),
        (&[None, WaitOnly], [No, Yes, Yes]),
        (&[None, Overtaken], [Yes, Yes, No]),
        (&[None, WaitOnly, Head, Overtaken], [No; 3]),
        (&[WaitOnly], [No, Unknown, Unknown]),
    ];
    for (stale, expected) in cases {
        let plans = stale.iter().copied().map(plan).collect();
        let found = probe(&Hasty { adapter: Adapter::default(), plans }, 3).expect("it runs every plan");
        let Probed { rounds, tries, wait_only_gates, head_gates, signals_in_order } = found;
        assert_eq!([wait_only_gates, head_gates, signals_in_order], expected, "{stale:?}");
        let is_stale = |variant| Try { variant, stale: if stale.contains(&variant) { 3 } else { 0 } };
        assert_eq!((rounds, tries), (3, Variant::ALL.map(is_stale).to_vec()), "{stale:?}");
    }
}

/// Only the place of the wait differs, and the host takes nothing before all is done.
#[test]
fn the_plans_differ_in_where_the_consumer_waits() {
    let shape = |variant| {
        let plan = plan(variant);
        let read = &plan.reads[0];
        assert_eq!((plan.reads.len(), read.buffer), (1, SEEN.0));
        assert_eq!(1 + read.and_after.len(), plan.command_buffers.len());
        let command_buffers = plan.command_buffers.into_iter();
        command_buffers.map(|each| (each.device.0, each.waits.len(), each.passes.len())).collect::<Vec<_>>()
    };
    for (variant, expected) in [
        (Variant::None, vec![(0, 0, 5), (1, 0, 1)]),
        (Variant::WaitOnly, vec![(0, 0, 5), (1, 1, 0), (1, 0, 1)]),
        (Variant::Head, vec![(0, 0, 5), (1, 1, 1)]),
        (Variant::Overtaken, vec![(0, 0, 5), (0, 0, 1), (1, 1, 1)]),
    ] {
        assert_eq!(shape(variant), expected, "{variant:?}");
    }
}

#[test]
fn a_gpu_can_run_every_plan() {
    for plan in Variant::ALL.map(plan) {
        assert_eq!(check(&plan, &Contents::default()), Ok(()));
        for pass in plan.command_buffers.iter().flat_map(|command_buffer| &command_buffer.passes) {
            let launch = Launch::of(pass);
            assert!(launch.is_ok(), "{launch:?}");
        }
    }
}
