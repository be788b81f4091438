//! A review as JUnit XML, which GitLab, Jenkins and others show.

use machine::printable;

use super::{Case, Outcome, Review};
use crate::render::{Paint, lines};

pub fn junit(review: &Review) -> String {
    let Review { command, suite, cases, .. } = review;
    let count = |is: fn(&Outcome) -> bool| cases.iter().filter(|case| is(&case.outcome)).count();
    let counts = format!(
        "tests=\"{}\" failures=\"{}\" errors=\"{}\" skipped=\"{}\"",
        cases.len(),
        count(|outcome| matches!(outcome, Outcome::Failed(_))),
        count(|outcome| matches!(outcome, Outcome::Error(_))),
        count(|outcome| matches!(outcome, Outcome::Skipped(_))),
    );
    let suite = escaped(&printable(&format!("kernmesh {command} {suite}")));
    let mut text = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites {counts}>\n  <testsuite name=\"{suite}\" {counts}>\n"
    );
    cases.iter().for_each(|case| text.push_str(&one(case)));
    text.push_str("  </testsuite>\n</testsuites>\n");
    text
}

fn one(case: &Case) -> String {
    let named = format!("classname=\"kernmesh.{}\" name=\"{}\"", case.class, escaped(&printable(&case.name)));
    let said = |what: &str| escaped(&printable(what));
    let details = escaped(&case.details);
    let inner = match &case.outcome {
        Outcome::Passed => return format!("    <testcase {named}/>\n"),
        Outcome::Failed(what) => format!("<failure message=\"{}\">{details}</failure>", said(what)),
        Outcome::Error(what) => format!("<error message=\"{}\">{details}</error>", said(what)),
        Outcome::Skipped(why) => format!("<skipped message=\"{}\"/>", said(why)),
    };
    format!("    <testcase {named}>\n      {inner}\n    </testcase>\n")
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
