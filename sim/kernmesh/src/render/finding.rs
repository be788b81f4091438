//! Findings, as a good compiler would say them: what, where, why, and the repair.

use std::fmt::Write;

use oplog::{Finding, FindingKind, FindingOp};

use super::Paint;
use super::number::ns;

/// The first few findings, and how many more there are: a screen is for reading.
pub fn findings(list: &[Finding], shown: usize, paint: Paint) -> String {
    let mut text = String::new();
    for finding in list.iter().take(shown) {
        text.push_str(&one(finding, paint));
    }
    if let Some(more) = list.len().checked_sub(shown).filter(|&more| more > 0) {
        text.push_str(&format!("… and {more} more findings: --json lists them all\n"));
    }
    text
}

fn one(finding: &Finding, paint: Paint) -> String {
    let mut text = String::new();
    let mut line = |line: String| writeln!(text, "{line}").expect("a string takes any text");
    line(format!("{}: {}", paint.bad(&format!("finding[{}]", name(finding.kind))), finding.message));
    for (at, op) in finding.ops.iter().enumerate() {
        let arrow = if at == 0 { "-->" } else { "and" };
        line(format!("  {} {}", paint.faint(arrow), place(op)));
    }
    let mut note = |label: &str, said: &str| {
        if !said.is_empty() {
            line(format!("  {}: {said}", paint.strong(label)));
        }
    };
    note("where", &memory(finding));
    note("missing", &finding.missing);
    note("in this run", &measured(finding));
    note("help", &finding.repair);
    text
}

/// The name that JSON has.
fn name(kind: FindingKind) -> String {
    let name = serde_json::to_value(kind).expect("a kind is a word");
    name.as_str().unwrap_or_default().to_owned()
}

/// `decode.rs:40:9 (rank 1, op 12, forward on send)`.
fn place(op: &FindingOp) -> String {
    let unit = if op.unit.is_empty() { String::new() } else { format!(" on {}", op.unit) };
    let place = format!("rank {}, op {}, {}{unit}", op.rank, op.index, op.op);
    if op.source.is_empty() { place } else { format!("{} ({place})", op.source) }
}

fn memory(finding: &Finding) -> String {
    match finding.bytes {
        Some([start, end]) if finding.place.is_empty() => format!("bytes {start}..{end}"),
        Some([start, end]) => format!("{}, bytes {start}..{end}", finding.place),
        None => finding.place.clone(),
    }
}

fn measured(finding: &Finding) -> String {
    let values = finding.value_differed.map(|differed| match differed {
        true => "the values differed".to_owned(),
        false => "the values happened to agree".to_owned(),
    });
    let slack = finding.slack_fs.map(|fs| format!("the accesses lay {} apart", ns(fs)));
    values.into_iter().chain(slack).collect::<Vec<_>>().join("; ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn race() -> Finding {
        let op = |rank, index, op: &str, source: &str| FindingOp {
            rank,
            index,
            op: op.to_owned(),
            unit: "send".to_owned(),
            source: source.to_owned(),
        };
        Finding {
            kind: FindingKind::SlotOverwritten,
            ops: vec![op(1, 12, "forward", "decode.rs:40:9"), op(0, 5, "send", "")],
            place: "slot 3 of ring0 in TCM of rank 1".to_owned(),
            bytes: Some([0, 128]),
            message: "the forward reads another message than it names".to_owned(),
            missing: "release → credit → send".to_owned(),
            repair: "release the slot after the forward".to_owned(),
            value_differed: Some(true),
            slack_fs: Some(1_500_000),
        }
    }

    #[test]
    fn a_finding_names_both_ops_the_bytes_and_the_repair() {
        let text = findings(&[race()], 5, Paint::default());
        assert_eq!(
            text,
            "finding[slot_overwritten]: the forward reads another message than it names\n\
             \x20 --> decode.rs:40:9 (rank 1, op 12, forward on send)\n\
             \x20 and rank 0, op 5, send on send\n\
             \x20 where: slot 3 of ring0 in TCM of rank 1, bytes 0..128\n\
             \x20 missing: release → credit → send\n\
             \x20 in this run: the values differed; the accesses lay 1.5 ns apart\n\
             \x20 help: release the slot after the forward\n"
        );
    }

    #[test]
    fn what_is_not_known_is_not_said() {
        let bare = Finding {
            ops: Vec::new(),
            place: String::new(),
            bytes: None,
            missing: String::new(),
            repair: String::new(),
            value_differed: None,
            slack_fs: None,
            ..race()
        };
        let text = findings(&[bare.clone(), bare.clone(), bare], 1, Paint::default());
        assert_eq!(text.lines().count(), 2, "{text}");
        assert!(text.ends_with("… and 2 more findings: --json lists them all\n"), "{text}");
    }
}
