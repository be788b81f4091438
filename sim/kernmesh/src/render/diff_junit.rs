//! A comparison as JUnit XML, which GitLab, Jenkins and others show: one case each for structure, data and timing.

use analysis::diff::{Spot, Values};
use machine::printable;

use super::diff::{details, place, verdict};
use super::{Paint, lines};
use crate::comparison::Comparison;

/// What became of a case.
enum Outcome {
    Passed,
    /// In a few words.
    Failed(String),
    Skipped(&'static str),
    Error(&'static str),
}

/// `names` are those of the logs.
pub fn diff_junit(comparison: &Comparison, names: &[String; 2]) -> String {
    let diff = &comparison.diff;
    let of_spot =
        |spot: &Option<Spot>| spot.as_ref().map_or(Outcome::Passed, |spot| Outcome::Failed(said(spot)));
    let data = match diff.values {
        Values::Same | Values::Different => of_spot(&diff.first.data),
        Values::NotCompared => Outcome::Error("values were not compared: a log lacks checksums"),
        Values::LeftOut => Outcome::Skipped("left out"),
        Values::None => Outcome::Skipped("the programs compute no values"),
    };
    let cases = [
        ("structure", of_spot(&diff.first.structure)),
        ("data", data),
        ("timing", of_spot(&diff.first.timing)),
    ];
    let count = |is: fn(&Outcome) -> bool| cases.iter().filter(|(_, outcome)| is(outcome)).count();
    let counts = format!(
        "tests=\"{}\" failures=\"{}\" errors=\"{}\" skipped=\"{}\"",
        cases.len(),
        count(|outcome| matches!(outcome, Outcome::Failed(_))),
        count(|outcome| matches!(outcome, Outcome::Error(_))),
        count(|outcome| matches!(outcome, Outcome::Skipped(_))),
    );
    let suite = escaped(&printable(&format!("kernmesh diff {} {}", names[0], names[1])));
    let mut text = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites {counts}>\n  <testsuite name=\"{suite}\" {counts}>\n"
    );
    let whole = details(comparison).into_iter().map(|(label, said)| format!("{label:11}{said}\n"));
    let whole = format!("{}\n{}", verdict(diff), whole.collect::<String>());
    for (name, outcome) in &cases {
        text.push_str(&case(name, outcome, &whole));
    }
    text.push_str("  </testsuite>\n</testsuites>\n");
    text
}

fn case(name: &str, outcome: &Outcome, whole: &str) -> String {
    let inner = match outcome {
        Outcome::Passed => return format!("    <testcase classname=\"kernmesh.diff\" name=\"{name}\"/>\n"),
        Outcome::Failed(what) => {
            format!("<failure message=\"{}\">{}</failure>", escaped(&printable(what)), escaped(whole))
        }
        Outcome::Error(what) => format!("<error message=\"{}\">{}</error>", escaped(what), escaped(whole)),
        Outcome::Skipped(why) => format!("<skipped message=\"{}\"/>", escaped(why)),
    };
    format!("    <testcase classname=\"kernmesh.diff\" name=\"{name}\">\n      {inner}\n    </testcase>\n")
}

fn said(spot: &Spot) -> String {
    spot.op.as_ref().map_or_else(|| spot.what.to_string(), |op| format!("{}: {}", place(op), spot.what))
}

/// Text in which XML finds nothing of its own. What XML 1.0 cannot hold at all becomes U+FFFD.
fn escaped(text: &str) -> String {
    let mut safe = String::new();
    for letter in lines(text, Paint::default()).chars() {
        match letter {
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '&' => safe.push_str("&amp;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&apos;"),
            '\u{fffe}' | '\u{ffff}' => safe.push('\u{fffd}'),
            _ => safe.push(letter),
        }
    }
    safe
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn xml_holds_any_text() {
        assert_eq!(escaped("a<b>&\"'\n\u{0}\u{1b}"), "a&lt;b&gt;&amp;&quot;&apos;\n\\u0000\\u001b");
    }
}
