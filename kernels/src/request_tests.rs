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
