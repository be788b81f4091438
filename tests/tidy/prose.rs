//! Documents and goldens: readable by anyone, anywhere, in a minute.

use std::collections::BTreeSet;

use serde_json::Value;

use super::{canary, check, complain_if};
use crate::tree::{File, Tree};

/// Folders of one machine; in two parts, so that this file does not break its own rule.
const SOMEBODYS: [(&str, &str); 5] =
    [("/ho", "me/"), ("/ro", "ot/"), ("/wo", "rk/"), ("/tm", "p/"), ("/Us", "ers/")];

fn names_no_machine(_: &Tree, file: &File) -> Vec<String> {
    let mut complaints = Vec::new();
    for (number, line) in file.text.lines().enumerate() {
        for (first, second) in SOMEBODYS {
            let folder = format!("{first}{second}");
            if line.contains(&folder) {
                complaints.push(format!("line {}: `{folder}` is a folder of one machine", number + 1));
            }
        }
    }
    complaints
}

/// Words for how a text came about. A document says what is so.
const OF_THE_MAKING: [&str; 3] = ["session", "shared/", "as requested"];

fn says_what_is_so(_: &Tree, file: &File) -> Vec<String> {
    let text = file.text.to_lowercase();
    let found = OF_THE_MAKING.into_iter().filter(|word| file.is("md") && text.contains(word));
    found.map(|word| format!("`{word}`: say what is so, not how it was made")).collect()
}

const GOLDEN_LINES_MAX: usize = 200;

/// A golden that nobody reads is blessed blindly: large cases pin a summary and digests.
fn goldens_are_reviewable(_: &Tree, file: &File) -> Vec<String> {
    let lines = file.text.lines().count();
    let golden = file.path.starts_with("traces/") && !file.is("md");
    complain_if(golden && lines > GOLDEN_LINES_MAX, || format!("{lines} lines, at most {GOLDEN_LINES_MAX}"))
}

const JSON_PAGE: &str = "docs/json.md";
const RESULT: &str = "sim/kernmesh/schemas/result.schema.json";
const PROGRAM: &str = "sim/kernmesh/schemas/program.schema.json";

/// Every key of `--json` is documented, at any depth; those of Program JSON have a page of their own.
fn json_page_has_every_key(tree: &Tree, file: &File) -> Vec<String> {
    let schema = |path| tree.get(path).and_then(|file| serde_json::from_str::<Value>(&file.text).ok());
    let (JSON_PAGE, Some(mut result), Some(program)) = (&*file.path, schema(RESULT), schema(PROGRAM)) else {
        return Vec::new();
    };
    if let (Some(own), Some(of_program)) = (result["$defs"].as_object_mut(), program["$defs"].as_object()) {
        own.retain(|name, _| !of_program.contains_key(name));
    }
    let mut keys = BTreeSet::new();
    add_keys(&result, &mut keys);
    let missing = keys.into_iter().filter(|key| !file.text.contains(&format!("`{key}`")));
    missing.map(|key| format!("lacks the key `{key}` of `--json`")).collect()
}

fn add_keys<'a>(schema: &'a Value, keys: &mut BTreeSet<&'a str>) {
    match schema {
        Value::Object(parts) => {
            let properties = parts.get("properties").and_then(Value::as_object);
            keys.extend(properties.into_iter().flatten().map(|(key, _)| key.as_str()));
            parts.values().for_each(|part| add_keys(part, keys));
        }
        Value::Array(parts) => parts.iter().for_each(|part| add_keys(part, keys)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

fn ends_with_a_newline(_: &Tree, file: &File) -> Vec<String> {
    let written = file.is("md") || file.is("rs") || file.is("toml");
    let text = &file.text;
    complain_if(written && !text.is_empty() && !text.ends_with('\n'), || {
        "its last line does not end".to_owned()
    })
}

#[test]
fn no_file_names_a_machine() {
    check(names_no_machine);
    for (first, second) in SOMEBODYS {
        canary(
            names_no_machine,
            &[("a.md", &format!("see {first}{second}x"))],
            &[("a.md", "see /usr/bin/env")],
        );
    }
}

#[test]
fn documents_say_what_is_so() {
    check(says_what_is_so);
    for word in OF_THE_MAKING {
        canary(says_what_is_so, &[("a.md", word)], &[("a.md", "a shared memory"), ("a.rs", word)]);
    }
}

#[test]
fn goldens_can_be_read() {
    check(goldens_are_reviewable);
    let long = "line\n".repeat(GOLDEN_LINES_MAX + 1);
    canary(goldens_are_reviewable, &[("traces/a.snap", &long)], &[("traces/a.snap", &long[5..])]);
}

#[test]
fn the_json_page_names_every_key_of_a_result() {
    check(json_page_has_every_key);
    let inner = r#"{"properties": {"seed": {"$ref": "x"}}, "$defs": {
        "Own": {"oneOf": [{"properties": {"inner": {}}}]}, "Op": {"properties": {"of_program": {}}}}}"#;
    let of_program = r#"{"$defs": {"Op": {}}}"#;
    let with = |page| [(RESULT, inner), (PROGRAM, of_program), (JSON_PAGE, page)];
    for bad in ["seed, `inner`", "`seed`, inner"] {
        canary(json_page_has_every_key, &with(bad), &with("`seed`, `inner`"));
    }
}

#[test]
fn files_end_with_a_newline() {
    check(ends_with_a_newline);
    canary(ends_with_a_newline, &[("a.md", "text")], &[("a.md", "text\n"), ("b.rs", "")]);
}
