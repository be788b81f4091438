//! The page of words: its tables are what the CPU backend computes.

use std::path::{Path, PathBuf};

use gpu::tolerance::Allowance;
use program::op::{BinaryFn, Constant, MathClass, ReduceFn, UnaryFn};
use program::{DType, Dims, ScaledFormat, Sign};
use replay::SimdLevel;
use replay::cpu::{Input, Packed, Reduce, Strided, binary, decode, dequantize, encode, reduce, unary};

const NAN: f32 = f32::NAN;
const INF: f32 = f32::INFINITY;

const X: [f32; 11] = [-INF, -2.5, -1.0, -0.5, -0.0, 0.0, 0.5, 1.0, 2.5, INF, NAN];
const PAIRS: [(f32, f32); 9] = [
    (NAN, 1.0),
    (1.0, NAN),
    (-0.0, 0.0),
    (0.0, -0.0),
    (0.0, 0.0),
    (1.0, 0.0),
    (INF, INF),
    (INF, -INF),
    (0.0, INF),
];
const CAST: [f32; 11] = [-INF, -300.0, -1.5, 0.1, 0.5, 1.5, 2.5, 464.0, 70_000.0, 3e38, NAN];
const INTEGERS: [(i32, i32); 8] =
    [(7, 2), (-7, 2), (-7, -2), (7, 0), (-7, 31), (-7, 32), (7, -1), (i32::MIN, -1)];
const UNSIGNED: [(u32, u32); 6] =
    [(7, 2), (u32::MAX, 2), (2, u32::MAX), (1 << 31, 31), (u32::MAX, 32), (u32::MAX, u32::MAX)];
const ROWS: [&[f32]; 6] =
    [&[2.0, 3.0, 2.0], &[1.0, NAN, 3.0], &[NAN, NAN], &[-0.0, 0.0], &[-INF, INF], &[0.5, -2.0, 4.0]];

/// A number in at most four digits behind the point.
fn shown(x: f32) -> String {
    if x.is_nan() {
        return "nan".to_owned();
    }
    if x.is_infinite() || x == x.trunc() && x.abs() < 1e9 {
        return format!("{x}");
    }
    let short = format!("{x:.4}");
    if x.abs() >= 1e9 {
        format!("{x:e}")
    } else if short.parse() == Ok(x) {
        format!("{x}")
    } else {
        short
    }
}

fn table(
    head: &str,
    columns: impl Iterator<Item = String>,
    rows: impl Iterator<Item = (String, Vec<f32>)>,
) -> String {
    let columns: Vec<String> = columns.collect();
    let mut text = format!("| {head} | {} |\n|{}\n", columns.join(" | "), "---|".repeat(columns.len() + 1));
    for (name, values) in rows {
        let values: Vec<String> = values.into_iter().map(shown).collect();
        text += &format!("| {name} | {} |\n", values.join(" | "));
    }
    text
}

fn of_one(f: UnaryFn, x: &[f32], to: DType) -> Vec<f32> {
    let (bytes, shape) = (encode(x, DType::F32, SimdLevel::Narrow), [x.len() as u32]);
    let view = Strided::packed(&bytes, &shape, DType::F32);
    let made = unary(f, &view, to, Vec::new(), SimdLevel::Narrow).expect("floats have values");
    decode(&Strided::packed(&made, &shape, to), SimdLevel::Narrow).expect("it is whole")
}

fn of_two(f: BinaryFn, x: f32, y: f32) -> f32 {
    let constant = |value| Input::Constant(Constant::of(value));
    let to = Packed { shape: Dims::new(&[1]), dtype: DType::F32 };
    let made = binary(f, &constant(x), &constant(y), to, Vec::new(), SimdLevel::Narrow).expect("a value");
    decode(&Strided::packed(&made, &[1], DType::F32), SimdLevel::Narrow).expect("it is whole")[0]
}

