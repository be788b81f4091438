use super::*;

const PARAMS: &[Param] = &[
    Param { name: "ranks", default: "8", doc: "" },
    Param { name: "dtype", default: "f16", doc: "" },
    Param { name: "topology", default: "line", doc: "" },
    Param { name: "kv_block", default: "the shard", doc: "" },
    Param { name: "packed", default: "false", doc: "" },
];

fn request(given: &[(&str, &str)]) -> Result<Request, KernelError> {
    let given = given.iter().map(|&(name, value)| (name.to_owned(), value.to_owned())).collect();
    Request::new("k", PARAMS, &["causal"], &given)
}

#[test]
fn what_is_given_beats_the_default_of_a_panel_and_that_the_default_of_the_table() {
    for (given, panel, expected) in [(None, None, 8), (None, Some(4), 4), (Some("2"), Some(4), 2)] {
        let given: Vec<(&str, &str)> = given.map(|value| ("ranks", value)).into_iter().collect();
        let mut request = request(&given).unwrap();
        if let Some(panel) = panel {
            request.default("ranks", panel);
        }
        assert_eq!(request.number("ranks", 1..=64), Ok(expected));
        assert_eq!(request.resolved(), Texts::from([("ranks".to_owned(), expected.to_string())]));
    }
}

#[test]
fn derived_defaults_yield_to_what_is_given() {
    for (given, expected) in [(&[][..], 7), (&[("kv_block", "3")], 3)] {
        assert_eq!(request(given).unwrap().number_or("kv_block", 1..=9, 7), Ok(expected));
    }
}

#[test]
fn unknown_parameters_are_refused() {
    for (name, message) in [
        ("rank", "kernel `k` has no parameter `rank`: did you mean `ranks`?"),
        ("causal", "kernel `k` has no parameter `causal`: it takes ranks, dtype, topology, kv_block, packed"),
        ("colour", "kernel `k` has no parameter `colour`: it takes ranks, dtype, topology, kv_block, packed"),
    ] {
        assert_eq!(request(&[(name, "1")]).unwrap_err().to_string(), message);
    }
}

#[test]
fn bad_values_are_refused() {
    type Read = fn(&mut Request) -> Result<(), KernelError>;
    let ranks: Read = |r| r.number("ranks", 1..=64).map(|_| ());
    let dtype: Read = |r| r.dtype("dtype", &[DType::F32, DType::F16], None).map(|_| ());
    let topology: Read = |r| r.choice("topology", &["line", "ring"]).map(|_| ());
    let packed: Read = |r| r.flag("packed").map(|_| ());
    for (name, value, read, message) in [
        ("ranks", "0", ranks, "kernel `k`: `ranks` is `0`: a whole number from 1 to 64 works"),
        ("ranks", "65", ranks, "kernel `k`: `ranks` is `65`: a whole number from 1 to 64 works"),
        ("ranks", "-1", ranks, "kernel `k`: `ranks` is `-1`: a whole number from 1 to 64 works"),
        ("ranks", "many", ranks, "kernel `k`: `ranks` is `many`: a whole number from 1 to 64 works"),
        (
            "dtype",
            "fp16",
            dtype,
            "kernel `k`: `dtype` is `fp16`: did you mean `f16`? The values are f32, f16",
        ),
        ("dtype", "u8", dtype, "kernel `k`: `dtype` is `u8`: the values are f32, f16"),
        (
            "topology",
            "rings",
            topology,
            "kernel `k`: `topology` is `rings`: did you mean `ring`? The values are line, ring",
        ),
        ("packed", "yes", packed, "kernel `k`: `packed` is `yes`: the values are true, false"),
    ] {
        let error = read(&mut request(&[(name, value)]).unwrap()).unwrap_err();
        assert_eq!(error.to_string(), message);
    }
}

#[test]
fn what_is_read_has_neighbours() {
    let mut request = request(&[("ranks", "12")]).unwrap();
    request.number("ranks", 1..=16).unwrap();
    request.dtype("dtype", &[DType::F16], None).unwrap();
    request.choice("topology", &["line", "ring"]).unwrap();
    request.flag("packed").unwrap();
    let read = request.read();
    let neighbours = |name: &str| {
        let (value, domain) = &read.0[name];
        domain.neighbours(value)
    };
    for (name, expected) in
        [("ranks", &["6"][..]), ("dtype", &[]), ("topology", &["ring"]), ("packed", &["true"])]
    {
        assert_eq!(neighbours(name), expected, "{name}");
    }
    assert_eq!(read.0.len(), 4);
    for (value, expected) in
        [("8", &["16", "4"][..]), ("9", &[]), ("7", &["14"]), ("1", &["2"]), ("all", &[])]
    {
        assert_eq!(Domain::Number(1..=16).neighbours(value), expected, "{value}");
    }
}

/// A choice that is not given is read all the same, and is no part of the program's parameters.
#[test]
fn a_choice_that_is_not_given_has_the_default_of_the_table() {
    let mut request = request(&[]).unwrap();
    request.choice_if_given("topology", &["line", "ring"]).unwrap();
    assert_eq!(request.read().0["topology"].0, "line");
    assert_eq!(request.resolved(), Texts::new());
}
