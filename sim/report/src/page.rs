//! The page: markup, style, one script, and the model as JSON that nothing can break out of.

use base64::prelude::{BASE64_STANDARD, Engine};
use machine::{is_hidden, printable};
use serde::Serialize;
use sha2::{Digest, Sha256};

use crate::against::Other;
use crate::model::Model;

const HTML: &str = include_str!("../assets/page.html");
const UPLOT_CSS: &str = include_str!("../assets/uplot/uPlot.min.css");
const UPLOT: &str = include_str!("../assets/uplot/uPlot.iife.min.js");
const UPLOT_LICENCE: &str = include_str!("../assets/uplot/LICENSE");
const CSS: &str = include_str!("../assets/page.css");

/// One scope: what a file names, the later ones may use.
const SCRIPTS: [&str; 27] = [
    include_str!("../assets/columns.js"),
    include_str!("../assets/run.js"),
    include_str!("../assets/against.js"),
    include_str!("../assets/words.js"),
    include_str!("../assets/elements.js"),
    include_str!("../assets/colours.js"),
    include_str!("../assets/place.js"),
    include_str!("../assets/strip.js"),
    include_str!("../assets/timeline.js"),
    include_str!("../assets/axis.js"),
    include_str!("../assets/legend.js"),
    include_str!("../assets/bands.js"),
    include_str!("../assets/gestures.js"),
    include_str!("../assets/mesh.js"),
    include_str!("../assets/rings.js"),
    include_str!("../assets/memory.js"),
    include_str!("../assets/roofline.js"),
    include_str!("../assets/selection.js"),
    include_str!("../assets/range.js"),
    include_str!("../assets/wrong.js"),
    include_str!("../assets/findings.js"),
    include_str!("../assets/tables.js"),
    include_str!("../assets/critical.js"),
    include_str!("../assets/summary.js"),
    include_str!("../assets/search.js"),
    include_str!("../assets/changes.js"),
    include_str!("../assets/main.js"),
];

pub fn page(model: &Model, other: Option<&Other>) -> String {
    let script = script();
    let style = format!("{UPLOT_CSS}\n{CSS}");
    let policy = format!(
        "default-src 'none'; script-src '{}'; style-src '{}'; base-uri 'none'; \
         form-action 'none'; require-trusted-types-for 'script'; trusted-types 'none'",
        hash(&script),
        hash(&style)
    );
    let title = match other {
        Some(other) => format!("{} against {}", title(model), title(&other.model)),
        None => title(model),
    };
    let parts = [
        ("POLICY", policy),
        ("TITLE", escaped(&printable(&title))),
        ("STYLE", style),
        ("LICENCE", escaped(UPLOT_LICENCE)),
        ("MODEL", json(model)),
        ("OTHER", json(&other)),
        ("SCRIPT", script),
    ];
    filled(HTML, &parts)
}

fn title(model: &Model) -> String {
    let run = &model.run;
    format!("{} · {} ranks on {}", run.kernel, run.ranks, run.machine)
}

/// The first line of the library is its address, which it has in its licence's place already.
fn script() -> String {
    let library = UPLOT.split_once('\n').map_or(UPLOT, |(_, code)| code);
    format!("\"use strict\";\n{library}\n(() => {{\n{}\n}})();\n", SCRIPTS.join("\n"))
}

/// A template has `{{NAME}}` once for each part, in their order: a part's own text is never looked at.
fn filled(template: &str, parts: &[(&str, String)]) -> String {
    let mut page = String::new();
    let mut rest = template;
    for (name, text) in parts {
        let mark = format!("{{{{{name}}}}}");
        let (before, after) = rest.split_once(&mark).expect("the template has every part");
        page.push_str(before);
        page.push_str(text);
        rest = after;
    }
    page.push_str(rest);
    page
}

fn hash(text: &str) -> String {
    format!("sha256-{}", BASE64_STANDARD.encode(Sha256::digest(text)))
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

/// JSON in which no `<` ends the element that it lies in, and whose texts are [`printable`].
fn json(model: &impl Serialize) -> String {
    let text = serde_json::to_string(model).expect("a model has only string keys");
    let mut safe = String::with_capacity(text.len());
    let mut letters = text.chars();
    while let Some(letter) = letters.next() {
        match letter {
            '<' => safe.push_str("\\u003c"),
            // Of controls, serde_json spells the first 32 only: as `\u001b`, or as `\n`.
            '\\' => match letters.next() {
                Some(next) => {
                    safe.push_str(if matches!(next, 'u' | 'b' | 'f') { "\\\\" } else { "\\" });
                    safe.push(next);
                }
                None => unreachable!("JSON ends in no backslash"),
            },
            _ if is_hidden(letter) => safe.push_str(&printable(&letter.to_string()).replace('\\', "\\\\")),
            _ => safe.push(letter),
        }
    }
    safe
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_filled_in_once() {
        let parts = [("A", "{{B}}".to_owned()), ("B", "b".to_owned())];
        assert_eq!(filled("<{{A}}-{{B}}>", &parts), "<{{B}}-b>");
        assert_eq!(escaped("<a href=\"x\">&"), "&lt;a href=&quot;x&quot;&gt;&amp;");
        let hidden = json(&"<\\u001b \x1b\x08\u{9b}\u{202e}\\\n\"");
        assert_eq!(hidden, r#""\u003c\\u001b \\u001b\\b\\u009b\\u202e\\\n\"""#);
    }

    #[test]
    fn nothing_in_the_assets_leads_out_of_the_page() {
        let script = script();
        for text in [HTML, CSS, UPLOT_CSS, &script] {
            for address in ["http:", "https:", "//cdn", "@import", "url("] {
                assert!(!text.contains(address), "`{address}` in {}", &text[..text.len().min(80)]);
            }
        }
        assert!(!script.contains("</script"));
        for unsafe_name in ["innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval("] {
            assert!(!SCRIPTS.join("").contains(unsafe_name), "{unsafe_name}");
        }
    }

    /// What is drawn and what is laid out have one set of colours: light first, then dark.
    #[test]
    fn style_and_script_have_the_same_colours() {
        let palettes = include_str!("../assets/colours.js");
        let all = |text: &str, before: &str| -> Vec<String> {
            let colours = text.split(before).skip(1).map(|rest| rest.trim_start_matches(['"', ' ', '#']));
            let hex =
                colours.map(|rest| rest.chars().take_while(char::is_ascii_hexdigit).collect::<String>());
            hex.map(|hex| if hex.len() == 3 { hex.repeat(2) } else { hex }).collect()
        };
        for name in ["ground", "raised", "line", "text", "faint", "accent", "good", "bad"] {
            let [css, js] = [all(CSS, &format!(" --{name}:")), all(palettes, &format!(" {name}:"))];
            assert_eq!((css.len(), &css), (2, &js), "{name}");
        }
    }

    /// What is shipped is what its authors released: see assets/uplot/README.md.
    #[test]
    fn the_library_is_as_it_was_released() {
        for (text, digest) in [
            (UPLOT, "19c8d4c6ad88929a79f4ae49d6f7161566dfd0ba3d15cc495e974f787eb78f1f"),
            (UPLOT_CSS, "df630c6a8d6f8eeaff264b50f73ce5b114f646ffd9a0bb74f049b0a00135fa04"),
            (UPLOT_LICENCE, "8f989229699b4fe2f1a0432d0e9edc338a8a911e250e2d1b01ecd770a5f5b1bd"),
        ] {
            let found: String = Sha256::digest(text).iter().map(|byte| format!("{byte:02x}")).collect();
            assert_eq!(found, digest);
        }
    }
}
