//! Programs that cannot finish: refused before they run, with who waits for whom, in text and in JSON.

use program::dtype::DType::F16;
use program::program::SlotPlace;
use program::tl::{Direction, Recording, Tl, Topology};
use serde_json::{Value, json};

use crate::room::Room;

/// A room with `p.json`, a program of that kernel, as if written in `kernel.py`.
fn room(n_ranks: u32, slots: u32, kernel: impl FnMut(&mut Tl)) -> Room {
    let mut recording = Recording::new("stuck", n_ranks);
    let topology = if n_ranks > 2 { Topology::Ring } else { Topology::Line };
    recording.links(topology, slots, 64, SlotPlace::Tcm);
    let mut program = recording.record(kernel).expect("a kernel without mistakes");
    program.files = vec!["kernel.py".to_owned()];
    for rank in &mut program.ranks {
        for (line, source) in rank.sources.iter_mut().enumerate() {
            (source.file, source.line, source.column) = (0, 10 + line as u32, 5);
        }
    }
    let room = Room::new();
    room.write("p.json", program.to_json());
    room
}

fn receive_first(tl: &mut Tl) {
    let (from, to) = match (tl.num_ranks(), tl.rank()) {
        (2, 0) => (Direction::Right, Direction::Right),
        (2, _) => (Direction::Left, Direction::Left),
        _ => (Direction::Left, Direction::Right),
    };
    let got = tl.recv(from, [8], F16);
    let x = tl.full([8], F16, 1.0);
    tl.send(to, x);
    tl.release(got);
}

/// Rank 0 waits until three sends are done; rank 1 releases nothing.
fn hoard(tl: &mut Tl) {
    let x = tl.full([8], F16, 1.0);
    for _ in 0..3 {
        if tl.rank() == 0 {
            let sent = tl.send(Direction::Right, x);
            tl.wait(&[sent]);
        } else {
            tl.recv(Direction::Left, [8], F16);
        }
    }
}

/// Runs `p.json`; the refusal, and the JSON.
fn run(room: &Room) -> (String, Value) {
    let said = room.run(&["run", "--program", "p.json", "--machine", "sip", "--json", "r.json"]);
    assert_eq!((said.code, &said.out[..]), (2, ""), "{}", said.err);
    let (note, rest) = said.err.split_once("error: the program is refused\n").expect("a refusal");
    assert_eq!(note, "", "a program without outputs has nothing to judge");
    assert!(rest.lines().all(|line| line.chars().count() <= 100), "{rest}");
    (rest.to_owned(), room.json("r.json"))
}

#[test]
fn a_cycle_is_shown_as_a_chain_and_given_in_json() {
    let (text, result) = run(&room(2, 1, receive_first));
    assert_eq!(
        text,
        "finding[deadlock]: the program cannot finish: 2 ops wait for each other\n\
         \x20 1. rank 0, op 0 (recv) at kernel.py:10:5\n\
         \x20    waits for message ring1#0, sent by rank 1, op 2 (send, kernel.py:12), behind op 0\n\
         \x20 2. rank 1, op 0 (recv) at kernel.py:10:5\n\
         \x20    waits for message ring0#0, sent by rank 0, op 2 (send, kernel.py:12), behind op 0\n\
         \x20    which closes the cycle\n\
         \x20 help: move rank 0, op 2 (send, kernel.py:12) before rank 0, op 0 (recv, kernel.py:10), with op 1\n\
         \x20       that it needs: tried, and it then finishes\n"
    );
    let deadlock = &result["deadlock"];
    assert_eq!(
        deadlock["cycle"][0],
        json!({
            "rank": 0, "index": 0, "op": "recv", "source": "kernel.py:10:5",
            "waits_for": "message ring1#0, sent by rank 1, op 2 (send, kernel.py:12), behind op 0",
            "on": { "rank": 1, "index": 2 },
        })
    );
    assert_eq!((deadlock["cycle"].as_array().unwrap().len(), &deadlock["closed"]), (2, &json!(true)));
    assert_eq!(deadlock["smallest_slots"], Value::Null);
    assert!(deadlock["repair"].as_str().unwrap().starts_with("move rank 0, op 2 (send, "), "{deadlock}");
    let finding = &result["findings"][0];
    assert_eq!((&finding["kind"], &finding["repair"]), (&json!("deadlock"), &deadlock["repair"]));
    let ops = finding["ops"].as_array().unwrap();
    assert_eq!(ops.iter().map(|op| op["rank"].as_u64().unwrap()).collect::<Vec<_>>(), [0, 1]);
    assert_eq!(result["waits"].as_array().unwrap().len(), 2);
}

#[test]
fn a_leak_is_shown_with_the_release_and_the_slots() {
    let (text, result) = run(&room(2, 1, hoard));
    for says in [
        "finding[slot_count]: the program cannot finish: no op will ever free rank 0, op 3 (send)\n",
        "  1. rank 0, op 3 (send) at kernel.py:13:5\n",
        "     waits for a free slot of ring0: message 0 holds it and is never released\n",
        "  help: `release` message ring0#0 after its last use, rank 1, op 1 (recv, kernel.py:11)",
    ] {
        assert!(text.contains(says), "{says}: {text}");
    }
    let repair = result["deadlock"]["repair"].as_str().unwrap();
    assert!(
        repair.contains("or declare slots = 3 for every ring, the smallest number that works"),
        "{repair}"
    );
    assert_eq!(result["deadlock"]["smallest_slots"], json!(3));
    assert_eq!(result["findings"][0]["kind"], json!("slot_count"));
}

#[test]
fn ranks_that_wait_alike_are_folded() {
    let (text, result) = run(&room(32, 1, receive_first));
    assert_eq!(result["deadlock"]["cycle"].as_array().unwrap().len(), 32);
    assert!(text.contains("     and the same on ranks 1–31\n"), "{text}");
    assert!(text.lines().count() < 10, "{text}");
}

#[test]
fn a_program_that_finishes_has_no_deadlock() {
    let result = Room::new().gemm_json(&[]);
    assert_eq!((&result["deadlock"], &result["waits"]), (&Value::Null, &json!([])));
}
