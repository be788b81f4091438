//! Words of memory, as kernels use them: their values against plain loops, their order, and the forms in which they
//! are written down.

use std::collections::BTreeMap;

use gpu::plan::{Contents, Plan, outputs};
use gpu::{Cpu, Device};
use kernmesh::{Timed, time};
use machine::{Machine, Sync};
use order::Dataflow;
use program::tl::{HbmTile, Recording, Tl};
use program::{DType, Program};
use replay::{HostValue, HostValues};

use crate::roundtrip;

const F32: DType = DType::F32;

fn machine(sync: Sync) -> Machine {
    Machine::preset("sip").and_then(|machine| machine.with_sync(sync)).expect("a machine")
}

fn counted(shape: &[u32], first: f32) -> HostValue {
    let n = shape.iter().product::<u32>();
    let values: Vec<f32> = (0..n).map(|i| first + i as f32).collect();
    HostValue::of(&values, shape, F32)
}

/// The outputs of a program, which must be those of its plans, and whose log and JSON must read back equal.
fn values(program: &Program, given: &HostValues) -> BTreeMap<String, Vec<f32>> {
    assert_eq!(Program::from_json(&program.to_json()).as_ref(), Ok(program));
    let Timed { log, .. } = time(program.clone(), &machine(Sync::Interlocked), 0).expect("a run");
    roundtrip::check(&log, &program.kernel);
    let replayed = replay::run(&log, given, replay::Options::default()).expect("values");
    let made = replayed.outputs.expect("outputs");
    let contents = Contents::of(program, given).expect("contents");
    for devices in [1, program.n_ranks()] {
        let plan = Plan::of(&log, &Dataflow::of(program), devices).expect("a plan");
        let run = Cpu::default().run(&plan, &contents).expect("values");
        assert_eq!(outputs(program, &run).expect("outputs"), made, "{devices} devices");
    }
    made.iter().map(|(name, value)| (name.clone(), value.values())).collect()
}

/// Whether nothing of a program is left unordered, on a machine without interlocks.
fn is_ordered(program: &Program) -> bool {
    let verified =
        verify::verify(program.clone(), &machine(Sync::Explicit)).unwrap_or_else(|it| panic!("{it}"));
    let log = timing::run(&verified, oplog::RunId::default()).expect("a run that ends");
    let flow = Dataflow::of(&log.program);
    hazard::check(&log, &flow, &verified.dependencies, hazard::Options::default()).findings.is_empty()
}

/// Two ranks, each with half of a cache [8, 4] that is given and taken, and rows [2, 4] of which each writes one into
/// its half, after it has read what was there.
fn cache(waits: bool) -> Program {
    let mut recording = Recording::new("cache", 2);
    let new = recording.input("new", [2, 4], F32);
    let (cache, old) = (recording.in_out("cache", [8, 4], F32), recording.output("old", [2, 4], F32));
    let of = |rank: u32, recording: &mut Recording| {
        let given = recording.input_share(new, rank, [rank, 0], [1, 4]);
        let both = recording.in_out_share(cache, rank, [4 * rank, 0], [4, 4]);
        (given, both, recording.output_share(old, rank, [rank, 0], [1, 4]))
    };
    let tensors = [of(0, &mut recording), of(1, &mut recording)];
    let kernel = |tl: &mut Tl| {
        let (new, cache, old) = tensors[tl.rank() as usize];
        let place = tl.tensor(cache).slice(0, 1 + tl.rank(), 1);
        let row = tl.load(tl.tensor(new));
        tl.wait(&[row.handle()]);
        let before = tl.load(place);
        if waits {
            tl.wait(&[before.handle()]);
        }
        let stored = tl.store(row, place);
        tl.wait(&[before.handle(), stored]);
        tl.store(before, tl.tensor(old));
    };
    recording.record(kernel).unwrap_or_else(|error| panic!("{error}"))
}

#[test]
fn a_tensor_that_is_given_and_taken_has_an_old_and_a_new_value() {
    let given = HostValues::from([
        ("new".to_owned(), counted(&[2, 4], 100.0)),
        ("cache".to_owned(), counted(&[8, 4], 0.0)),
    ]);
    let made = values(&cache(true), &given);
    let mut expected = given["cache"].values();
    expected[4..8].copy_from_slice(&[100.0, 101.0, 102.0, 103.0]);
    expected[24..28].copy_from_slice(&[104.0, 105.0, 106.0, 107.0]);
    assert_eq!(made["cache"], expected);
    assert_eq!(made["old"], [4.0, 5.0, 6.0, 7.0, 24.0, 25.0, 26.0, 27.0]);
    assert_eq!([cache(false), cache(true)].map(|program| is_ordered(&program)), [false, true]);
}

