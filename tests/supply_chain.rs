//! The crates that kernmesh depends on: their licences, duplicates and sources are those that `deny.toml` allows.

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

use serde_json::Value;
use toml::Table;

struct Package {
    name: String,
    version: String,
    licence: String,
    /// `None` for a crate of this repository.
    source: Option<String>,
}

const CRATES_IO: &str = "registry+https://github.com/rust-lang/crates.io-index";

/// Everything in both lock files, that of the workspace and that of the Python package, each crate once.
fn packages() -> Vec<Package> {
    let both = ["Cargo.toml", "python/Cargo.toml"].into_iter().flat_map(packages_of);
    let named: BTreeMap<_, _> = both.map(|it| ((it.name.clone(), it.version.clone()), it)).collect();
    named.into_values().collect()
}

/// Everything in a lock file, with every feature and for every target.
fn packages_of(manifest: &str) -> Vec<Package> {
    let manifest = &format!("{}/../{manifest}", env!("CARGO_MANIFEST_DIR"));
    let cargo = std::env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned());
    let args = ["metadata", "--format-version", "1", "--locked", "--manifest-path", manifest];
    let made = Command::new(cargo).args(args).output().expect("cargo runs");
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    let all: Value = serde_json::from_slice(&made.stdout).expect("JSON");
    let text = |package: &Value, key: &str| package[key].as_str().map(str::to_owned);
    let package = |it: &Value| Package {
        name: text(it, "name").expect("a name"),
        version: text(it, "version").expect("a version"),
        licence: text(it, "license").unwrap_or_default(),
        source: text(it, "source"),
    };
    all["packages"].as_array().expect("packages").iter().map(package).collect()
}

struct Allowed {
    licences: BTreeSet<String>,
    /// `name@version`, as far as it is given.
    twice: BTreeSet<String>,
}

fn allowed() -> Allowed {
    let deny: Table = include_str!("../deny.toml").parse().expect("TOML");
    let list = |section: &str, key: &str| deny[section][key].as_array().cloned().unwrap_or_default();
    let licences = list("licenses", "allow").iter().filter_map(|it| Some(it.as_str()?.to_owned())).collect();
    let skipped = list("bans", "skip");
    let twice = skipped.iter().filter_map(|it| Some(it.get("crate")?.as_str()?.to_owned())).collect();
    Allowed { licences, twice }
}

fn complaints(packages: &[Package], allowed: &Allowed) -> Vec<String> {
    let foreign = || packages.iter().filter_map(|it| Some((it, it.source.as_deref()?)));
    let mut said = Vec::new();
    for (it, source) in foreign() {
        if source != CRATES_IO {
            said.push(format!("{} {} comes from {source}", it.name, it.version));
        }
        if !fits(&it.licence, &allowed.licences) {
            said.push(format!("{} {} is licensed `{}`", it.name, it.version, it.licence));
        }
    }
    let mut versions: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    let skipped = |it: &Package| {
        let version = format!("{}@{}.", it.name, it.version);
        allowed.twice.iter().any(|skip| version.starts_with(&format!("{skip}.")))
    };
    for (it, _) in foreign().filter(|(it, _)| !skipped(it)) {
        versions.entry(&it.name).or_default().push(&it.version);
    }
    said.extend(
        versions
            .into_iter()
            .filter(|(_, versions)| versions.len() > 1)
            .map(|(name, versions)| format!("{name} is there as {}", versions.join(" and "))),
    );
    said
}

/// Whether one choice that a licence expression leaves consists of allowed licences alone.
fn fits(expression: &str, allowed: &BTreeSet<String>) -> bool {
    let spaced = expression.replace('/', " OR ").replace('(', " ( ").replace(')', " ) ");
    let mut words = spaced.split_whitespace().peekable();
    any(&mut words, allowed) && words.next().is_none()
}

type Words<'a> = std::iter::Peekable<std::str::SplitWhitespace<'a>>;

fn any(words: &mut Words<'_>, allowed: &BTreeSet<String>) -> bool {
    let mut fits = all(words, allowed);
    while words.next_if_eq(&"OR").is_some() {
        fits |= all(words, allowed);
    }
    fits
}

fn all(words: &mut Words<'_>, allowed: &BTreeSet<String>) -> bool {
    let mut fits = one(words, allowed);
    while words.next_if_eq(&"AND").is_some() {
        fits &= one(words, allowed);
    }
    fits
}

fn one(words: &mut Words<'_>, allowed: &BTreeSet<String>) -> bool {
    if words.next_if_eq(&"(").is_some() {
        return any(words, allowed) & (words.next() == Some(")"));
    }
    let Some(name) = words.next() else { return false };
    match words.next_if_eq(&"WITH").and_then(|_| words.next()) {
        Some(exception) => allowed.contains(&format!("{name} WITH {exception}")),
        None => allowed.contains(name),
    }
}

#[test]
fn every_crate_is_allowed() {
    let complaints = complaints(&packages(), &allowed());
    assert!(complaints.is_empty(), "{}\n`deny.toml` has what is allowed", complaints.join("\n"));
}

#[test]
fn a_breach_of_each_rule_is_named() {
    let package = |name: &str, version: &str, licence: &str, source: &str| Package {
        name: name.to_owned(),
        version: version.to_owned(),
        licence: licence.to_owned(),
        source: (!source.is_empty()).then(|| source.to_owned()),
    };
    let of = |name, version| package(name, version, "MIT", CRATES_IO);
    for (what, packages, said) in [
        ("one of ours", vec![package("kernmesh", "0.1.0", "", "")], ""),
        ("one", vec![of("a", "1.0.0")], ""),
        (
            "another licence",
            vec![package("a", "1.0.0", "GPL-3.0-only", CRATES_IO)],
            "a 1.0.0 is licensed `GPL-3.0-only`",
        ),
        ("none", vec![package("a", "1.0.0", "", CRATES_IO)], "a 1.0.0 is licensed ``"),
        (
            "git",
            vec![package("a", "1.0.0", "MIT", "git+https://example.com/a")],
            "a 1.0.0 comes from git+https://example.com/a",
        ),
        ("two", vec![of("a", "1.0.0"), of("a", "2.0.0")], "a is there as 1.0.0 and 2.0.0"),
        ("two, one known", vec![of("syn", "2.0.1"), of("syn", "3.0.0")], ""),
        ("another two", vec![of("syn", "20.0.1"), of("syn", "3.0.0")], "syn is there as 20.0.1 and 3.0.0"),
    ] {
        assert_eq!(complaints(&packages, &allowed()).join("\n"), said, "{what}");
    }
}

#[test]
fn one_choice_of_a_licence_is_enough() {
    let allowed: BTreeSet<String> = ["MIT", "Unicode-3.0"].map(str::to_owned).into();
    for (expression, expected) in [
        ("MIT", true),
        ("MIT/Apache-2.0", true),
        ("Apache-2.0 OR MIT", true),
        ("Apache-2.0 WITH LLVM-exception OR MIT", true),
        ("MIT WITH LLVM-exception", false),
        ("MIT AND Apache-2.0", false),
        ("(MIT OR Apache-2.0) AND Unicode-3.0", true),
        ("MIT OR Apache-2.0 AND GPL-3.0-only", true),
        ("(MIT OR Apache-2.0) AND GPL-3.0-only", false),
        ("(MIT", false),
        ("MIT MIT", false),
        ("", false),
    ] {
        assert_eq!(fits(expression, &allowed), expected, "{expression}");
    }
}
