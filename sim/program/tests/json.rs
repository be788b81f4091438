use program::op::{BinaryFn, BusyUnit, CompareFn, Constant, Operand, ReduceFn, UnaryFn};
use program::program::FORMAT;
use program::tl::Recording;
use program::{ComputeOp, DType, Op, Program, ViewId};
use samples::{Random, relay, tiny};
use verify::verify;

#[path = "../../verify/src/samples.rs"]
pub mod samples;

/// The example of `PROGRAM.md`: the only block of JSON there that has a format.
fn example() -> &'static str {
    let document = include_str!("../PROGRAM.md");
    let blocks = document.split("```json\n").skip(1).filter_map(|block| block.split("```").next());
    blocks.filter(|block| block.contains("\"format\"")).last().expect("an example")
}

#[test]
fn a_program_survives_json() {
    let program = relay();
    let text = program.to_json();
    assert_eq!(Program::from_json(&text).as_ref(), Ok(&program));
    assert!(!text.contains('\n'));
}

/// Editors find the schema by a key that is no part of the program, wherever it stands.
#[test]
fn a_program_may_name_its_schema() {
    let program = relay();
    let text = program.to_json();
    for named in [
        text.replacen('{', "{\"$schema\": \"program.schema.json\",", 1),
        format!("{},\"$schema\":{{\"any\":[1]}}}}", text.strip_suffix('}').unwrap()),
    ] {
        assert_eq!(Program::from_json(&named).as_ref(), Ok(&program));
    }
    let inside = text.replacen("\"home\"", "\"$schema\":\"x\",\"home\"", 1);
    let said = Program::from_json(&inside).unwrap_err().to_string();
    assert!(inside != text && said.contains("unknown key `$schema`"), "{said}");
}

#[test]
fn the_documented_example_is_a_program_that_runs() {
    let program = Program::from_json(example()).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!((program.kernel.as_str(), program.n_ranks()), ("hand_over", 2));
    verify(program.clone(), &tiny()).unwrap_or_else(|refusal| panic!("{refusal}"));
    assert_eq!(Program::from_json(&program.to_json()), Ok(program));
}

/// Another front end knows only what the document says.
#[test]
fn every_name_of_an_op_and_of_its_values_is_documented() {
    let document = include_str!("../PROGRAM.md");
    let quoted = |name: &str| [format!("`{name}`"), format!("`\"{name}\"`")];
    let functions = UnaryFn::ALL.map(UnaryFn::name).into_iter().chain(BinaryFn::ALL.map(BinaryFn::name));
    let functions =
        functions.chain(CompareFn::ALL.map(CompareFn::name)).chain(ReduceFn::ALL.map(ReduceFn::name));
    let values = DType::ALL.map(DType::name).into_iter().chain(BusyUnit::ALL.map(BusyUnit::name));
    for name in Op::NAMES.iter().copied().chain(functions).chain(values) {
        assert!(quoted(name).iter().any(|quoted| document.contains(quoted)), "PROGRAM.md lacks `{name}`");
    }
}

/// Names of format 1 mean what they meant, whatever they mean now.
#[test]
fn functions_of_format_1_keep_their_meaning() {
    let (x, y) = (Operand::View(ViewId(0)), Operand::View(ViewId(0)));
    let (view, to, acc) = (ViewId(0), ViewId(0), DType::F32);
    let unary = |f| Op::Compute(ComputeOp::Unary { f, x: view, to });
    let binary = |f| Op::Compute(ComputeOp::Binary { f, x, y, to });
    let reduce = |f| Op::Compute(ComputeOp::Reduce { f, axis: 0, x: view, to, acc, wrap: false });
    for (written, meant) in [
        (unary(UnaryFn::Cast), unary(UnaryFn::CastTrunc)),
        (unary(UnaryFn::Neg), unary(UnaryFn::Neg)),
        (binary(BinaryFn::Maximum), binary(BinaryFn::Maxnum)),
        (binary(BinaryFn::Minimum), binary(BinaryFn::Minnum)),
        (binary(BinaryFn::Add), binary(BinaryFn::Add)),
        (reduce(ReduceFn::Max), reduce(ReduceFn::Maxnum)),
        (reduce(ReduceFn::Min), reduce(ReduceFn::Minnum)),
        (reduce(ReduceFn::Sum), reduce(ReduceFn::Sum)),
    ] {
        let mut program = relay();
        program.ranks[0].sources.clear();
        program.ranks[0].ops = vec![written];
        let text = program.to_json();
        assert_eq!(Program::from_json(&text).as_ref(), Ok(&program));
        let old = text.replacen("\"format\":2", "\"format\":1", 1);
        let read = Program::from_json(&old).unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(read.ranks[0].ops, [meant]);
        assert_eq!((read.format, Program::from_json(&read.to_json()).as_ref()), (FORMAT, Ok(&read)));
    }
}

