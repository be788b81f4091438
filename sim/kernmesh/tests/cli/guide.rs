//! Examples of the README and the guide: every command is run, in its page's order, and prints what the page says.

use std::fs;
use std::path::Path;

use crate::readers::read_by;
use crate::room::Room;

const CHECKOUT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../..");
/// Sources that a finding of the README quotes.
const QUOTED: [&str; 2] = ["kernels/src/softmax.rs", "kernels/src/mesh_mlo/rank.rs"];

/// A command of a page, and what the page says of it.
struct Example {
    command: String,
    code: i32,
    output: Vec<String>,
}

#[test]
fn every_command_of_readme_and_guide_prints_what_it_says() {
    let mut ran = 0;
    for page in pages() {
        let text = fs::read_to_string(&page).unwrap();
        let room = Room::new();
        if page.ends_with("README.md") {
            copy_sources(&room);
        }
        let mut blocks = blocks(&text).into_iter();
        while let Some((kind, block)) = blocks.next() {
            let name = block.first().and_then(|line| line.strip_prefix("# "));
            match (kind.as_str(), name) {
                ("toml", Some(name)) => room.write(name, block.join("\n")),
                ("console", _) => {
                    for example in examples(&block) {
                        check(&page, &room, &example);
                        ran += 1;
                    }
                }
                ("sql", _) => {
                    let (_, answer) = blocks.next().expect("an answer follows a query");
                    let said = read_by("query.py", &room, &[&block.join("\n")]);
                    let said: Vec<String> = said.trim_end().lines().map(str::to_owned).collect();
                    assert_eq!(said, answer, "{}", page.display());
                    ran += 1;
                }
                _ => {}
            }
        }
    }
    assert!(ran >= 6, "{ran} commands");
}

#[test]
fn an_example_that_is_wrong_is_seen() {
    let said = ["one", "two", "three"].map(str::to_owned);
    for (wanted, fits) in [
        (vec!["one", "two", "three"], true),
        (vec!["one", "..."], true),
        (vec!["...", "thr..."], true),
        (vec!["one", "three"], false),
        (vec!["one", "two"], false),
        (vec!["...", "four"], false),
    ] {
        let wanted: Vec<String> = wanted.into_iter().map(str::to_owned).collect();
        assert_eq!(matches(&wanted, &said), fits, "{wanted:?}");
    }
}

fn check(page: &Path, room: &Room, example: &Example) {
    let args: Vec<&str> = example.command.split_whitespace().collect();
    let said = room.run(&args);
    let place = format!("{}: {}", page.display(), example.command);
    let text = format!("{}{}", said.out, said.err);
    assert_eq!(said.code, example.code, "{place}\n{text}");
    let lines: Vec<String> = text.lines().map(|line| line.trim_end().to_owned()).collect();
    assert!(matches(&example.output, &lines), "{place}\n{text}");
}

/// Whether the lines are those wanted; `...` stands for any lines, and at the end of a line for any rest of it.
fn matches(wanted: &[String], lines: &[String]) -> bool {
    let Some((first, rest)) = wanted.split_first() else { return lines.is_empty() };
    if first == "..." {
        return (0..=lines.len()).any(|skipped| matches(rest, &lines[skipped..]));
    }
    let fits = |line: &String| match first.strip_suffix("...") {
        Some(begins) => line.starts_with(begins),
        None => line == first,
    };
    lines.split_first().is_some_and(|(line, after)| fits(line) && matches(rest, after))
}

/// A finding shows source lines where it is run in a checkout.
fn copy_sources(room: &Room) {
    for file in QUOTED {
        let copy = room.path(file);
        fs::create_dir_all(copy.parent().unwrap()).unwrap();
        fs::copy(Path::new(CHECKOUT).join(file), copy).unwrap();
    }
}

fn pages() -> Vec<std::path::PathBuf> {
    let checkout = Path::new(CHECKOUT);
    let guide = fs::read_dir(checkout.join("docs")).unwrap().map(|entry| entry.unwrap().path());
    let mut pages: Vec<_> = guide.filter(|path| path.extension().is_some_and(|end| end == "md")).collect();
    pages.push(checkout.join("README.md"));
    // A kernmesh that was built without Parquet writes none.
    pages.retain(|page| cfg!(feature = "parquet") || !page.ends_with("parquet.md"));
    pages.sort();
    pages
}

/// Fenced blocks and their kinds.
fn blocks(text: &str) -> Vec<(String, Vec<String>)> {
    let mut blocks = Vec::new();
    let mut open: Option<(String, Vec<String>)> = None;
    for line in text.lines() {
        match (line.strip_prefix("```"), &mut open) {
            (Some(kind), None) => open = Some((kind.to_owned(), Vec::new())),
            (Some(_), Some(_)) => blocks.extend(open.take()),
            (None, Some((_, lines))) => lines.push(line.to_owned()),
            (None, None) => {}
        }
    }
    blocks
}

fn examples(block: &[String]) -> Vec<Example> {
    let mut examples: Vec<Example> = Vec::new();
    for line in block {
        if let Some(command) = line.strip_prefix("$ kernmesh ") {
            examples.push(Example { command: command.to_owned(), code: 0, output: Vec::new() });
        } else if let Some(example) = examples.last_mut() {
            match line.strip_prefix("exit ") {
                Some(code) => example.code = code.parse().unwrap(),
                None => example.output.push(line.clone()),
            }
        }
    }
    examples
}
