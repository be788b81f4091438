//! Logs for other programs, read by those.

use kernmesh::oplog::{OpLog, UnitId, decode};
use kernmesh::program::{OpIndex, Rank};
use serde_json::Value;

use crate::readers::read_by;
use crate::room::Room;

/// Four ranks that send each other messages, on clocks whose cycles are no whole ns.
fn logged() -> (Room, OpLog) {
    let room = Room::new();
    room.write("odd.toml", "base = \"tiny\"\nname = \"odd\"\n[clock]\npe_fs = 333333\nnoc_fs = 740741\n");
    let set = ["ranks=4", "kv_len=64", "heads=4", "kv_heads=2", "head_dim=16"];
    let set: Vec<&str> = set.iter().flat_map(|set| ["--set", set]).collect();
    let run = ["run", "mesh_mlo", "--machine", "odd.toml", "--log", "run.log"];
    let said = room.run(&[&run[..], &set].concat());
    assert_eq!(said.code, 0, "{}{}", said.out, said.err);
    let log = decode(&room.read("run.log")).unwrap().log;
    (room, log)
}

fn exported(room: &Room, args: &[&str]) -> String {
    let said = room.run(&[&["export", "run.log"], args].concat());
    assert_eq!((said.code, &said.err[..]), (0, ""), "{}", said.out);
    said.out
}

fn whole(value: &Value) -> u64 {
    value.as_u64().unwrap_or_else(|| panic!("{value} is no whole number"))
}

/// Track (without the number of its lane), category, name, begin, end and op of every slice.
type Slice = (String, String, String, u64, u64, u64);

fn slices_of(trace: &Value) -> Vec<Slice> {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let slice = |slice: &Value| {
        let [from, to] = ["from", "to"].map(|key| whole(&slice[key]));
        let rounded: Vec<u64> = slice["rounded"].as_array().unwrap().iter().map(whole).collect();
        assert_eq!(rounded, [from / 1_000_000, to / 1_000_000], "ns are cut off");
        let track = text(&slice["track"]);
        let track = track.trim_end_matches(|c: char| c.is_ascii_digit()).trim_end().to_owned();
        (track, text(&slice["category"]), text(&slice["name"]), from, to, whole(&slice["notes"]["op"]))
    };
    let mut slices: Vec<Slice> = trace["slices"].as_array().unwrap().iter().map(slice).collect();
    slices.sort();
    slices
}

fn slices_of_log(log: &OpLog) -> Vec<Slice> {
    let track = |rank: Rank, unit: UnitId, more: &str| {
        let track = format!("rank {} {unit}{more}", rank.0);
        track.trim_end_matches(|c: char| c.is_ascii_digit()).trim_end().to_owned()
    };
    let all: Vec<(Rank, OpIndex)> = log.ops().collect();
    let entries = &log.entries;
    let ops = all.iter().enumerate().map(|(op, &(rank, index))| {
        let kind = log.program.op(rank, index).kind().to_owned();
        let (start, done) = (entries.start[op].fs(), entries.done[op].fs());
        (track(rank, entries.unit[op], ""), "op".to_owned(), kind, start, done, u64::from(index.0))
    });
    let waits = log.stalls.iter().map(|stall| {
        let (rank, index) = all[stall.op as usize];
        let unit =
            if stall.reason.holds_sequencer() { UnitId::SEQUENCER } else { entries.unit[stall.op as usize] };
        let (track, reason) = (track(rank, unit, " waits"), stall.reason.name().to_owned());
        (track, "wait".to_owned(), reason, stall.from.fs(), stall.to.fs(), u64::from(index.0))
    });
    let mut slices: Vec<Slice> = ops.chain(waits).collect();
    slices.sort();
    slices
}

#[test]
fn perfettos_own_schema_finds_the_log_in_the_trace() {
    let (room, log) = logged();
    let said = exported(&room, &["--perfetto", "run.pftrace"]);
    let trace: Value = serde_json::from_str(&read_by("perfetto_trace.py", &room, &["run.pftrace"])).unwrap();
    let slices = slices_of(&trace);
    assert_eq!(slices, slices_of_log(&log));

    let flows = trace["flows"].as_object().unwrap();
    let n_messages: usize = log.messages.iter().map(Vec::len).sum();
    assert!(n_messages > 0 && flows.len() == n_messages);
    for (flow, ends) in flows {
        let ends: Vec<&str> = ends.as_array().unwrap().iter().map(|end| end[0].as_str().unwrap()).collect();
        assert!(ends == ["send", "receive"] || ends == ["receive", "send"], "{flow}: {ends:?}");
    }
    check_counters(&log, &trace["counters"]);
    let counters = trace["counters"].as_object().unwrap().len();
    let n_ops = log.entries.done.len();
    let line =
        format!("{n_ops} slices of ops, {} of waits, {n_messages} arrows, {counters} ", log.stalls.len());
    assert!(said.replace(' ', "").contains(&line.replace(' ', "")), "{said}");
    let size = room.read("run.pftrace").len();
    assert!(size <= 120 * slices.len(), "{size} bytes for {} slices", slices.len());
}

