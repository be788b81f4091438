//! One kernel of the list: its parameters with their values, and what runs without any.

use super::columns::wrapped;
use super::number::grouped;
use super::{Paint, one_line};
use crate::at_defaults::{AtDefaults, Parameter, Ranks, Runs};

/// Width of the labels.
const LABEL: usize = 11;

pub fn at_defaults(of: &AtDefaults, paint: Paint) -> String {
    let head = wrapped(&format!("{}: {}", paint.strong(of.name), of.purpose), 4);
    let width = of.params.iter().map(|param| param.name.len()).max().unwrap_or(0);
    let mut text = format!("{head}\n\n");
    of.params.iter().for_each(|param| text.push_str(&parameter(param, width, paint)));
    text.push('\n');
    let mut line = |label: &str, said: String| {
        if !said.is_empty() {
            let said = wrapped(&said, LABEL);
            text.push_str(&format!("{}{said}\n", paint.faint(&format!("{label:LABEL$}"))));
        }
    };
    line("runs", runs(&of.runs));
    if let Some(ranks) = &of.ranks {
        line("ranks", tried(ranks, &of.runs));
        line("limit", ranks.limit.clone().unwrap_or_default());
        for refused in &ranks.refused {
            line("refused", format!("ranks={}: {}", refused.ranks, refused.reason));
        }
    }
    text
}

/// Its values and its default, and below what it means. A default that depends on other parameters is shown with what it
/// comes to.
fn parameter(param: &Parameter, width: usize, paint: Paint) -> String {
    let default = match &param.value {
        Some(value) if value != param.default => format!("{value} ({})", param.default),
        Some(_) | None => param.default.to_owned(),
    };
    let values = param.values.as_ref().map_or_else(String::new, |values| format!("{values}; "));
    let indent = width + 4;
    let facts = wrapped(&format!("{values}default {default}"), indent);
    let (name, blanks) = (paint.strong(param.name), " ".repeat(width - param.name.len() + 2));
    format!("  {name}{blanks}{facts}\n{}{}\n", " ".repeat(indent), wrapped(param.doc, indent))
}

fn runs(runs: &Runs) -> String {
    let ranks = if runs.ranks == 1 { "1 rank".to_owned() } else { format!("{} ranks", runs.ranks) };
    let own = if runs.own_machine { "a machine of its own, " } else { "" };
    let (ops, messages) = (grouped(runs.ops), grouped(runs.messages));
    let what = format!("{ranks}, {ops} ops, {messages} messages, all else at its default");
    let machine = one_line(&runs.machine);
    match &runs.refused {
        None => format!("on {own}{machine}: {what}"),
        Some(reason) => format!("not on {own}{machine}, which refuses {what}: {reason}"),
    }
}

fn tried(ranks: &Ranks, runs: &Runs) -> String {
    let list = |numbers: &[u32]| numbers.iter().map(u32::to_string).collect::<Vec<_>>().join(", ");
    let on = if runs.own_machine { String::new() } else { format!(" on {}", one_line(&runs.machine)) };
    let most = format!("at most {}{on}", ranks.most);
    let run = if ranks.run.is_empty() { String::new() } else { format!("; verified: {}", list(&ranks.run)) };
    let untried = ranks.untried_from.map_or_else(String::new, |n| format!("; not tried: {n} and more"));
    format!("{most}{run}{untried}")
}
