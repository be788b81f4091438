//! A verdict in words.

use oplog::{Against, Judgement, NotFinite, Sample, Verdict, Worst};
use report::{Said, Told};

use super::columns::wrapped;
use super::number::{grouped, percent, small, three_digits};
use super::remark::place;
use super::{one_line, provenance};

/// Labels and what is said beside them, after the numbers of the leading judgement.
pub fn rows(verdict: &Verdict, label: usize) -> Vec<(&'static str, String)> {
    let leading = verdict.leading();
    let mut rows = vec![("worst", worst(leading)), ("not finite", not_finite(&leading.not_finite))];
    if let Some(found) = &verdict.provenance {
        rows.extend(provenance::rows(&leading.output, found, label));
    }
    rows.push(("help", wrapped(&help(leading), label)));
    rows.extend(others(verdict).map(|(word, said)| ("also", wrapped(&format!("{word} {said}"), label))));
    rows.push(("judged", verdict.sample.map_or_else(String::new, sample)));
    rows
}

/// Wrong values for a page, which has its rule and the limit of the worst element beside what a terminal has; `None` of
/// a verdict that passes.
pub fn told(verdict: &Verdict) -> Option<Told> {
    let leading = Some(verdict.leading()).filter(|it| !it.pass)?;
    let mut judged = vec![
        ("FAIL", numbers(verdict)),
        ("worst", worst(leading)),
        ("limit", limit(leading)),
        ("not finite", not_finite(&leading.not_finite)),
        ("rule", said(leading)),
        ("help", help(leading)),
    ];
    judged.extend(others(verdict));
    judged.push(("judged", verdict.sample.map_or_else(String::new, sample)));
    let causes = verdict.provenance.as_ref();
    let causes = causes.map_or_else(Vec::new, |found| provenance::rows_of_page(&leading.output, found));
    let judged = judged.into_iter().map(|(label, text)| Said::of(label, text)).collect();
    let [judged, causes] =
        [judged, causes].map(|rows: Vec<Said>| rows.into_iter().filter(|row| !row.text.is_empty()).collect());
    Some(Told { judged, causes })
}

/// The judgements beside the leading one: a word, and what is said of each.
fn others(verdict: &Verdict) -> impl Iterator<Item = (&'static str, String)> {
    let leading = verdict.leading();
    let others = verdict.judgements.iter().filter(move |judgement| !std::ptr::eq(*judgement, leading));
    others.map(|other| {
        let word = if other.pass { "PASS" } else { "FAIL" };
        let worst = Some(worst(other)).filter(|said| !said.is_empty());
        let worst = worst.map_or_else(String::new, |said| format!("; {said}"));
        (word, format!("{}: {}{worst}", subject(other), errors(other)))
    })
}

/// `max_abs 1.00e-3 ≤ 4.00e-3, rel_l2 5.00e-4, 75.0 % within 1 ulp`, of the output that fails by most, or the first. An
/// average is shown with its limit where it is beyond it.
pub fn numbers(verdict: &Verdict) -> String {
    let leading = verdict.leading();
    let is_plain = verdict.judgements.len() == 1 && leading.against == Against::Reference;
    let of = if is_plain { String::new() } else { format!("{}: ", subject(leading)) };
    format!("{of}{}", errors(leading))
}

/// The rule, and the limits that it came to.
pub fn rule(judgement: &Judgement, label: usize) -> String {
    wrapped(&said(judgement), label)
}

fn said(judgement: &Judgement) -> String {
    let limits = [
        judgement.worst.as_ref().map(|worst| small(worst.limit)),
        judgement.rel_l2_limit.map(small),
        judgement.beyond_limit.map(|limit| percent(limit.min(judgement.elements()), judgement.elements())),
    ];
    let limits: Vec<String> = limits.into_iter().flatten().collect();
    if limits.is_empty() {
        return format!("{}; no element has a number", judgement.rule);
    }
    format!("{}: {}", judgement.rule, limits.join(", "))
}

/// A judgement for front ends that are no command: its numbers, then the worst element, what is not finite and the rule,
/// each in a line of its own.
pub fn in_lines(judgement: &Judgement) -> String {
    let word = if judgement.pass { "PASS" } else { "FAIL" };
    let output = one_line(&judgement.output);
    let mut lines = vec![format!("{word} {output}: {}", errors(judgement))];
    lines.extend(Some(worst(judgement)).filter(|text| !text.is_empty()).map(|text| format!("worst: {text}")));
    let not_finite = not_finite(&judgement.not_finite);
    lines.extend(Some(not_finite).filter(|text| !text.is_empty()).map(|text| format!("not finite: {text}")));
    lines.push(format!("rule: {}", said(judgement)));
    lines.join("\n")
}

/// One verdict beside others.
pub fn in_short(verdict: &Verdict) -> String {
    format!("{} {}", if verdict.pass() { "PASS" } else { "FAIL" }, numbers(verdict))
}

pub fn subject(judgement: &Judgement) -> String {
    let output = one_line(&judgement.output).into_owned();
    match judgement.against {
        Against::Reference => output,
        Against::Expected => format!("{output} against `expected`"),
    }
}

