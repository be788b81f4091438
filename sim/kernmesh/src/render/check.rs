//! A check on a GPU, and a plan, for people.

use gpu::Plan;
use gpu::op_by_op::{Failure, Kind, PerOp};
use gpu::plan::{CommandBuffer, Moment, Pass};
use gpu::report::PlanCounts;
use oplog::Against;

use super::columns::{listed, wrapped};
use super::finding::findings;
use super::number::{bytes, grouped, percent, small};
use super::verdict::numbers;
use super::{Paint, Shows, one_line};
use crate::check::{Checked, EndToEnd, PlanCheck, Planted};

/// Width of the labels.
const LABEL: usize = 11;
/// Findings shown in full.
const SHOWN: usize = 3;

pub fn checked(checked: &Checked, shows: Shows) -> String {
    let paint = shows.paint;
    let word = if checked.passed() { paint.good("PASS") } else { paint.bad("FAIL") };
    let adapter = &checked.adapter;
    let mut text = format!(
        "{word}{}{} on {}, {}\n",
        " ".repeat(LABEL - 4),
        checked.backend,
        adapter.name,
        adapter.driver
    );
    let mut line = |label: &str, said: String| {
        if !said.is_empty() {
            text.push_str(&format!("{}{said}\n", paint.faint(&format!("{label:LABEL$}"))));
        }
    };
    line("plan", planned(&checked.plan));
    line("op by op", counted(&checked.per_op));
    line("kinds", kinds(&checked.per_op));
    line("end to end", end_to_end(&checked.end_to_end));
    line("faults", faults(&checked.faults));
    for failure in &checked.per_op.failures {
        text.push_str(&format!("\n{}: {}\n", paint.bad(&op(failure)), failure.what));
    }
    if !checked.plan.findings.is_empty() {
        text.push_str(&format!("\n{}", findings(&checked.plan.findings, shows.most(SHOWN), paint)));
    }
    text
}

/// The op that differs.
pub fn op(failure: &Failure) -> String {
    match (failure.rank, failure.index) {
        (Some(rank), Some(index)) => format!("rank {rank}, op {index} ({})", failure.op),
        (_, _) => failure.op.to_owned(),
    }
}

fn planned(plan: &PlanCheck) -> String {
    let found = match plan.findings.len() {
        0 => "safe in both queue models".to_owned(),
        n => counted_as(n as u64, "finding"),
    };
    let (PlanCounts { devices, command_buffers, passes, waits }, buffers) = (plan.counts, plan.buffers);
    let counts = [
        (u64::from(devices), "device"),
        (command_buffers, "command buffer"),
        (passes, "pass"),
        (waits, "wait"),
        (buffers as u64, "buffer"),
    ];
    let mut items = counts.map(|(n, what)| counted_as(n, what)).to_vec();
    items[0] = format!("{found}: {}", items[0]);
    items[4].push_str(&format!(" of {} in all", bytes(plan.bytes)));
    listed(&items, LABEL)
}

/// `1 pass`, `2 passes`.
fn counted_as(n: u64, what: &str) -> String {
    let plural = match n {
        1 => "",
        _ if what.ends_with('s') => "es",
        _ => "s",
    };
    format!("{} {what}{plural}", grouped(n))
}

fn counted(per_op: &PerOp) -> String {
    let agree = grouped(per_op.checked - per_op.failed);
    format!(
        "{agree} of {} passes agree with the CPU, worst {} ulp",
        grouped(per_op.checked),
        per_op.worst_ulp
    )
}

fn kinds(per_op: &PerOp) -> String {
    let one = |(name, kind): (&&str, &Kind)| {
        let how = match (kind.differing, kind.worst_ulp) {
            (0, _) => "equal bits".to_owned(),
            (n, worst) => {
                format!("({} of {} values differ, ≤ {worst} ulp)", grouped(n), grouped(kind.values))
            }
        };
        format!("{name} {} {how}", grouped(kind.checked))
    };
    listed(&per_op.by_kind.iter().map(one).collect::<Vec<_>>(), LABEL)
}

