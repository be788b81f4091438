//! Rust files: short, finished, and without a hidden world around them.

use super::{canary, check, complain_if};
use crate::tree::{File, Tree};

const FILE_LINES_MAX: usize = 400;
const FUNCTION_LINES_MAX: usize = 70;

fn short_file(_: &Tree, file: &File) -> Vec<String> {
    let lines = file.text.lines().count();
    complain_if(file.is("rs") && lines > FILE_LINES_MAX, || {
        format!("{lines} lines, at most {FILE_LINES_MAX}: a file is one idea, split it")
    })
}

fn short_functions(_: &Tree, file: &File) -> Vec<String> {
    if !file.is("rs") {
        return Vec::new();
    }
    let too_long = functions(&file.text).into_iter().filter(|(_, lines)| *lines > FUNCTION_LINES_MAX);
    too_long
        .map(|(line, lines)| {
            format!("line {line}: a function of {lines} lines, at most {FUNCTION_LINES_MAX}")
        })
        .collect()
}

/// First line, counted from 1, and length of every function. Trusts rustfmt: a function ends at the next line
/// that closes a brace, or a declaration, at the indentation it began at.
fn functions(text: &str) -> Vec<(usize, usize)> {
    let lines: Vec<&str> = text.lines().collect();
    let begins = |line: &str| {
        let words = line.trim_start().split("fn ").next().unwrap_or_default();
        let modifiers = ["pub", "pub(crate)", "pub(super)", "const", "unsafe", "extern", "\"C\""];
        line.contains("fn ") && words.split_whitespace().all(|word| modifiers.contains(&word))
    };
    let indentation = |line: &str| line.len() - line.trim_start().len();
    let ends = |line: &str, indent: usize| {
        indentation(line) == indent && (line.trim() == "}" || line.ends_with(';') || line.ends_with('}'))
    };
    let starts = (0..lines.len()).filter(|&start| begins(lines[start]));
    starts
        .map(|start| {
            let indent = indentation(lines[start]);
            let length = lines[start..].iter().position(|line| ends(line, indent));
            (start + 1, length.unwrap_or(lines.len() - 1 - start) + 1)
        })
        .collect()
}

/// Written in two parts, so that this file does not break its own rule.
const UNFINISHED: [(&str, &str, &str); 6] = [
    ("#[ig", "nore", "assert today's wrong behaviour and name the issue"),
    ("should_", "panic", "bad input is an error: assert its text"),
    ("to", "do!(", "finish it"),
    ("unimple", "mented!(", "finish it"),
    ("db", "g!(", "remove it"),
    ("cfg!(debug_", "assertions", "debug and release do the same"),
];

fn finished(_: &Tree, file: &File) -> Vec<String> {
    if !file.is("rs") {
        return Vec::new();
    }
    let mut complaints = Vec::new();
    for (number, line) in file.text.lines().enumerate() {
        for (first, second, repair) in UNFINISHED {
            let banned = format!("{first}{second}");
            if line.contains(&banned) {
                complaints.push(format!("line {}: `{banned}`: {repair}", number + 1));
            }
        }
        for mark in [concat!("FIX", "ME"), concat!("TO", "DO")] {
            if line.contains(mark) && !line.contains(&format!("{mark}(#")) {
                complaints.push(format!("line {}: `{mark}` without the number of an issue", number + 1));
            }
        }
    }
    complaints
}

/// Only the binary's crate sees the world; the tests, benches and fuzz targets see it to check and to measure, and the
/// guide's example has a binary of its own. A run under Python asks it for signals from time to time.
const WORLDLY: [&str; 7] = [
    "sim/kernmesh/",
    "tests/",
    "benches/",
    "fuzz/",
    "docs/own-kernel/",
    "soak/src/main.rs",
    "python/src/interrupt.rs",
];
/// A device for tests: it runs a compiler, and what that makes.
const COMPILES: &str = "sim/gpu/src/msl_cpu/";
const WORLD: [(&str, &str); 7] = [
    ("std::fs", "only sim/kernmesh touches files"),
    ("std::env", "only sim/kernmesh touches arguments and environment"),
    ("std::net", "nothing here talks to a network"),
    ("std::process", "only sim/kernmesh ends the program"),
    ("std::time", "no wall clock; simulated time is machine::SimTime"),
    ("thread_local!", "no thread-locals: state has an owner"),
    ("lazy_static!", "no globals: state has an owner"),
];