fn unary_table() -> String {
    let functions =
        UnaryFn::ALL.into_iter().filter(|f| !UnaryFn::CASTS.contains(f) && !f.is_of_integers_alone());
    let rows = functions.map(|f| (format!("`{}`", f.name()), of_one(f, &X, DType::F32)));
    table("x", X.into_iter().map(shown), rows)
}

fn binary_table() -> String {
    let functions = BinaryFn::ALL.into_iter().filter(|f| !f.is_of_integers_alone() && *f != BinaryFn::Pow);
    let rows = functions.map(|f| (format!("`{}`", f.name()), PAIRS.map(|(x, y)| of_two(f, x, y)).to_vec()));
    table("x, y", PAIRS.into_iter().map(|(x, y)| format!("{}, {}", shown(x), shown(y))), rows)
}

fn integer_table() -> String {
    let functions = BinaryFn::ALL.into_iter().filter(|f| f.is_of_integers_alone());
    let to = Packed { shape: Dims::new(&[1]), dtype: DType::I32 };
    let of = |f, x: i32, y: i32| {
        let [x, y] = [x, y].map(|value| Input::Constant(Constant::of_number(value.into()).expect("an i32")));
        match binary(f, &x, &y, to, Vec::new(), SimdLevel::Narrow) {
            Ok(bytes) => i32::from_le_bytes(bytes.try_into().expect("an i32")).to_string(),
            Err(_) => "refused".to_owned(),
        }
    };
    let columns: Vec<String> = INTEGERS.iter().map(|(x, y)| format!("{x}, {y}")).collect();
    let head = format!("| x, y | {} |\n|{}\n", columns.join(" | "), "---|".repeat(columns.len() + 1));
    functions.fold(head, |text, f| {
        let values = INTEGERS.map(|(x, y)| of(f, x, y));
        text + &format!("| `{}` | {} |\n", f.name(), values.join(" | "))
    })
}

/// What differs where the 32 bits of an op are those of u32.
fn unsigned_table() -> String {
    let of = |f, x: u32, y: u32| {
        let [x, y] = [x, y].map(u32::to_le_bytes);
        let [x, y] = [&x, &y].map(|bytes| Input::View(Strided::packed(bytes, &[1], DType::U32)));
        let to = Packed { shape: Dims::new(&[1]), dtype: DType::U32 };
        let made = binary(f, &x, &y, to, Vec::new(), SimdLevel::Narrow).expect("no divisor is 0");
        u32::from_le_bytes(made.try_into().expect("a u32")).to_string()
    };
    let columns: Vec<String> = UNSIGNED.iter().map(|(x, y)| format!("{x}, {y}")).collect();
    let head = format!("| x, y | {} |\n|{}\n", columns.join(" | "), "---|".repeat(columns.len() + 1));
    let functions = [
        BinaryFn::Add,
        BinaryFn::Sub,
        BinaryFn::Mul,
        BinaryFn::Div,
        BinaryFn::Rem,
        BinaryFn::Maximum,
        BinaryFn::Minimum,
        BinaryFn::Shl,
        BinaryFn::Shr,
    ];
    functions.into_iter().fold(head, |text, f| {
        let values = UNSIGNED.map(|(x, y)| of(f, x, y));
        text + &format!("| `{}` | {} |\n", f.name(), values.join(" | "))
    })
}

fn dtypes_table() -> String {
    let mut text = "| dtype | bytes | smallest | largest | computed in |\n|---|---|---|---|---|\n".to_owned();
    for dtype in DType::ALL {
        let [least, largest] = match dtype.integers() {
            Some(range) => range.map(|number| number.to_string()),
            None if dtype.largest() < 1e6 => [-dtype.largest(), dtype.largest()].map(|x| x.to_string()),
            None => [-dtype.largest(), dtype.largest()].map(|x| format!("{x:.5e}")),
        };
        let computed = match (dtype.is_host_only(), dtype.is_float()) {
            (true, _) => "nothing",
            (false, true) => "f32",
            (false, false) => Sign::of([dtype]).dtype().name(),
        };
        text += &format!("| `{dtype}` | {} | {least} | {largest} | {computed} |\n", dtype.size());
    }
    text
}