/// What the verifier counts is not written before it has, and is written after.
#[test]
fn semaphores_that_do_more_than_grow_survive_json() {
    let recorded = Recording::new("levels", 1).record(|tl| {
        let semaphore = tl.semaphore();
        tl.signal_set(semaphore, 0, 3, &[]);
        tl.wait_eq(semaphore, 3);
        tl.set_semaphore(semaphore, 1);
        tl.take(semaphore, 1);
    });
    let mut program = recorded.unwrap_or_else(|error| panic!("{error}"));
    program.ranks[0].sources.clear();
    let verified = verify(program.clone(), &tiny()).unwrap_or_else(|refusal| panic!("{refusal}")).program;
    let ops = |amount: &str, counts: [&str; 2]| {
        format!(
            "[{{\"signal_set\":{{\"semaphore\":0,\"to\":0,\"value\":3,{amount}\"after\":[]}}}},\
             {{\"wait_until\":{{\"semaphore\":0,\"is\":\"eq\",\"value\":3{}}}}},\
             {{\"semaphore_set\":{{\"semaphore\":0,\"value\":1}}}},\
             {{\"wait_until\":{{\"semaphore\":0,\"is\":\"take\",\"value\":1{}}}}}]",
            counts[0], counts[1]
        )
    };
    for (program, ops) in
        [(&program, ops("", ["", ""])), (&*verified, ops("\"amount\":3,", [",\"count\":3", ",\"count\":3"]))]
    {
        let text = program.to_json();
        assert!(text.contains(&ops), "{text}");
        assert_eq!(Program::from_json(&text).as_ref(), Ok(program));
    }
    let wrong = program.to_json().replace("\"take\"", "\"least\"");
    let said = Program::from_json(&wrong).expect_err("no such question").to_string();
    assert!(said.contains("unknown value `least`: known are ge, eq, take"), "{said}");
}

/// A program of one rank that fills a tile of this dtype with each constant.
fn filled(dtype: DType, constants: &[Constant]) -> Program {
    let mut program = relay();
    let rank = &mut program.ranks[0];
    rank.views[0].dtype = dtype;
    rank.sources.clear();
    let fill = |&value: &Constant| Op::Compute(ComputeOp::Fill { value, to: ViewId(0) });
    rank.ops = constants.iter().map(fill).collect();
    program
}

#[test]
fn constants_survive_json_bit_by_bit() {
    let mut random = Random::seeded(7);
    let special =
        [0.0, -0.0, 1.0, 0.1, f32::MIN_POSITIVE, f32::MAX, f32::INFINITY, f32::NEG_INFINITY, f32::NAN];
    let random_bits = (0..20_000).map(|_| f32::from_bits(random.bits() as u32));
    let random_bits: Vec<f32> = random_bits.collect();
    let whole: Vec<f32> = (0..20_000).map(|_| (random.bits() as i32) as f32).collect();
    let floats = special.into_iter().chain(random_bits).chain(whole.iter().copied());
    let floats = filled(DType::F32, &floats.map(Constant::of).collect::<Vec<_>>());
    let integers =
        (0..20_000).map(|_| f64::from(random.bits() as i32)).chain(whole.iter().map(|&f| f.into()));
    let integers = filled(DType::I32, &integers.filter_map(Constant::of_number).collect::<Vec<_>>());
    for program in [floats, integers] {
        assert_eq!(Program::from_json(&program.to_json()), Ok(program));
    }
}

