//! The named span of an op.

use program::RankProgram;

/// By op: the innermost span that has it, by its place among the rank's spans.
pub fn innermost(rank: &RankProgram) -> Vec<Option<u32>> {
    let mut of_op = vec![None; rank.ops.len()];
    let length = |span: u32| {
        let span = &rank.spans[span as usize];
        span.end.0.saturating_sub(span.first.0)
    };
    let mut spans: Vec<u32> = (0..rank.spans.len() as u32).collect();
    // Of equal spans, the one that was opened last lies inside.
    spans.sort_by_key(|&span| std::cmp::Reverse(length(span)));
    for span in spans {
        let named = &rank.spans[span as usize];
        let (first, end) = (named.first.index(), named.end.index().min(of_op.len()));
        if first < end {
            of_op[first..end].fill(Some(span));
        }
    }
    of_op
}

#[cfg(test)]
mod tests {
    use program::program::NamedSpan;
    use program::{Op, OpIndex, QueueOp};

    use super::*;

    #[test]
    fn an_op_belongs_to_the_innermost_of_its_spans() {
        let span = |first, end| NamedSpan { name: String::new(), first: OpIndex(first), end: OpIndex(end) };
        let rank = RankProgram {
            ops: vec![Op::Queue(QueueOp::Commit {}); 5],
            spans: vec![span(1, 3), span(0, 4), span(2, 3), span(2, 3), span(9, 99), span(4, 2)],
            ..RankProgram::default()
        };
        assert_eq!(innermost(&rank), [Some(1), Some(0), Some(3), Some(1), None]);
    }
}