/// Counters stay within what the log has room for, and end where it does.
fn check_counters(log: &OpLog, counters: &Value) {
    let levels = |name: &str| -> Vec<i64> {
        let levels = counters[name].as_array().unwrap_or_else(|| panic!("no counter {name}"));
        levels.iter().map(|level| level[1].as_i64().unwrap()).collect()
    };
    let within = |name: &str, most: u64| {
        let levels = levels(name);
        let (least, largest) = (*levels.iter().min().unwrap(), *levels.iter().max().unwrap());
        assert!(least >= 0 && largest > 0 && largest as u64 <= most, "{name}: {least}..{largest} of {most}");
        *levels.last().unwrap() as u64
    };
    for (rank, peak) in log.layout.peaks.iter().enumerate() {
        let last = within(&format!("rank {rank} TCM live"), peak.bytes.0);
        assert_eq!(
            last,
            log.program
                .rings
                .iter()
                .filter(|ring| ring.consumer == Rank(rank as u32))
                .map(|ring| u64::from(ring.n_slots) * ring.slot_bytes)
                .sum::<u64>()
        );
    }
    for (n, (ring, messages)) in log.program.rings.iter().zip(&log.messages).enumerate() {
        if messages.is_empty() {
            continue;
        }
        let name = format!("ring{n} rank {} to rank {}", ring.producer.0, ring.consumer.0);
        let kept = messages.iter().filter(|message| message.credit.is_none()).count() as u64;
        assert_eq!(within(&format!("{name} filled"), ring.n_slots.into()), kept);
        let last = within(&format!("{name} credits"), ring.n_slots.into());
        assert_eq!(last, u64::from(ring.n_slots) - kept);
    }
    let links: Vec<&String> =
        counters.as_object().unwrap().keys().filter(|name| name.starts_with("pe")).collect();
    assert!(!links.is_empty());
    for link in links {
        assert_eq!(within(link, u64::MAX), 0, "{link}");
    }
}

#[test]
fn windows_say_what_they_leave_out() {
    let (room, log) = logged();
    let said =
        exported(&room, &["--perfetto", "a.pftrace", "--from", "100ns", "--to", "200ns", "--ranks", "1-2"]);
    let trace: Value = serde_json::from_str(&read_by("perfetto_trace.py", &room, &["a.pftrace"])).unwrap();
    let slices = slices_of(&trace);
    let ops = slices.iter().filter(|slice| slice.1 == "op").count();
    let all = log.entries.done.len();
    assert!(0 < ops && ops < all && said.contains(&format!("{} of {all} ops", all - ops)), "{said}");
    assert!(slices.iter().all(|slice| slice.0.starts_with("rank 1 ") || slice.0.starts_with("rank 2 ")));
    let said = room.run(&["export", "run.log", "--csv", "-", "--ranks", "3"]);
    let rows = said.out.lines().skip(1).filter(|line| !line.is_empty()).count();
    assert!(said.err.contains(&format!("{} of {all} ops", all - rows)), "{}", said.err);
}