fn no_hidden_world(_: &Tree, file: &File) -> Vec<String> {
    let mut worldly = WORLDLY.into_iter().chain([COMPILES]);
    if !file.is("rs") || worldly.any(|prefix| file.path.starts_with(prefix)) {
        return Vec::new();
    }
    let mut complaints = Vec::new();
    for (number, line) in file.text.lines().enumerate() {
        let code = line.trim_start();
        if code.starts_with("//") {
            continue;
        }
        for (world, reason) in WORLD {
            if code.contains(world) {
                complaints.push(format!("line {}: `{world}`: {reason}", number + 1));
            }
        }
        if holds_state(code) {
            complaints
                .push(format!("line {}: a static that can change: give the state an owner", number + 1));
        }
    }
    complaints
}

/// A static that is only a table is a constant with an address.
fn holds_state(code: &str) -> bool {
    let public = ["pub(crate) ", "pub(super) ", "pub "].iter().find_map(|public| code.strip_prefix(public));
    let Some(item) = public.unwrap_or(code).strip_prefix("static ") else { return false };
    let changes = ["mut ", "Atomic", "Cell", "Lazy", "Lock", "Mutex", "Once"];
    changes.into_iter().any(|change| item.contains(change))
}

/// What goes through a list of all variants passes one that is not in it by in silence.
fn lists_are_complete(_: &Tree, file: &File) -> Vec<String> {
    if !file.is("rs") {
        return Vec::new();
    }
    let list = |line: &str| {
        let (_, list) = line.split_once("const ALL: [")?;
        let (name, length) = list.split_once(']')?.0.split_once("; ")?;
        // A list whose length is no number was made by a macro, of all rows of a table.
        let (length, variants) = (length.parse::<usize>().ok()?, variants(&file.text, name)?);
        (variants != length).then(|| format!("`{name}::ALL` has {length} of {variants} variants"))
    };
    file.text.lines().filter_map(list).collect()
}

/// How many variants an enum of this text has. Trusts rustfmt: each begins at the first indentation.
fn variants(text: &str, name: &str) -> Option<usize> {
    let (_, body) = text.split_once(&format!("enum {name} {{\n"))?;
    let lines = body.lines().take_while(|line| *line != "}").filter_map(|line| line.strip_prefix("    "));
    Some(lines.filter(|line| line.starts_with(|first: char| first.is_ascii_uppercase())).count())
}

/// As `SECURITY.md` lists it.
const UNSAFE: [&str; 5] = [
    "sim/replay/src/cpu/",
    "kernels/src/dense/level.rs",
    "sim/gpu/src/metal/",
    "sim/kernmesh/src/allocator.rs",
    "benches/",
];

/// Lints that somebody could turn off, and where that is right.
const LINTS: [(&str, &[&str]); 5] = [
    ("wildcard_enum_match_arm", &WORLDLY),
    ("iter_over_hash_type", &[]),
    ("disallowed_types", &["sim/kernmesh/", "benches/", "soak/src/main.rs"]),
    ("disallowed_methods", &["sim/kernmesh/", "benches/"]),
    ("unsafe_code", &UNSAFE),
];

fn lints_stay_on(_: &Tree, file: &File) -> Vec<String> {
    let turns_off =
        |line: &str| [concat!("allow", "("), concat!("expect", "(")].iter().any(|way| line.contains(way));
    let names = |line: &str, lint: &str| !line.trim_start().starts_with("//") && line.contains(lint);
    let off = |lint: &str| file.text.lines().any(|line| turns_off(line) && names(line, lint));
    let right = |folders: &[&str]| folders.iter().any(|folder| file.path.starts_with(folder));
    let broken = LINTS.into_iter().filter(|(lint, folders)| file.is("rs") && off(lint) && !right(folders));
    broken.map(|(lint, _)| format!("turns `{lint}` off, which keeps runs equal or memory safe")).collect()
}

/// The platform's libm differs from computer to computer. `sqrt` and `mul_add` are exact by IEEE 754.
const PLATFORM_MATHS: [&str; 12] = [
    ".exp()",
    ".exp2()",
    ".exp_m1()",
    ".ln()",
    ".ln_1p()",
    ".log2()",
    ".log10()",
    ".powf(",
    ".sin()",
    ".cos()",
    ".tanh()",
    ".cbrt()",
];