pub fn errors(judgement: &Judgement) -> String {
    let all = judgement.elements();
    let unequal = judgement.not_finite.unequal.elements;
    let mut parts = Vec::new();
    if unequal > 0 {
        parts.push(format!("{} of {} elements not finite unlike the oracle", grouped(unequal), grouped(all)));
    }
    parts.extend(largest(judgement));
    let over = judgement.rel_l2_limit.filter(|limit| judgement.rel_l2 > *limit);
    let over = over.map_or_else(String::new, |limit| format!(" > {}", small(limit)));
    // Beside zeros alone no error has a size, and without a finite element there is none.
    let has_size = judgement.rel_l2 < f64::MAX && unequal < all;
    parts.extend(has_size.then(|| format!("rel_l2 {}{over}", small(judgement.rel_l2))));
    let beyond = judgement.beyond();
    parts.push(match judgement.beyond_limit.filter(|limit| beyond > *limit) {
        Some(limit) => format!("{} beyond 1 ulp > {}", percent(beyond, all), percent(limit, all)),
        None => format!("{} within 1 ulp", percent(all - beyond, all)),
    });
    parts.join(", ")
}

/// The largest error beside its limit. By a relative tolerance another error may be furthest beyond its own.
fn largest(judgement: &Judgement) -> Option<String> {
    let worst = judgement.worst.as_ref()?;
    let error = (worst.value - worst.oracle).abs().min(f64::MAX);
    let relation = if error <= worst.limit { "≤" } else { ">" };
    let limit = small(worst.limit);
    Some(if error == judgement.max_abs {
        format!("max_abs {} {relation} {limit}", small(error))
    } else {
        format!("max_abs {}, worst {} {relation} {limit}", small(judgement.max_abs), small(error))
    })
}

/// The worst element, where it is wrong.
fn wrong_one(judgement: &Judgement) -> Option<&Worst> {
    judgement.worst.as_ref().filter(|_| judgement.wrong > judgement.not_finite.unequal.elements)
}

/// Of a wrong output: how far its worst element is off, as a multiple of its limit.
fn limit(judgement: &Judgement) -> String {
    let Some(worst) = wrong_one(judgement) else { return String::new() };
    let error = (worst.value - worst.oracle).abs();
    if worst.limit > 0.0 {
        let times = number(three_digits(error / worst.limit));
        format!("{}: the worst element is off by {times} × that", small(worst.limit))
    } else {
        format!("0: the worst element is off by {}", small(error))
    }
}

/// Of a wrong output: how many elements are, and the worst of them.
fn worst(judgement: &Judgement) -> String {
    let Some(worst) = wrong_one(judgement) else { return String::new() };
    let (wrong, all) = (grouped(judgement.wrong), grouped(judgement.elements()));
    let output = one_line(&judgement.output).into_owned();
    let [value, oracle] = told_apart(worst.value, worst.oracle);
    let are = if judgement.wrong == 1 { "is" } else { "are" };
    format!("{output}{} is {value} for {oracle}; {wrong} of {all} elements {are} wrong", place(&worst.index))
}

/// Two numbers, with all their digits where few are the same.
fn told_apart(a: f64, b: f64) -> [String; 2] {
    let few = [a, b].map(number);
    if few[0] == few[1] { [a, b].map(|it| it.to_string()) } else { few }
}

/// Of an output that fails and is close to what is expected: rounding several times, or a long sum, may be all that it
/// does.
fn help(judgement: &Judgement) -> String {
    if judgement.against != Against::Expected || !judgement.may_be_rounding() {
        return String::new();
    }
    let output = one_line(&judgement.output).into_owned();
    format!(
        "a kernel that rounds several times or sums in f32 needs `naive.{output}`, a plain computation in its \
         precision, or --rtol"
    )
}

/// Which of the three is not finite, how often, and where first.
fn not_finite(found: &NotFinite) -> String {
    let NotFinite { output, oracle, naive, unequal } = found;
    let mut groups: Vec<(Vec<&str>, &oplog::Elements)> = Vec::new();
    for (name, elements) in [("output", output), ("oracle", oracle), ("naive", naive)] {
        match groups.iter_mut().find(|(_, other)| *other == elements) {
            Some((names, _)) => names.push(name),
            None => groups.push((vec![name], elements)),
        }
    }
    let said = |(names, elements): &(Vec<&str>, &oplog::Elements)| {
        let first = elements.first.as_ref()?;
        Some(format!("{} in {}, first {}", grouped(elements.elements), names.join(" and "), place(first)))
    };
    let mut parts: Vec<String> = groups.iter().filter_map(said).collect();
    if let Some(first) = &unequal.first {
        parts.push(format!("{} unequal, first {}", grouped(unequal.elements), place(first)));
    } else if output.elements > 0 {
        parts.push("the output's are those of the oracle".to_owned());
    }
    parts.join("; ")
}

fn sample(sample: Sample) -> String {
    let Sample { rows, of, seed } = sample;
    let share = format!("{} of {} rows, drawn with seed {seed}", grouped(rows), grouped(of));
    format!("{share}: a wrong value in another row is not seen")
}

/// A value to six digits.
pub fn number(value: f64) -> String {
    let rounded: f64 = format!("{value:.5e}").parse().unwrap_or(value);
    let is_short = rounded == 0.0 || (1e-4..1e7).contains(&rounded.abs());
    if is_short { rounded.to_string() } else { format!("{rounded:e}") }
}

#[cfg(test)]
#[path = "verdict_tests.rs"]
mod tests;