/// The shortest digits of a large f32 are those of another integer: a float is the f32, an integer what is written.
#[test]
fn digits_of_a_large_float_are_read_by_the_dtype() {
    for (written, float) in [("123456790.0", 123_456_792.0), ("2147483500.0", 2_147_483_520.0)] {
        for (dtype, kept) in [(DType::F32, float), (DType::I32, written.parse().expect("digits"))] {
            let text = filled(dtype, &[Constant::of(0.5)]).to_json().replace("0.5", written);
            let read = Program::from_json(&text).expect("a program");
            assert_eq!(read, filled(dtype, &[Constant::of_number(kept).expect("a constant")]), "{dtype}");
            let again = read.to_json();
            assert_eq!(again == text, dtype == DType::F32, "{dtype}: {again}");
            assert_eq!(Program::from_json(&again), Ok(read), "{dtype}");
        }
    }
}

#[test]
fn a_text_that_is_no_program_is_answered_with_place_and_repair() {
    let good = relay().to_json();
    let cases = [
        ("", "line 1 column 0: EOF while parsing"),
        ("{}", "the key `format` is missing: add it"),
        ("[1, 2]", "line 1 column"),
        (
            "{\"format\": 3, \"blocks\": []}",
            "format 3, this version reads formats 1 to 2; record the program again",
        ),
        (&good.replace("\"kernel\"", "\"kernle\""), "unknown key `kernle`: did you mean `kernel`?"),
        (&good.replace("[1,16]", "[1,1,1,1,16]"), "at most 4 dimensions"),
        (&good.replace("\"f16\"", "\"f17\""), "unknown value `f17`: known are f32, f16"),
        (&good.replace("\"constant\":0.0", "\"constant\":1e40"), "1e40 does not fit an f32"),
        (&good.replace("\"constant\":0.0", "\"constant\":[]"), "a list, expected a number, \"inf\""),
        (&good[..good.len() - 1], "EOF while parsing"),
        (&format!("{good} 7"), "trailing characters"),
        (&"[".repeat(100_000), "line 1 column"),
    ];
    for (text, says) in cases {
        let error = Program::from_json(text).expect_err(says).to_string();
        assert!(error.contains(says), "{error}, not {says}");
        assert!(
            error.ends_with("PROGRAM.md describes the format") || error.ends_with("record the program again"),
            "{error}"
        );
    }
}

#[test]
fn what_is_wrong_is_named_by_rank_and_op() {
    refused(&[
        (
            "{\"load\": {\"from\": 0, \"to\": 1}}",
            "7",
            "rank 0, op 0: an op is an object with one key, its kind",
        ),
        (
            "{\"load\":",
            "{\"lod\":",
            "line 21 column 10: rank 0, op 0: unknown op `lod`: did you mean `load`?",
        ),
        (
            "{\"load\":",
            "{\"recv_any\":",
            "rank 0, op 0: there is no op `recv_any`: what follows would depend on who comes first",
        ),
        (
            "{\"load\":",
            "{\"semaphore_dec\":",
            "rank 0, op 0: there is no op `semaphore_dec`: a wait takes from its semaphore",
        ),
        (
            "{\"from\": 0, \"to\": 1}",
            "{\"from\": 0, \"timeout\": 1}",
            "rank 0, op 0 (load): there is no key `timeout`: whether a message has come yet is a matter of time",
        ),
        ("{\"from\": 0, \"to\": 1}", "{\"from\": 0, \"too\": 1}", "rank 0, op 0 (load): unknown key `too`"),
        ("{\"from\": 0, \"to\": 1}", "{\"to\": 1}", "rank 0, op 0 (load): the key `from` is missing: add it"),
        (
            "\"to\": 1}",
            "\"to\": -1}",
            "rank 0, op 0 (load), `to`: integer `-1`, expected an integer from 0 to",
        ),
        (
            "\"f\": \"add\"",
            "\"f\": \"ad\"",
            "rank 1, op 1 (binary), `f`: unknown value `ad`: did you mean `add`?",
        ),
        (
            "{\"constant\": 1.0}",
            "{\"konstant\": 1.0}",
            "rank 1, op 1 (binary), `y`: unknown value `konstant`",
        ),
        (
            "\"strides\": [1]",
            "\"strides\": [true]",
            "rank 0, view 0, `strides[0]`: boolean `true`, expected an integer from 0 to",
        ),
        (
            "\"n_slots\": 2",
            "\"n_slots\": \"2\"",
            ": ring 0, `n_slots`: string \"2\", expected an integer from 0 to",
        ),
        (
            "\"role\": {\"input\": {\"of\": 0",
            "\"role\": {\"input\": {\"of\": \"x\"",
            "tensor 0, `role.input.of`: ",
        ),
        ("\"files\": []", "\"fils\": []", "column 3: unknown key `fils`: did you mean `files`?"),
    ]);
}

