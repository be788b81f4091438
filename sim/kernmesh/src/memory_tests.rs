use program::{DType, MoveOp};

use super::*;

#[test]
fn a_size_has_a_binary_prefix_or_none() {
    for (text, read) in [
        ("1", Some(1)),
        ("512b", Some(512)),
        ("64k", Some(64 << 10)),
        ("500 MiB", Some(500 << 20)),
        ("8GiB", Some(8 << 30)),
        ("8gb", Some(8 << 30)),
        ("2T", Some(2 << 40)),
        ("16777215TiB", Some(16_777_215 << 40)),
        ("16777216TiB", None),
        ("0", None),
        ("", None),
        ("GiB", None),
        ("-1", None),
        ("1.5GiB", None),
        ("1PiB", None),
        ("1ib", None),
        ("16i", None),
        ("5kbb", None),
        ("5giib", None),
    ] {
        assert_eq!(size(text).ok(), read, "{text}");
    }
}

#[test]
fn the_total_is_read_as_linux_writes_it() {
    for (text, total) in [
        ("MemTotal:       24590140 kB\nMemFree: 1 kB\n", Some(24_590_140 << 10)),
        ("MemFree: 1 kB\n", None),
        ("MemTotal: x kB\n", None),
        ("MemTotal: 18446744073709551615 kB\n", None),
    ] {
        assert_eq!(total_of(text), total, "{text}");
    }
}

fn gemm() -> Program {
    kernels::find("gemm").and_then(|gemm| gemm.record(&Default::default())).expect("a program").program
}

/// What is too large is named, whatever the limit where it cannot be counted.
#[test]
fn what_takes_most_is_named() {
    let limit = 1 << 30;
    let shapes = [
        (vec![1 << 10, 1 << 10], limit, None),
        (vec![1 << 20, 1 << 20], limit, Some("input `a`, 1048576×1048576 f32: 4 TiB")),
        (vec![u32::MAX; 4], u64::MAX, Some("more than 2^64 bytes")),
    ];
    for (shape, limit, place) in shapes {
        let mut program = gemm();
        program.inputs = vec![HostTensor { name: "a".to_owned(), shape, dtype: DType::F32 }];
        let said = admit_memory(&program, None, limit).err().map(|error| error.place());
        assert_eq!(said.is_some(), place.is_some(), "{said:?}");
        assert!(said.unwrap_or_default().contains(place.unwrap_or_default()), "{place:?}");
    }
}

/// One view of a few bytes of text may have millions of pieces, and broadcasts more elements than there is memory.
#[test]
fn pieces_and_broadcasts_are_counted_before_they_are_made() {
    for (strides, shape, place) in [
        ([4u32, 2], [1 << 12, 1 << 12], "the pieces of operands, most of them in rank 0, op "),
        ([0, 0], [1 << 16, 1 << 15], "rank 0, op "),
    ] {
        let mut program = gemm();
        for view in &mut program.ranks[0].views {
            (view.shape, view.strides) = (program::Dims::new(&shape), program::Dims::new(&strides));
        }
        let error = admit_memory(&program, None, 1 << 30).expect_err(place);
        assert!(error.place().starts_with(place), "{}", error.place());
        assert!(error.to_string().contains("the limit is 1 GiB"), "{error}");
        assert!(error.help().contains("--memory"), "{}", error.help());
    }
}

/// Every rank may know of every other.
#[test]
fn clocks_grow_with_the_square_of_the_ranks() {
    let mut program = gemm();
    program.ranks[0].ops.truncate(1);
    program.ranks = vec![program.ranks[0].clone(); 20_000];
    let error = admit_times(&program, 1 << 30).expect_err("3 GiB of clocks and more");
    assert!(error.place().starts_with("the vector clocks of 20000 ranks"), "{}", error.place());
    assert!(admit_log(&program, 1 << 30).is_ok());
    program.ranks.truncate(2_000);
    assert!(admit_times(&program, 1 << 30).is_ok());
}

/// A column of a matrix that nobody writes has a piece a row, which only a replay keeps.
#[test]
fn without_values_inputs_have_no_pieces() {
    let limit = 1 << 30;
    for (written, admitted) in [(false, true), (true, false)] {
        let mut program = gemm();
        let column = View {
            shape: program::Dims::new(&[1 << 24, 1]),
            strides: program::Dims::new(&[2, 1]),
            ..View::packed(Base::Tensor(TensorId(0)), program::Dims::new(&[1]), DType::F32)
        };
        let rank = &mut program.ranks[0];
        let tile = View::packed(Base::Buffer(program::BufferId(0)), program::Dims::new(&[1]), DType::F32);
        rank.views.extend([tile, column]);
        let [tile, view] = [2, 1].map(|back| program::ViewId(rank.views.len() as u32 - back));
        let op = if written {
            MoveOp::Store { from: view, to: view }
        } else {
            MoveOp::Load { from: view, to: tile }
        };
        rank.ops.push(Op::Move(op));
        assert_eq!(admit_log(&program, limit).is_ok(), admitted, "written: {written}");
        assert!(admit_memory(&program, None, limit).is_err(), "written: {written}");
    }
}

#[test]
fn work_is_counted_to_the_last_element() {
    let program = gemm();
    let of_rank = |rank| {
        let ops = program.rank(rank).ops.iter();
        ops.map(|op| replay::memory::work_of(&program, rank, op)).sum::<u64>()
    };
    let all: u64 = (0..program.n_ranks()).map(Rank).map(of_rank).sum();
    for (work, fits) in [(all, true), (all - 1, false)] {
        let said = admit(&program, None, Limits { memory: u64::MAX - 1, work });
        assert_eq!(said.is_ok(), fits, "{said:?}");
        assert!(said.err().is_none_or(|error| error.help().contains("--work")));
    }
}

#[test]
fn no_default_of_a_kernel_needs_much() {
    for kernel in kernels::Catalogue::BUILT_IN.iter() {
        let recorded = kernel.record(&Default::default()).expect("a program");
        let limits = Limits { memory: 1 << 30, work: MOST_WORK >> 4 };
        assert!(admit(&recorded.program, recorded.reference.as_ref(), limits).is_ok(), "{}", kernel.name);
    }
}