/// No store: the host takes what it gave.
#[test]
fn a_tensor_that_nothing_writes_is_taken_as_it_was_given() {
    let mut recording = Recording::new("kept", 1);
    let cache = recording.in_out("cache", [4], F32);
    let own = recording.in_out_share(cache, 0, [0], [4]);
    let program = recording.record(|tl| _ = tl.load(tl.tensor(own))).expect("a program");
    let given = HostValues::from([("cache".to_owned(), counted(&[4], 3.0))]);
    assert_eq!(values(&program, &given)["cache"], [3.0, 4.0, 5.0, 6.0]);
}

/// One rank with an input `x` [8, 4], an in-and-out `y` of the same shape and an output `z` of another.
fn one(name: &str, out: [u32; 2], mut kernel: impl FnMut(&mut Tl, HbmTile, HbmTile, HbmTile)) -> Program {
    let mut recording = Recording::new(name, 1);
    let (x, y) = (recording.input("x", [8, 4], F32), recording.in_out("y", [8, 4], F32));
    let z = recording.output("z", out, F32);
    let x = recording.input_share(x, 0, [0, 0], [8, 4]);
    let y = recording.in_out_share(y, 0, [0, 0], [8, 4]);
    let z = recording.output_share(z, 0, [0, 0], out);
    let recorded = recording.record(|tl| kernel(tl, tl.tensor(x), tl.tensor(y), tl.tensor(z)));
    recorded.unwrap_or_else(|error| panic!("{error}"))
}

fn given() -> HostValues {
    HostValues::from([("x".to_owned(), counted(&[8, 4], 0.0)), ("y".to_owned(), counted(&[8, 4], 100.0))])
}

#[test]
fn rows_are_gathered_and_scattered_by_a_table_of_the_host() {
    let rows = [5, 6, 2, 2, 0];
    let kernel = |waits: bool| {
        one("pages", [5, 4], move |tl, x, y, z| {
            let tile = tl.gather(x, 0, &rows);
            if waits {
                tl.wait(&[tile.handle()]);
            }
            let stored = tl.store(tile, z);
            let scattered = tl.scatter(tile.slice(0, 0, 3), y, 0, &[7, 1, 0]);
            tl.wait(&[stored, scattered]);
        })
    };
    let program = kernel(true);
    let loads = program.ranks[0].ops.iter().filter(|op| op.name() == "load").count();
    assert_eq!(loads, 4, "5 and 6 are one run");
    let made = values(&program, &given());
    let x = given()["x"].values();
    let row = |row: u32| x[4 * row as usize..][..4].to_vec();
    assert_eq!(made["z"], rows.map(row).concat());
    let mut y = given()["y"].values();
    for (at, from) in [(7, 5), (1, 6), (0, 2)] {
        y[4 * at..][..4].copy_from_slice(&row(from));
    }
    assert_eq!(made["y"], y);
    assert_eq!([kernel(false), program].map(|program| is_ordered(&program)), [false, true]);
}

#[test]
fn a_table_that_cannot_be_meant_is_refused() {
    type Mistake = fn(&mut Tl, HbmTile);
    let told = |kernel: Mistake| {
        let mut recording = Recording::new("table", 1);
        let y = recording.in_out("y", [8, 4], F32);
        let y = recording.in_out_share(y, 0, [0, 0], [8, 4]);
        recording.record(|tl| kernel(tl, tl.tensor(y))).expect_err("a mistake").message
    };
    let cases: [(Mistake, &str); 5] = [
        (
            |tl, y| _ = tl.gather(y, 0, &[3, 8]),
            "gather: the table names row 8 at place 1, and axis 0 has 8 rows",
        ),
        (|tl, y| _ = tl.gather(y, 0, &[]), "gather of no rows"),
        (|tl, y| _ = tl.gather(y, 2, &[0]), "gather along axis 2 of 8×4, which has 2 axes"),
        (
            |tl, y| {
                let tile = tl.full([2, 4], F32, 0.0);
                tl.scatter(tile, y, 0, &[3, 3]);
            },
            "scatter: the table names row 3 at places 0 and 1, and which is stored last is not defined",
        ),
        (
            |tl, y| {
                let tile = tl.full([2, 4], F32, 0.0);
                tl.scatter(tile, y, 0, &[3, 4, 5]);
            },
            "scatter of 3 rows of 8×4 is 3×4, and the tile is 2×4",
        ),
    ];
    for (kernel, message) in cases {
        assert_eq!(told(kernel), message);
    }
}

