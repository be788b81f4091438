//! What changed between two runs, said compactly.

use oplog::FindingOp;
use oplog::diff::{Cause, Diff, Difference, MachineChange, Spot};

use super::Paint;
use super::columns::{WIDTH, wrapped};
use super::number::ns;

/// Width of the labels.
const LABEL: usize = 11;
/// Changes of the machine, and of parameters, shown.
const SHOWN: usize = 8;

/// `values_known` is whether both logs had checksums.
pub fn diff(diff: &Diff, values_known: bool, paint: Paint) -> String {
    let mut text = format!("{}\n", verdict(diff, values_known, paint));
    let mut line = |label: &str, said: &str| {
        text.push_str(&format!("{}{}\n", paint.faint(&format!("{label:LABEL$}")), wrapped(said, LABEL)));
    };
    let first =
        [("structure", &diff.first.structure), ("timing", &diff.first.timing), ("data", &diff.first.data)];
    for (kind, spot) in first {
        if let Some(spot) = spot {
            line(kind, &said(spot));
        }
    }
    if diff.makespan.delta != 0 {
        line("makespan", &makespan(diff));
    }
    for (at, cause) in diff.causes.iter().enumerate() {
        line(if at == 0 { "cause" } else { "" }, &said_of(cause));
    }
    for (label, changes) in [("machine", &diff.machine), ("params", &diff.params)] {
        for (at, change) in changes.iter().take(SHOWN).enumerate() {
            line(if at == 0 { label } else { "" }, &changed(change));
        }
        if let Some(more @ 1..) = changes.len().checked_sub(SHOWN) {
            line("", &format!("… and {more} more"));
        }
    }
    text
}

fn verdict(diff: &Diff, values_known: bool, paint: Paint) -> String {
    match diff.verdict {
        Difference::Structure => paint.bad("DIFFERENT  the ops differ"),
        Difference::Timing => paint.bad("DIFFERENT  the same ops at other times"),
        Difference::Data => paint.bad("DIFFERENT  the same ops at the same times, with other values"),
        Difference::Same if values_known => paint.good("SAME       ops, times and values"),
        Difference::Same => {
            format!(
                "{}; values were not compared: replay both logs first",
                paint.good("SAME       ops and times")
            )
        }
    }
}

fn said(spot: &Spot) -> String {
    match &spot.op {
        Some(op) => format!("first at {}: {}", place(op), spot.what),
        None => spot.what.clone(),
    }
}

/// `rank 3, op 12, dot on gemm (mesh.rs:40:9)`.
fn place(op: &FindingOp) -> String {
    let source = if op.source.is_empty() { String::new() } else { format!(" ({})", op.source) };
    format!("rank {}, op {}, {} on {}{source}", op.rank, op.index, op.op, op.unit)
}

fn said_of(cause: &Cause) -> String {
    let times = if cause.ops > 1 { format!(" ({} ops alike)", cause.ops) } else { String::new() };
    format!("{}{times}: {}", place(&cause.op), cause.what)
}

fn makespan(diff: &Diff) -> String {
    let (a, b, delta) = (diff.makespan.a, diff.makespan.b, diff.makespan.delta);
    let sign = if delta < 0 { "−" } else { "+" };
    let share = delta.unsigned_abs() as f64 * 100.0 / a as f64;
    let share = if a == 0 { String::new() } else { format!(", {sign}{share:.2} %") };
    format!("{} → {} ({sign}{}{share})", ns(a), ns(b), ns(delta.unsigned_abs()))
}

fn changed(change: &MachineChange) -> String {
    let value = |value: &Option<String>| value.clone().unwrap_or_else(|| "absent".to_owned());
    let text = format!("{}: {} → {}", change.key, value(&change.a), value(&change.b));
    if text.chars().count() <= WIDTH - LABEL { text } else { format!("{} differs", change.key) }
}

#[cfg(test)]
mod tests {
    use oplog::diff::{First, MakespanChange};

    use super::*;

    fn op() -> FindingOp {
        FindingOp {
            rank: 3,
            index: 12,
            op: "dot".to_owned(),
            unit: "gemm".to_owned(),
            source: "mesh.rs:40:9".to_owned(),
        }
    }

    fn slower() -> Diff {
        let timing = Spot { op: Some(op()), what: "starts 2 ns later".to_owned() };
        let cause =
            Cause { op: op(), what: "takes 5 fs longer: 1 in a, 6 in b".to_owned(), shift_fs: 5, ops: 2 };
        let key = |key: &str, a: Option<&str>| MachineChange {
            key: key.to_owned(),
            a: a.map(str::to_owned),
            b: Some("2".to_owned()),
        };
        Diff {
            verdict: Difference::Timing,
            first: First { structure: None, timing: Some(timing), data: None },
            causes: vec![cause],
            makespan: MakespanChange { a: 4_000_000, b: 5_000_000, delta: 1_000_000 },
            machine: vec![key("pe.issue_cycles", Some("1")), key("sram.bytes", None)],
            params: vec![key("slots", Some("8"))],
        }
    }

    #[test]
    fn a_difference_says_where_it_begins_and_why() {
        assert_eq!(
            diff(&slower(), true, Paint::default()),
            "DIFFERENT  the same ops at other times\n\
             timing     first at rank 3, op 12, dot on gemm (mesh.rs:40:9): starts 2 ns later\n\
             makespan   4 ns → 5 ns (+1 ns, +25.00 %)\n\
             cause      rank 3, op 12, dot on gemm (mesh.rs:40:9) (2 ops alike): takes 5 fs longer: 1 in a, 6 in\n\
             \x20          b\n\
             machine    pe.issue_cycles: 1 → 2\n\
             \x20          sram.bytes: absent → 2\n\
             params     slots: 8 → 2\n"
        );
    }

    #[test]
    fn equal_logs_say_whether_values_were_compared() {
        let same = Diff {
            verdict: Difference::Same,
            first: First::default(),
            causes: Vec::new(),
            makespan: MakespanChange { a: 4, b: 4, delta: 0 },
            machine: Vec::new(),
            params: Vec::new(),
        };
        assert_eq!(diff(&same, true, Paint::default()), "SAME       ops, times and values\n");
        assert!(diff(&same, false, Paint::default()).contains("values were not compared"));
    }
}
