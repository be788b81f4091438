use std::collections::BTreeSet;

use program::op::{BinaryFn, BusyUnit, CompareFn, ReduceFn, UnaryFn};
use program::{DType, RankProgram};

use super::*;
use crate::sample;

/// Codes are part of the file format: a new op takes the next code, and no code ever changes.
const CODES: [&str; 37] = [
    "load",
    "store",
    "copy",
    "dot",
    "unary",
    "binary",
    "compare",
    "where",
    "reduce",
    "fill",
    "iota",
    "send",
    "forward",
    "recv",
    "recv_async",
    "recv_copy",
    "release",
    "wait",
    "barrier",
    "signal",
    "wait_ge",
    "busy",
    "contribute",
    "expect",
    "commit",
    "event_signal",
    "event_wait",
    "host_copy",
    "release",
    "multicast",
    "recv_reduce",
    "fma",
    "scan",
    "dequantize",
    "semaphore_set",
    "signal_set",
    "wait_until",
];

#[test]
fn every_op_has_its_code_and_no_two_have_one() {
    let mut seen = BTreeSet::new();
    for op in sample::every_op() {
        assert_eq!(CODES.get(usize::from(op.code())), Some(&op.name()), "{op:?} has code {}", op.code());
        seen.insert(op.code());
    }
    assert_eq!(seen.len(), CODES.len());
    assert_eq!(BTreeSet::from(CODES), Op::NAMES.iter().copied().collect());
}

#[test]
fn values_of_enums_keep_their_codes() {
    let names = |names: &[&str]| names.join(" ");
    assert_eq!(
        names(&UnaryFn::ALL.map(UnaryFn::name)),
        "cast_trunc neg abs exp reciprocal sqrt exp2 log log2 tanh sigmoid erf rsqrt round floor ceil trunc sign sin cos \
         not cast cast_floor cast_saturate cast_wrap"
    );
    assert_eq!(
        names(&BinaryFn::ALL.map(BinaryFn::name)),
        "add sub mul div maxnum minnum maximum minimum rem shl shr and or xor pow"
    );
    assert_eq!(names(&CompareFn::ALL.map(CompareFn::name)), "eq ne lt le gt ge");
    assert_eq!(
        names(&ReduceFn::ALL.map(ReduceFn::name)),
        "sum maxnum minnum max min prod any all argmax argmin"
    );
    assert_eq!(names(&BusyUnit::ALL.map(BusyUnit::name)), "gemm math");
    assert_eq!(
        names(&DType::ALL.map(DType::name)),
        "f32 f16 bf16 f8e4m3 f8e5m2 u8 i32 i8 i16 u16 u32 bool i64 f64"
    );
    assert_eq!(DType::ALL.map(DType::code).to_vec(), (0..14).collect::<Vec<u8>>());
}

#[test]
fn there_is_room_for_every_code_beside_the_flags() {
    let mut bytes = Vec::new();
    let heads =
        (0..=u8::MAX).flat_map(|code| [0, NEW_SOURCE, NEW_UNIT | NEW_SOURCE].map(|flags| (code, flags)));
    heads.clone().for_each(|(code, flags)| put_head(&mut bytes, code, flags));
    let mut cursor = Cursor::new(&bytes);
    heads.for_each(|head| assert_eq!(read_head(&mut cursor), Ok(head)));
    assert_eq!(cursor.end(), Ok(()));
}

/// In a sealed log, in JSON lines and in Program JSON, which write an op as the same object.
#[test]
fn every_value_of_every_field_of_every_op_reads_back() {
    let ops = sample::every_op();
    let program = RankProgram { ops, ..RankProgram::default() };
    let units = vec![UnitId::MATH; program.ops.len()];
    let mut sealed = Vec::new();
    put_ops(&mut sealed, &program, &units);
    let read = read_ops(&sealed).expect("ops");
    assert!(read.ops == program.ops && read.units == units);

    let mut texts = BTreeSet::new();
    for op in &program.ops {
        let text = serde_json::to_string(op).expect("JSON");
        assert!(text.starts_with(&format!("{{\"{}\":{{", op.name())), "{text}");
        let read: Op = serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error} in {text}"));
        // One NaN stands for all.
        assert!(read == *op || text.contains("\"nan\""), "{op:?} reads back as {read:?}");
        assert_eq!(serde_json::to_string(&read).ok().as_ref(), Some(&text));
        texts.insert(text);
    }
    let written = |key: &str, name: &str| {
        let field = format!("\"{key}\":\"{name}\"");
        assert!(texts.iter().any(|text| text.contains(&field)), "no op with {field}");
    };
    let functions = UnaryFn::ALL.map(UnaryFn::name).into_iter().chain(BinaryFn::ALL.map(BinaryFn::name));
    let functions =
        functions.chain(CompareFn::ALL.map(CompareFn::name)).chain(ReduceFn::ALL.map(ReduceFn::name));
    functions.for_each(|name| written("f", name));
    DType::ALL.iter().for_each(|dtype| written("acc", dtype.name()));
    BusyUnit::ALL.iter().for_each(|unit| written("unit", unit.name()));
    ["nan", "inf", "-inf"].iter().for_each(|name| written("constant", name));
}

#[test]
fn numbers_that_are_no_op_are_refused() {
    for (code, field) in [(37, 0), (255, 0), (3, 2), (4, 25), (9, 1 << 32), (13, 1 << 32)] {
        assert!(Op::of_numbers(code, &mut || Read::Ok(field)).is_err(), "code {code} with {field}");
    }
}
