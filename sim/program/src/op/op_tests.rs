use super::*;

/// One op of every kind, each number of it 1.
fn one_of_each() -> Vec<Op> {
    let op = |code| Op::of_numbers(code, &mut || Ok::<u64, NumberError>(1)).ok();
    let ops: Vec<Op> = (0..=u8::MAX).filter_map(op).collect();
    for name in Op::NAMES {
        assert!(ops.iter().any(|op| op.name() == *name), "{name}");
    }
    ops
}

/// Phase 1 walks millions of them.
#[test]
fn an_op_is_half_a_cache_line() {
    assert_eq!(size_of::<Op>(), 32);
}

/// What runs on a unit costs time there, and what costs none is done by the sequencer.
#[test]
fn cost_and_ordering_classes_agree() {
    for op in one_of_each() {
        let class = match op.cost_class() {
            CostClass::Dma | CostClass::Gemm | CostClass::Math(_) | CostClass::Busy(..) => Class::Unit,
            CostClass::Send => Class::Send,
            CostClass::Recv | CostClass::Fold => Class::RecvCopy,
            CostClass::Control => op.class(),
        };
        assert_eq!(op.class(), class, "{op:?}");
        let on_unit = matches!(op.class(), Class::Unit | Class::Send | Class::RecvCopy);
        assert_eq!(op.unit() != UnitKind::Sequencer, on_unit, "{op:?}");
        assert_eq!(op.class().queued() == Class::Pass, op.stage() == Stage::Pass, "{op:?}");
    }
}

#[test]
fn messages_are_sent_received_or_freed_by_what_names_them() {
    for op in one_of_each() {
        let [sends, receives, frees, consumes] = [op.sends(), op.receives(), op.frees(), op.consumes()];
        let uses = [sends, receives, frees].iter().any(|messages| !messages.is_empty());
        assert_eq!(uses, !op.messages().is_empty(), "{op:?}");
        assert_eq!(!consumes.is_empty(), !receives.is_empty() && !frees.is_empty(), "{op:?}");
        assert!(sends.is_empty() || receives.is_empty() && frees.is_empty(), "{op:?}");
    }
}

#[test]
fn what_an_op_computes_or_moves_is_what_it_reads_and_writes() {
    for op in one_of_each() {
        let (access, views) = (op.access(), op.views().collect::<Vec<_>>());
        assert!(access.reads().chain(access.write).all(|view| views.contains(&view)), "{op:?}");
        match op.effect() {
            Effect::Compute(_) | Effect::Fold(_) => assert!(access.write.is_some(), "{op:?}"),
            Effect::Move { from, to: Target::View(to) } => {
                assert_eq!((access.reads().next(), access.write), (Some(from), Some(to)));
            }
            Effect::Move { from, to: Target::Slots(messages) } => {
                assert_eq!((access.reads().next(), messages), (Some(from), op.sends()));
            }
            Effect::Nothing => assert!(access.reads().chain(access.write).next().is_none(), "{op:?}"),
        }
    }
}

#[test]
fn an_op_on_other_views_names_those_in_the_same_order() {
    let x = Operand::View(ViewId(7));
    let op =
        ComputeOp::Where { mask: ViewId(3), x: Operand::Constant(Constant::Float(1)), y: x, to: ViewId(3) };
    let mut next = 10;
    let renamed = op.with_views(|_| {
        next += 1;
        ViewId(next)
    });
    assert_eq!(renamed.views().map(|view| view.0).collect::<Vec<_>>(), [11, 12, 13]);
    assert_eq!(Op::from(op).views().map(|view| view.0).collect::<Vec<_>>(), [3, 7, 3]);
}