#[cfg(feature = "parquet")]
#[test]
fn duckdb_finds_the_log_in_the_tables() {
    let (room, log) = logged();
    exported(&room, &["--parquet", "run.parquet"]);
    let tables = ["run.parquet", "run.messages.parquet", "run.stalls.parquet"];
    let sums: Value = serde_json::from_str(&read_by("sums.py", &room, &tables)).unwrap();
    assert_eq!(whole(&sums["makespan"]), log.makespan().fs());
    assert_eq!(sums["about"]["kernmesh.makespan_fs"], log.makespan().fs().to_string());
    assert_eq!((&sums["about"]["kernmesh.kernel"], &sums["least"]), (&"mesh_mlo".into(), &true.into()));

    let mut busy = std::collections::BTreeMap::<String, u64>::new();
    for row in sums["busy"].as_array().unwrap() {
        *busy.entry(format!("rank{}.{}", row[0], row[1].as_str().unwrap())).or_default() += whole(&row[2]);
    }
    for row in sums["issuing"].as_array().unwrap() {
        *busy.entry(format!("rank{}.sequencer", row[0])).or_default() += whole(&row[1]);
    }
    for ((rank, unit), totals) in kernmesh::analysis::units(&log) {
        let unit = format!("{rank}.{unit}");
        assert_eq!(busy.remove(&unit).unwrap_or_default(), totals.busy.fs(), "{unit}");
    }
    assert!(busy.is_empty(), "{busy:?}");

    let waited: u64 = log.stalls.iter().map(|stall| (stall.to - stall.from).fs()).sum();
    assert_eq!(whole(&sums["stalled"]), waited);
    let rows = |table: &str| sums[table].as_array().unwrap().len();
    let n_messages: usize = log.messages.iter().map(Vec::len).sum();
    assert_eq!(
        [rows("ops"), rows("stalls"), rows("messages")],
        [log.entries.done.len(), log.stalls.len(), n_messages]
    );
    for (n, row) in sums["ops"].as_array().unwrap().iter().enumerate() {
        let times = [&log.entries.start, &log.entries.done].map(|times| times[n].fs());
        assert_eq!([whole(&row[4]), whole(&row[5])], times);
    }
    for row in sums["types"].as_array().unwrap() {
        assert!(["BIGINT", "VARCHAR"].contains(&row[1].as_str().unwrap()), "{row}");
    }
}

#[cfg(feature = "parquet")]
#[test]
fn two_exports_are_equal_bytes() {
    let (room, _) = logged();
    let export = || {
        exported(&room, &["--perfetto", "a.pftrace", "--parquet", "a.parquet", "--csv", "a.csv"]);
        room.contents()
    };
    assert_eq!(export(), export());
    let names = ["a.csv", "a.messages.parquet", "a.parquet", "a.pftrace", "a.stalls.parquet"];
    assert!(names.iter().all(|name| room.names().iter().any(|there| there == name)), "{:?}", room.names());
}

#[test]
fn csv_has_the_columns_of_the_table_and_a_row_for_each_op() {
    let (room, log) = logged();
    let said = room.run(&["export", "run.log", "--csv", "-"]);
    assert_eq!((said.code, &said.err[..]), (0, ""));
    let lines: Vec<&str> = said.out.split("\r\n").collect();
    assert!(lines[0].starts_with("rank,op,sip,cube,pe,x,y,unit,kind,shapes,"), "{}", lines[0]);
    assert_eq!(lines.len(), log.entries.done.len() + 2);
    exported(&room, &["--csv", "run.csv"]);
    assert_eq!(room.read("run.csv"), said.out.as_bytes());
}

#[test]
fn bad_exports_are_refused_and_write_nothing() {
    let (room, _) = logged();
    let before = room.contents();
    for (args, fragment) in [
        (&["run.log"][..], "--perfetto"),
        (&["run.log", "--perfetto", "-"], "cannot go to standard output"),
        (&["run.log", "--perfetto", "run.log"], "LOG and --perfetto are the same file"),
        (&["run.log", "--perfetto", "a", "--csv", "a"], "--perfetto and --csv are the same file"),
        (&["run.log", "--csv", "none/a.csv"], "does not exist"),
        (&["none.log", "--csv", "a.csv"], "none.log"),
        (&["odd.toml", "--csv", "a.csv"], "odd.toml"),
        (&["run.log", "--csv", "a.csv", "--ranks", "4"], "the run has no rank 4"),
        (&["run.log", "--csv", "a.csv", "--ranks", "x"], "0-3,8"),
        (&["run.log", "--csv", "a.csv", "--from", "5"], "its unit"),
        (&["run.log", "--csv", "a.csv", "--from", "2us", "--to", "2us"], "--to is not after --from"),
    ] {
        let said = room.run(&[&["export"], args].concat());
        assert_eq!((said.code, &said.out[..]), (2, ""), "{args:?}: {}", said.err);
        assert!(said.err.contains(fragment), "{args:?}: {}", said.err);
        assert_eq!(room.contents(), before, "{args:?} left something");
    }
}

#[cfg(not(feature = "parquet"))]
#[test]
fn without_parquet_it_is_said_how_to_build_with_it() {
    let (room, _) = logged();
    let said = room.run(&["export", "run.log", "--parquet", "a.parquet"]);
    assert_eq!((said.code, &said.out[..]), (2, ""));
    assert!(said.err.contains("--features parquet"), "{}", said.err);
}