fn formats_table() -> String {
    let head = "| format | elements | in a byte | largest | scales | block |\n|---|---|---|---|---|---|\n";
    ScaledFormat::ALL.into_iter().fold(head.to_owned(), |text, format| {
        let (elements, scales) = match format {
            ScaledFormat::Mxfp8E4m3 | ScaledFormat::Mxfp8E5m2 => (format.elements().name(), "u8: E8M0"),
            ScaledFormat::Mxfp4 => ("u8: E2M1", "u8: E8M0"),
            ScaledFormat::Nvfp4 => ("u8: E2M1", format.scales().name()),
            ScaledFormat::Bfp8 => ("u8: a sign, 7 bits", "u8: exponent"),
            ScaledFormat::Bfp4 => ("u8: a sign, 3 bits", "u8: exponent"),
        };
        // Of every code with the scale 1.
        let one = if format.scales().is_float() { 0x38 } else { 127 };
        let codes: Vec<u8> = (0..=255).collect();
        let n = 256 * format.per_byte();
        let by = vec![one; (n / format.block()) as usize];
        let x = Strided::packed(&codes, &[256], format.elements());
        let by = Strided::packed(&by, &[n / format.block()], format.scales());
        let to = Packed { shape: Dims::new(&[n]), dtype: DType::F32 };
        let made = dequantize(format, &x, &by, to, Vec::new(), SimdLevel::Narrow).expect("whole blocks");
        let values =
            decode(&Strided::packed(&made, &[n], DType::F32), SimdLevel::Narrow).expect("it is whole");
        let largest = values.into_iter().filter(|x| x.is_finite()).fold(0.0, f32::max);
        let (per_byte, block) = (format.per_byte(), format.block());
        text + &format!("| `{format}` | {elements} | {per_byte} | {largest} | {scales} | {block} |\n")
    })
}

fn power_table() -> String {
    let power = |x: f32, n: i32| {
        let (bytes, to) = (x.to_le_bytes(), Packed { shape: Dims::new(&[1]), dtype: DType::F32 });
        let x = Input::View(Strided::packed(&bytes, &[1], DType::F32));
        let n = Input::Constant(Constant::of(n as f32));
        let made = binary(BinaryFn::Pow, &x, &n, to, Vec::new(), SimdLevel::Narrow).expect("a value");
        f32::from_le_bytes(made.try_into().expect("an f32"))
    };
    let rows = [0, 1, 2, 3, -1, -2].map(|n| (n.to_string(), X.map(|x| power(x, n)).to_vec()));
    table("y \\ x", X.into_iter().map(shown), rows.into_iter())
}

fn cast_table() -> String {
    let dtypes = DType::ALL.into_iter().filter(|dtype| !dtype.is_host_only());
    let rows = dtypes.flat_map(|to| UnaryFn::CASTS.map(|f| (f, to, of_one(f, &CAST, to))));
    let mut seen: Vec<(DType, Vec<u32>)> = Vec::new();
    let rows = rows.filter(|(_, to, values)| {
        // What a dtype already has a row for is not said twice.
        let bits = (*to, values.iter().map(|value| value.to_bits()).collect());
        let is_new = !seen.contains(&bits);
        seen.push(bits);
        is_new
    });
    let rows = rows.map(|(f, to, values)| (format!("`{}` to `{to}`", f.name()), values));
    table("x", CAST.into_iter().map(shown), rows)
}