pub fn end_to_end(found: &EndToEnd) -> String {
    let against = if found.differing_share == 0.0 {
        "every bit of the outputs is the CPU's".to_owned()
    } else {
        let share = percent((found.differing_share * 1e6) as u64, 1_000_000);
        format!(
            "{share} of values differ from the CPU's, by up to {} ulp, {}",
            small(found.max_ulp),
            small(found.max_abs)
        )
    };
    let judged = found.verdict.as_ref().map(|verdict| {
        if !verdict.pass() {
            return format!("wrong: {}; ", numbers(verdict));
        }
        let leading = verdict.leading();
        let oracle = match leading.against {
            Against::Reference => "f64",
            Against::Expected => "`expected`",
        };
        format!("right by max_abs {} against {oracle}; ", small(leading.max_abs))
    });
    wrapped(&format!("{}{against}", judged.unwrap_or_default()), LABEL)
}

fn faults(planted: &[Planted]) -> String {
    let one = |fault: &Planted| match (fault.planted, fault.rejected_by.is_empty()) {
        (false, _) => format!("{} does not apply", fault.fault),
        (true, true) => format!("{} NOT rejected", fault.fault),
        (true, false) => format!("{} rejected by {}", fault.fault, fault.rejected_by.join(" and ")),
    };
    listed(&planted.iter().map(one).collect::<Vec<_>>(), LABEL)
}

/// A plan: its command buffers in the order of their commits.
pub fn plan(plan: &Plan, checked: &PlanCheck, shows: Shows) -> String {
    let paint = shows.paint;
    let mut text = format!("{}{}\n", paint.faint(&format!("{:LABEL$}", "plan")), planned(checked));
    text.push_str(
        "\ndev1 = 2 is the second command buffer of device 1, and its timeline's value once it is done.\n",
    );
    for buffer in &plan.command_buffers {
        text.push_str(&command_buffer(plan, buffer, paint));
    }
    for read in &plan.reads {
        let moments: Vec<String> = read.after.iter().chain(&read.and_after).map(moment).collect();
        let name = &plan.buffers[read.buffer.index()].name;
        let after = if moments.is_empty() {
            "as it was given".to_owned()
        } else {
            format!("after {}", moments.join(", "))
        };
        text.push_str(&format!("\nthe host reads {} {after}\n", one_line(name)));
    }
    if !checked.findings.is_empty() {
        text.push_str(&format!("\n{}", findings(&checked.findings, shows.most(SHOWN), paint)));
    }
    text
}

fn moment(moment: &Moment) -> String {
    format!("{} = {}", moment.device, moment.value)
}

fn command_buffer(plan: &Plan, buffer: &CommandBuffer, paint: Paint) -> String {
    let mut text = format!("\n{}", paint.strong(&moment(&buffer.moment())));
    if !buffer.waits.is_empty() {
        let waits: Vec<String> = buffer.waits.iter().map(moment).collect();
        text.push_str(&format!(" waits for {}", waits.join(", ")));
    }
    text.push('\n');
    for pass in &buffer.passes {
        text.push_str(&format!("  {}\n", one_pass(plan, pass)));
    }
    text
}

/// `dot      rank0.b3 ← rank0.b1, rank0.b2   rank 0, op 12`
fn one_pass(plan: &Plan, pass: &Pass) -> String {
    let name = |id| &plan.buffers[gpu::plan::buffer_of(pass.view(id)).index()].name;
    let from: Vec<&str> = pass.reads().into_iter().map(|id| name(id).as_str()).collect();
    let moved = match from.is_empty() {
        true => name(pass.writes()).clone(),
        false => format!("{} ← {}", name(pass.writes()), from.join(", ")),
    };
    let of = pass.of.map(|(rank, op)| format!("rank {}, op {}", rank.0, op.0)).unwrap_or_default();
    format!("{:<11} {:<60} {of}", pass.op.kind(), one_line(&moved))
}
