//! Messages of format readers, in the words of files instead of Rust's.

/// Kinds of values, as serde names them.
const KINDS: [(&str, &str); 16] = [
    ("unit variant", "a word alone"),
    ("map", "a table"),
    ("sequence", "a list"),
    ("unit value", "nothing"),
    ("a map", "a table"),
    ("a sequence", "a list"),
    ("a string", "a text in quotes"),
    ("a boolean", "true or false"),
    ("u8", "an integer from 0 to 255"),
    ("u32", "an integer from 0 to 4294967295"),
    ("u64", "an integer from 0 to 18446744073709551615"),
    ("usize", "an integer from 0 to 18446744073709551615"),
    ("i32", "an integer from -2147483648 to 2147483647"),
    ("i64", "an integer"),
    ("f32", "a number"),
    ("f64", "a number"),
];

/// `invalid type: map, expected u32` as `a table, expected an integer from 0 to 4294967295`.
pub fn plain(said: &str) -> String {
    let Some((found, expected)) = said.rsplit_once(", expected ") else { return said.to_owned() };
    let found = ["invalid type: ", "invalid value: "]
        .iter()
        .find_map(|start| found.strip_prefix(start))
        .unwrap_or(found);
    let kind = |word: &str| KINDS.iter().find(|(rust, _)| *rust == word).map(|(_, kind)| (*kind).to_owned());
    let is = |words: &[&str]| words.iter().any(|word| expected.contains(word));
    let wanted = match expected.split_once(" of length ").or_else(|| expected.split_once(" of size ")) {
        Some((_, n)) => format!("a list of {n}"),
        None if is(&["tagged enum", "struct variant", "newtype variant"])
            || expected.starts_with("struct") =>
        {
            "a table".to_owned()
        }
        None if is(&["enum", "identifier"]) => "a word in quotes".to_owned(),
        None if is(&["struct", "variant"]) => "a value of another kind".to_owned(),
        None => kind(expected).unwrap_or_else(|| expected.to_owned()),
    };
    format!("{}, expected {wanted}", kind(found).unwrap_or_else(|| found.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_type_of_rust_is_named() {
        for (said, told) in [
            ("invalid type: map, expected u32", "a table, expected an integer from 0 to 4294967295"),
            (
                "invalid value: integer `-1`, expected u64",
                "integer `-1`, expected an integer from 0 to 18446744073709551615",
            ),
            ("invalid type: sequence, expected struct HostTensor", "a list, expected a table"),
            ("invalid type: integer `4`, expected an array of length 2", "integer `4`, expected a list of 2"),
            ("invalid length 3, expected a tuple of size 2", "invalid length 3, expected a list of 2"),
            (
                "invalid type: integer `1`, expected internally tagged enum GemmSpec",
                "integer `1`, expected a table",
            ),
            ("invalid type: null, expected enum Flow", "null, expected a word in quotes"),
            (
                "invalid type: string \"x\", expected tuple variant A::B",
                "string \"x\", expected a value of another kind",
            ),
            (
                "invalid type: integer `3`, expected struct variant SyncOp::Barrier",
                "integer `3`, expected a table",
            ),
            ("invalid type: unit variant, expected newtype variant", "a word alone, expected a table"),
            ("expected `,` or `]`", "expected `,` or `]`"),
            ("unclosed array, expected `]`", "unclosed array, expected `]`"),
        ] {
            assert_eq!(plain(said), told);
        }
    }
}