#[test]
fn what_lies_outside_of_a_tensor_is_filled_and_not_stored() {
    let x = given()["x"].values();
    for starts in [[0, 0], [-2, 1], [6, -1], [-3, -3], [7, 3], [-8, 0], [20, 0], [2, i64::MIN], [i64::MAX, 1]]
    {
        let program = one("boxes", [3, 4], |tl, x, y, z| {
            let tile = tl.load_box(x, &starts, [3, 4], -1.0);
            tl.wait(&[tile.handle()]);
            tl.store(tile, z);
            tl.store_box(tile, y, &starts);
        });
        let made = values(&program, &given());
        let inside = |i: usize, j: usize| {
            let row = usize::try_from(starts[0].saturating_add(i as i64)).ok().filter(|row| *row < 8)?;
            let column =
                usize::try_from(starts[1].saturating_add(j as i64)).ok().filter(|column| *column < 4)?;
            Some(4 * row + column)
        };
        let mut y = given()["y"].values();
        for (at, z) in made["z"].iter().enumerate() {
            let from = inside(at / 4, at % 4);
            assert_eq!(*z, from.map_or(-1.0, |from| x[from]), "{starts:?} at {at}");
            if let Some(from) = from {
                y[from] = *z;
            }
        }
        assert_eq!(made["y"], y, "{starts:?}");
        assert!(is_ordered(&program), "{starts:?}");
    }
}

/// Two ranks add to one tensor: right where one hands on to the other, a race where neither does.
#[test]
fn sums_in_hbm_need_an_order() {
    let kernel = |ordered: bool| {
        let mut recording = Recording::new("sums", 2);
        let (x, y) = (recording.input("x", [2, 4], F32), recording.in_out("y", [1, 4], F32));
        let xs = [0, 1].map(|rank| recording.input_share(x, rank, [rank, 0], [1, 4]));
        let y = recording.in_out_share(y, 0, [0, 0], [1, 4]);
        let recorded = recording.record(|tl| {
            let turn = tl.semaphore();
            let x = tl.load(tl.tensor(xs[tl.rank() as usize]));
            if ordered && tl.rank() == 1 {
                tl.wait_ge(turn, 1);
            }
            let added = tl.store_add(x, tl.tensor(y));
            if ordered && tl.rank() == 0 {
                tl.signal(turn, 1, 1, &[added]);
            }
        });
        recorded.unwrap_or_else(|error| panic!("{error}"))
    };
    let given = HostValues::from([
        ("x".to_owned(), counted(&[2, 4], 1.0)),
        ("y".to_owned(), counted(&[1, 4], 100.0)),
    ]);
    assert_eq!(values(&kernel(true), &given)["y"], [106.0, 109.0, 112.0, 115.0]);
    let found = |program: Program| {
        let run = time(program, &machine(Sync::Interlocked), 0).expect("a run");
        let flow = Dataflow::of(&run.log.program);
        let found = hazard::check(&run.log, &flow, &run.dependencies, hazard::Options::default());
        found.findings.len()
    };
    assert_eq!(found(kernel(true)), 0);
    assert!(found(kernel(false)) > 0);
}

/// Six ranks as two rows of three; each shifts a value along its row several times, and only the row meets.
#[test]
fn a_team_meets_without_the_others() {
    let kernel = |meets: bool| {
        let mut recording = Recording::new("rows", 6);
        let (x, y) = (recording.input("x", [6, 4], F32), recording.output("y", [6, 4], F32));
        let xs: Vec<_> = (0..6).map(|rank| recording.input_share(x, rank, [rank, 0], [1, 4])).collect();
        let ys: Vec<_> = (0..6).map(|rank| recording.output_share(y, rank, [rank, 0], [1, 4])).collect();
        let shared: Vec<_> = (0..6).map(|rank| recording.scratch("s", rank, [1, 4], F32)).collect();
        let recorded = recording.record(|tl| {
            let (rank, row) = (tl.rank(), tl.rank() / 3);
            let mut team = tl.team(&[3 * row, 3 * row + 1, 3 * row + 2]);
            let mut tile = tl.load(tl.tensor(xs[rank as usize]));
            for _ in 0..2 {
                tl.wait(&[tile.handle()]);
                let stored = tl.store(tile, tl.tensor(shared[rank as usize]));
                tl.wait(&[stored]);
                if meets {
                    tl.meet(&mut team);
                }
                let next = 3 * row + (rank + 1) % 3;
                tile = tl.load(tl.tensor(shared[next as usize]));
                tl.wait(&[tile.handle()]);
                if meets {
                    tl.meet(&mut team);
                }
            }
            tl.store(tile, tl.tensor(ys[rank as usize]));
        });
        recorded.unwrap_or_else(|error| panic!("{error}"))
    };
    let given = HostValues::from([("x".to_owned(), counted(&[6, 4], 0.0))]);
    let from = [2, 0, 1, 5, 3, 4].map(|row: usize| given["x"].values()[4 * row..][..4].to_vec());
    assert_eq!(values(&kernel(true), &given)["y"], from.concat());
    assert_eq!([kernel(false), kernel(true)].map(|program| is_ordered(&program)), [false, true]);
}