fn reduce_table() -> String {
    let rows = ReduceFn::ALL.map(|f| {
        let of = |x: &[f32]| {
            let bytes = encode(x, DType::F32, SimdLevel::Narrow);
            let to = f.gives().unwrap_or(DType::F32);
            let how = Reduce { f, axis: 0, acc: DType::F32, wrap: false, to };
            let made = reduce(
                how,
                &Strided::packed(&bytes, &[x.len() as u32], DType::F32),
                Vec::new(),
                SimdLevel::Narrow,
            );
            let made = made.expect("floats have values");
            decode(&Strided::packed(&made, &[1], to), SimdLevel::Narrow).expect("it is whole")[0]
        };
        (format!("`{}`", f.name()), ROWS.map(of).to_vec())
    });
    let columns = ROWS.into_iter().map(|row| row.iter().map(|&x| shown(x)).collect::<Vec<_>>().join(", "));
    table("along", columns, rows.into_iter())
}

fn gpu_table() -> String {
    let ulps = UnaryFn::ALL.map(|f| (f, gpu::tolerance::ulps(f, &Allowance::VULKAN)));
    let rows = ulps.into_iter().filter(|(_, ulps)| *ulps > 0);
    let rows = rows.map(|(f, ulps)| format!("| `{}` | {ulps} |\n", f.name()));
    rows.fold("| function | ulps |\n|---|---|\n".to_owned(), |text, row| text + &row)
}

/// Functions of one operand and of two by the keys that a machine gives their cycles with.
fn cycles_table() -> String {
    let classes = [
        (MathClass::Simple, "simple_cycles"),
        (MathClass::Cast, "functions.cast_cycles, else simple_cycles"),
        (MathClass::Divide, "divide_cycles"),
        (MathClass::Reciprocal, "functions.reciprocal_cycles, else divide_cycles"),
        (MathClass::Sqrt, "functions.sqrt_cycles, else divide_cycles"),
        (MathClass::Exp, "exp_cycles"),
    ];
    let mut text = "| cycles of an element | functions |\n|---|---|\n".to_owned();
    for (class, key) in classes {
        let of_one = UnaryFn::ALL.into_iter().filter(|f| f.cost_class() == class).map(UnaryFn::name);
        let of_two = BinaryFn::ALL.into_iter().filter(|f| f.cost_class() == class).map(BinaryFn::name);
        let names: Vec<String> = of_one.chain(of_two).map(|name| format!("`{name}`")).collect();
        text += &format!("| `{key}` | {} |\n", names.join(", "));
    }
    text
}

/// The page with its tables as they are computed.
fn generated(page: &str) -> String {
    let tables = [
        ("unary", unary_table()),
        ("binary", binary_table()),
        ("dtypes", dtypes_table()),
        ("integers", integer_table()),
        ("unsigned", unsigned_table()),
        ("powers", power_table()),
        ("casts", cast_table()),
        ("reductions", reduce_table()),
        ("formats", formats_table()),
        ("gpu", gpu_table()),
        ("cycles", cycles_table()),
    ];
    tables.into_iter().fold(page.to_owned(), |page, (name, table)| {
        let begin = format!("<!-- {name} -->\n");
        let (before, rest) = page.split_once(&begin).expect("the page has a place for each table");
        let (_, after) = rest.split_once("<!-- end -->").expect("each table ends");
        format!("{before}{begin}{table}<!-- end -->{after}")
    })
}

fn path() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/words.md")
}

#[test]
fn tables_of_the_page_are_what_the_cpu_computes() {
    let page = std::fs::read_to_string(path()).expect("docs/words.md");
    let generated = generated(&page);
    if std::env::var("INSTA_UPDATE").is_ok_and(|update| update == "always") {
        return std::fs::write(path(), &generated).expect("the page can be written");
    }
    assert!(
        page == generated,
        "docs/words.md is not what the CPU computes; with INSTA_UPDATE=always this test writes it"
    );
}

#[test]
fn every_function_has_a_row_of_cycles() {
    let table = cycles_table();
    let names =
        UnaryFn::ALL.into_iter().map(UnaryFn::name).chain(BinaryFn::ALL.into_iter().map(BinaryFn::name));
    for name in names {
        assert_eq!(table.matches(&format!("`{name}`")).count(), 1, "{name}");
    }
}
