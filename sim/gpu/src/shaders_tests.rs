use std::collections::BTreeSet;

use super::*;

/// A `switch` of a shader: the function it is in, what it chooses by, the names of its cases, and its default.
struct Switch {
    within: String,
    by: String,
    cases: BTreeSet<String>,
    default: String,
}

fn word(text: &str) -> &str {
    text.split(|c: char| !c.is_alphanumeric() && c != '_').next().unwrap_or_default()
}

/// The text in the braces that open `text`.
fn braced(text: &str) -> &str {
    let mut depth = 0;
    for (at, c) in text.char_indices() {
        depth += i32::from(c == '{') - i32::from(c == '}');
        if depth == 0 {
            return text[..at].trim_start_matches('{');
        }
    }
    panic!("a brace without its other: {text}")
}

fn switches(wgsl: &str) -> Vec<Switch> {
    let switch_at = |(at, _): (usize, &str)| {
        let within = &wgsl[..at];
        let function = within.rfind("\nfn ").map_or("", |start| word(&within[start + 4..]));
        let (by, rest) = wgsl[at + "switch ".len()..].split_once(' ').expect("`switch x {`");
        let body = braced(rest);
        let labels = body.split("case ").skip(1).filter_map(|case| case.split(':').next());
        let cases = labels.flat_map(|labels| labels.split(", ")).map(str::to_owned).collect();
        let default = body.split("default: ").nth(1).map_or("", braced).to_owned();
        Switch { within: function.to_owned(), by: by.to_owned(), cases, default }
    };
    wgsl.match_indices("switch ").map(switch_at).collect()
}

fn names<'a>(all: impl IntoIterator<Item = &'a str>) -> BTreeSet<String> {
    all.into_iter().map(str::to_uppercase).collect()
}

/// What a switch must have a case for.
fn expected(family: Family, switch: &Switch) -> BTreeSet<String> {
    let computed = || DType::ALL.into_iter().filter(|dtype| !dtype.is_host_only());
    let floats = || computed().filter(|dtype| dtype.is_float());
    match (switch.by.as_str(), switch.within.as_str()) {
        ("params.f", "unary_integer") => {
            names(UnaryFn::ALL.into_iter().filter(|f| f.of_integers().is_some()).map(UnaryFn::name))
        }
        ("params.f", "unary_float") => {
            names(UnaryFn::ALL.into_iter().filter(|f| !f.is_of_integers_alone()).map(UnaryFn::name))
        }
        ("params.f", "binary_float") => {
            names(BinaryFn::ALL.into_iter().filter(|f| !f.is_of_integers_alone()).map(BinaryFn::name))
        }
        ("params.f", _) => names(family.functions().into_iter().map(|(name, _)| name)),
        // An f32 is not narrow.
        ("dtype", "narrow_of") => names(floats().filter(|&dtype| dtype != DType::F32).map(DType::name)),
        ("dtype", "largest_of") => names(floats().map(DType::name)),
        ("dtype", _) => names(computed().map(DType::name)),
        (by, within) => panic!("a switch by {by} in {within}, of which this test knows nothing"),
    }
}

/// What is wrong with the switches of a shader.
fn complaints(family: Family, wgsl: &str) -> Vec<String> {
    let mut complaints = Vec::new();
    for switch in switches(wgsl) {
        let (place, wanted) = (format!("{} of {}", switch.within, family.name()), expected(family, &switch));
        if switch.cases != wanted {
            complaints.push(format!("{place}: cases {:?}, not {wanted:?}", switch.cases));
        }
        if !switch.default.contains("POISON") {
            complaints.push(format!("{place}: its default gives `{}`", switch.default.trim()));
        }
    }
    complaints
}

#[test]
fn shaders_have_a_case_for_every_function_and_dtype_and_poison_for_the_rest() {
    for family in Family::ALL {
        let wgsl = family.wgsl();
        assert_eq!(complaints(family, &wgsl), Vec::<String>::new());
        let chooses = switches(&wgsl).iter().any(|switch| switch.by == "params.f");
        assert_eq!(chooses, !family.functions().is_empty(), "{}", family.name());
    }
}

#[test]
fn a_forgotten_case_of_a_shader_is_found() {
    for (family, forgotten) in [
        (Family::Unary, "        case SQRT: { return square_root(x); }\n"),
        (Family::Unary, "        case NEG: { return 0u - x; }\n"),
        (Family::Binary, "        case MINIMUM: { return minimum(x, y); }\n"),
        (Family::Compare, "        case GE: { return u32(x >= y); }\n"),
        (Family::Reduce, "            case MAX: { result = maximum(result, x); }\n"),
        (Family::Dot, "        case F8E5M2: { return Narrow(2u, 112u, 0x7cu, 0x7eu, 0x80u); }\n"),
    ] {
        let wgsl = family.wgsl();
        assert!(wgsl.contains(forgotten), "{forgotten}");
        assert_eq!(complaints(family, &wgsl.replacen(forgotten, "", 1)).len(), 1, "{forgotten}");
    }
    let passes_on = Family::Unary.wgsl().replacen("default: { return POISON; }", "default: { return x; }", 1);
    assert_eq!(complaints(Family::Unary, &passes_on).len(), 1);
}
