//! Op logs: bytes and nanoseconds a record, sealed, against copying raw 40-byte records; and what a log costs
//! beside that: dataflow, digests and reading. Every figure is the best of several runs.
#![expect(clippy::disallowed_types, reason = "a bench measures")]

use std::time::Instant;

use kernels::Recorded;
use machine::Machine;
use oplog::{Digests, Encoding, OpLog, RunId};
use order::Dataflow;

/// About a million ops each: of messages and time alone, and of an attention kernel.
const LOGS: [(&str, &[(&str, &str)]); 2] = [
    ("ring_model", &[("ranks", "300")]),
    (
        "mesh_kv",
        &[
            ("ranks", "64"),
            ("heads", "8"),
            ("kv_heads", "8"),
            ("head_dim", "16"),
            ("kv_len", "2048"),
            ("q_len", "64"),
            ("kv_block", "16"),
        ],
    ),
];
const REPEATS: usize = 5;

fn main() {
    for (kernel, params) in LOGS {
        measure(kernel, run(kernel, params));
    }
}

fn run(kernel: &str, params: &[(&str, &str)]) -> OpLog {
    let given = params.iter().map(|&(key, value)| (key.to_owned(), value.to_owned())).collect();
    let kernel = kernels::find(kernel).expect("a kernel");
    let Recorded { program, machine, .. } = kernel.record(&given).expect("a program");
    let sip = Machine::preset("sip").expect("a preset");
    let machine = machine.map_or(sip, |own| Machine::new(own).expect("a machine"));
    let verified = verify::verify(program, &machine).expect("a program that can run");
    timing::run(&verified, RunId::seeded(1)).expect("a run that ends")
}

fn measure(kernel: &str, log: OpLog) {
    let n = log.entries.done.len();
    println!("{kernel}: {n} ops on {} ranks, {} stalls", log.program.n_ranks(), log.stalls.len());
    let (flow_ns, flow) = best(n, || Dataflow::of(&log.program));
    let (structure_ns, structure) = best(n, || oplog::digest::structure(&log.program, &flow));
    let (timing_ns, timing) = best(n, || oplog::digest::timing(&log));
    let digests = Digests { structure, timing };
    let (raw_ns, raw) = best(n, || raw_records(&log));
    let (sealed_ns, sealed) = best(n, || oplog::encode(&log, &digests, Encoding::Sealed));
    let (hash_ns, _) = best(n, || oplog::digest::checksum(&sealed));
    let (json_ns, json) = best(n, || oplog::encode(&log, &digests, Encoding::JsonLines));
    let (read_ns, read) = best(n, || oplog::decode(&sealed).expect("whole"));
    assert_eq!(read, (log, digests), "the log does not read back equal");
    let row = |what: &str, ns: f64, bytes: usize, note: &str| {
        println!("{what:<22} {ns:>8.1} ns/op {:>8.1} B/op  {note}", bytes as f64 / n as f64);
    };
    row("raw 40-byte records", raw_ns, raw.len(), "the peer");
    let note = format!(
        "{:.1} × the peer's time, {:.2} × its bytes; goal 40 ns, 20 B",
        sealed_ns / raw_ns,
        sealed.len() as f64 / raw.len() as f64
    );
    row("sealed", sealed_ns, sealed.len(), &note);
    row("  of which BLAKE3", hash_ns, 0, "");
    row("JSON lines", json_ns, json.len(), "");
    row("dataflow", flow_ns, 0, "goal 100 to 200 ns");
    row("structure digest", structure_ns, 0, "");
    row("timing digest", timing_ns, 0, "");
    row("reading sealed", read_ns, sealed.len(), "with verification and both digests");
}

/// Nanoseconds an op, and the result.
fn best<T>(ops: usize, mut run: impl FnMut() -> T) -> (f64, T) {
    let mut fastest = f64::INFINITY;
    let mut last = None;
    for _ in 0..REPEATS {
        let begin = Instant::now();
        last = Some(run());
        fastest = fastest.min(begin.elapsed().as_nanos() as f64 / ops as f64);
    }
    (fastest, last.expect("at least one run"))
}

/// The smallest thing that could be called a log: times, place, op, address and shape, 40 bytes each.
fn raw_records(log: &OpLog) -> Vec<u8> {
    let mut out = Vec::with_capacity(40 * log.entries.done.len());
    for (op, (rank, index)) in log.ops().enumerate() {
        out.extend(log.entries.start[op].fs().to_le_bytes());
        out.extend(log.entries.done[op].fs().to_le_bytes());
        out.extend(rank.0.to_le_bytes());
        out.extend(index.0.to_le_bytes());
        out.extend(log.entries.issue[op].fs().to_le_bytes());
        out.extend(u64::from(log.entries.unit[op].0).to_le_bytes());
    }
    out
}