fn maths_is_ours(_: &Tree, file: &File) -> Vec<String> {
    let ours = ["sim/", "kernels/", "corpus/"].iter().any(|folder| file.path.starts_with(folder));
    if !file.is("rs") || !ours {
        return Vec::new();
    }
    let code = file.text.lines().filter(|line| !line.trim_start().starts_with("//"));
    let calls = code.flat_map(|line| PLATFORM_MATHS.into_iter().filter(|call| line.contains(call)));
    calls.map(|call| format!("`{call}` is the platform's: take the `libm` crate, or our own")).collect()
}

#[test]
fn a_list_of_all_variants_has_all() {
    check(lists_are_complete);
    let of = |length: &str| {
        format!(
            "enum E {{\n    A,\n    /// B.\n    B {{\n        X: u8,\n    }},\n}}\n    pub const ALL: [E; {length}] = [];\n"
        )
    };
    let (bad, good) = (of("1"), [of("2"), of("[1].len()")]);
    for good in &good {
        canary(lists_are_complete, &[("a.rs", &bad)], &[("a.rs", good)]);
    }
}

#[test]
fn files_are_short() {
    check(short_file);
    let long = "\n".repeat(FILE_LINES_MAX + 1);
    canary(short_file, &[("a.rs", &long)], &[("a.rs", &long[1..]), ("a.txt", &long)]);
}

#[test]
fn functions_are_short() {
    check(short_functions);
    let body = |lines: usize| {
        format!("impl A {{\n    pub fn f(\n    ) {{\n{}    }}\n}}\n", "        g();\n".repeat(lines))
    };
    canary(
        short_functions,
        &[("a.rs", &body(FUNCTION_LINES_MAX - 2))],
        &[("a.rs", &body(FUNCTION_LINES_MAX - 3)), ("b.rs", "trait T {\n    fn f(&self);\n}\nfn g() {}\n")],
    );
    assert_eq!(
        functions("fn a() {}\n\nconst fn b(\n) {\n    c();\n}\n// A fn d is none.\n"),
        [(1, 1), (3, 4)]
    );
}

#[test]
fn code_is_finished() {
    check(finished);
    for (first, second, _) in UNFINISHED {
        canary(finished, &[("a.rs", &format!("    {first}{second}"))], &[("a.rs", "fn a() {}")]);
    }
    let mark = concat!("FIX", "ME");
    canary(
        finished,
        &[("a.rs", &format!("// {mark} later"))],
        &[("a.rs", &format!("// {mark}(#12): errs low"))],
    );
}

#[test]
fn only_the_binary_sees_the_world() {
    check(no_hidden_world);
    for (world, _) in WORLD {
        let code = format!("    {world}();");
        canary(no_hidden_world, &[("sim/timing/src/a.rs", &code)], &[("sim/kernmesh/src/a.rs", &code)]);
    }
    let fine =
        ("kernels/a.rs", "static A: [u32; 2] = [1, 2];\n// static mut\nfn f(x: &'static Cell<u32>) {}");
    for code in
        ["static mut A: u32 = 0;", "pub static A: Mutex<u32> = Mutex::new(0);", "static N: AtomicU32 = A;"]
    {
        canary(no_hidden_world, &[("kernels/a.rs", code)], &[fine]);
    }
}

#[test]
fn lints_stay_on_everywhere() {
    check(lints_stay_on);
    for (lint, right) in LINTS {
        let off = |way: &str| format!("#![{way}(clippy::{lint}, reason = \"r\")]");
        let there = right.first().map(|folder| format!("{folder}a.rs"));
        let text = off("allow");
        let good: Vec<(&str, &str)> = there.iter().map(|path| (path.as_str(), text.as_str())).collect();
        for way in ["allow", "expect"] {
            canary(lints_stay_on, &[("sim/timing/src/a.rs", &off(way))], &good);
        }
    }
}

#[test]
fn maths_never_comes_from_the_platform() {
    check(maths_is_ours);
    let good =
        [("kernels/a.rs", "libm::exp(x) + z.sqrt(); tl.exp(tile)\n// x.exp()"), ("tests/a.rs", "x.exp()")];
    for call in PLATFORM_MATHS {
        canary(maths_is_ours, &[("kernels/a.rs", &format!("x{call}"))], &good);
    }
}