#[test]
fn what_should_be_an_object_is_named() {
    refused(&[
        (
            "{\"load\": {\"from\": 0, \"to\": 1}}",
            "\"commit\"",
            "rank 0, op 0 (commit): a word alone, expected an object",
        ),
        (
            "{\"load\": {\"from\": 0, \"to\": 1}}",
            "{\"barrier\": 3}",
            "rank 0, op 0 (barrier): integer `3`, expected an object",
        ),
        // A list of the fields says nothing of which is which.
        ("{\"from\": 0, \"to\": 1}", "[0, 1]", "rank 0, op 0 (load): a list, expected an object"),
        (
            "{\"name\": \"x\", \"shape\": [8], \"dtype\": \"f32\"}",
            "[\"x\", [8], \"f32\"]",
            "input 0: a list, expected an object",
        ),
        (
            "\"params\": {}",
            "\"params\": {\"a\": \"1\", \"a\": \"1\"}",
            "`params`: the key `a` is given twice: give it once",
        ),
    ]);
}

/// Texts of the example, what each is replaced by, and what is then said.
fn refused(cases: &[(&str, &str, &str)]) {
    let good = example();
    for (right, wrong, says) in cases {
        assert!(good.contains(right), "the example lacks {right}");
        let error = Program::from_json(&good.replacen(right, wrong, 1)).expect_err(says).to_string();
        assert!(error.contains(says), "{error}, not {says}");
    }
}

/// Numbers and lists of a program, one of them changed at random.
fn mutate(value: &mut serde_json::Value, random: &mut Random) {
    match value {
        serde_json::Value::Number(number) => {
            let choices = [0, 1, 2, 3, 7, 64, u64::from(u32::MAX), u64::from(u32::MAX) + 1, u64::MAX];
            *number = choices[random.below(9) as usize].into();
        }
        serde_json::Value::Array(list) if !list.is_empty() => {
            let at = random.below(list.len() as u64) as usize;
            match random.below(8) {
                0 => _ = list.remove(at),
                1 => list.push(list[at].clone()),
                2 => list.swap(0, at),
                _ => mutate(&mut list[at], random),
            }
        }
        serde_json::Value::Object(map) if !map.is_empty() => {
            let at = random.below(map.len() as u64) as usize;
            mutate(map.values_mut().nth(at).expect("in range"), random);
        }
        serde_json::Value::Null
        | serde_json::Value::Bool(_)
        | serde_json::Value::String(_)
        | serde_json::Value::Array(_)
        | serde_json::Value::Object(_) => {}
    }
}

#[test]
fn no_program_that_json_can_express_makes_the_verifier_panic() {
    let mut random = Random::seeded(8);
    let good: serde_json::Value = serde_json::from_str(&relay().to_json()).unwrap();
    let (mut read, mut refused) = (0, 0);
    for _ in 0..6000 {
        let mut value = good.clone();
        for _ in 0..1 + random.below(3) {
            mutate(&mut value, &mut random);
        }
        let Ok(program) = Program::from_json(&value.to_string()) else { continue };
        read += 1;
        refused += u32::from(verify(program, &tiny()).is_err());
    }
    assert!(read > 3000 && refused > 1500, "{refused} of {read} show too little");
}
