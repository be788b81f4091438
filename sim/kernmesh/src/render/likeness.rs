//! Likeness of wrong values, in words.

use oplog::provenance::Likeness;

use super::number::{grouped, three_digits};
use super::verdict::number;

/// What the values of a part are.
pub fn alike(likeness: &Likeness, wrong: u64) -> String {
    let rounded = |error: f64| format!("off by {} of the values", percent_of(error));
    match likeness {
        Likeness::Constant { value } => format!("each is {}", number(*value)),
        Likeness::Overflow { dtype, largest } => {
            format!("what is expected is beyond {}, the largest number of {dtype}", number(*largest))
        }
        Likeness::Factor { factor } => format!("each is {} what is expected", times(*factor)),
        Likeness::RowFactors { rows, least, most } => {
            let [least, most] = [least, most].map(|factor| number(three_digits(*factor)));
            format!(
                "each of the {} rows is what is expected × a factor of its own, {least} to {most}",
                grouped(*rows)
            )
        }
        Likeness::Offset { by } => format!("each is what is expected {}", added(*by)),
        Likeness::Elsewhere { shift, elements } => {
            let moves = shift.iter().enumerate().filter(|(_, by)| **by != 0);
            let moves: Vec<String> = moves.map(|(axis, by)| format!("{by:+} along axis {axis}")).collect();
            let moves = moves.join(" and ");
            if *elements == wrong {
                format!("each has the value expected {moves}")
            } else {
                format!("{} have the values expected {moves}", grouped(*elements))
            }
        }
        Likeness::Transposed { tile } => {
            format!("the last two axes are exchanged in tiles of {tile} × {tile}")
        }
        Likeness::Numbers { dtype, error } => {
            format!("each is a number of {dtype}, {}", rounded(*error))
        }
        Likeness::Rounding { dtype, error } => format!("{}, as {dtype} rounds", rounded(*error)),
    }
}

/// `0.125 (1/8) ×`, with the name of a factor that has one.
pub fn times(factor: f64) -> String {
    let name = factor_name(factor).map_or_else(String::new, |name| format!(" ({name})"));
    format!("{}{name} ×", told_of(factor))
}

/// A factor to three digits, or to as many as tell it from 1.
fn told_of(factor: f64) -> String {
    let to = |digits: usize| format!("{factor:.digits$e}").parse().unwrap_or(factor);
    match three_digits(factor) {
        1.0 if factor != 1.0 => (3..=16).map(to).find(|&told| told != 1.0).unwrap_or(factor).to_string(),
        told => number(told),
    }
}

fn added(by: f64) -> String {
    if by < 0.0 { format!("− {}", number(-by)) } else { format!("+ {}", number(by)) }
}

/// Names of factors that are forgotten or taken twice.
fn factor_name(factor: f64) -> Option<String> {
    const LN_2: f64 = std::f64::consts::LN_2;
    let is = |of: f64| (factor - of).abs() <= 1e-3 * of.abs();
    let known = [
        (-1.0, "the other sign"),
        (LN_2, "ln 2, as of base 2 for e"),
        (1.0 / LN_2, "1/ln 2, as of base 2 for e"),
    ];
    if let Some((_, name)) = known.iter().find(|(of, _)| is(*of)) {
        return Some((*name).to_owned());
    }
    // Of large numbers every one is near a whole one.
    let near = |of: f64| (of - of.round()).abs() <= (1e-3 * of).min(0.02);
    let whole = |of: f64| (2.0..=65536.0).contains(&of.round()) && near(of);
    let n = |of: f64| of.round() as u64;
    // Scores are scaled by the root of the size of a head: a multiple of eight, and not of any number.
    let is_root = |of: f64| whole(of) && n(of) <= 1024 && n(of).is_multiple_of(8);
    match factor {
        _ if factor <= 0.0 || whole(factor) => None,
        _ if whole(1.0 / factor) => Some(format!("1/{}", n(1.0 / factor))),
        _ if is_root(factor * factor) => Some(format!("√{}", n(factor * factor))),
        _ if is_root(1.0 / (factor * factor)) => Some(format!("1/√{}", n(1.0 / (factor * factor)))),
        _ => None,
    }
}

fn percent_of(share: f64) -> String {
    format!("{:.2} %", 100.0 * share)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn factors_have_names() {
        for (factor, said) in [
            (-1.0, "-1 (the other sign) ×"),
            (0.125, "0.125 (1/8) ×"),
            (8.0, "8 ×"),
            (8f64.sqrt(), "2.83 (√8) ×"),
            (1.0 / 128f64.sqrt(), "0.0884 (1/√128) ×"),
            (1.0 / std::f64::consts::LN_2, "1.44 (1/ln 2, as of base 2 for e) ×"),
            (0.613, "0.613 ×"),
            (1.9999, "2 ×"),
            (1.0 / 1161.5, "0.000861 ×"),
            (0.0, "0 ×"),
        ] {
            assert_eq!(times(factor), said);
        }
    }

    #[test]
    fn likenesses_are_told() {
        let shifted = |elements| Likeness::Elsewhere { shift: vec![0, -4], elements };
        let of = |dtype: &str, error| (dtype.to_owned(), error);
        let (dtype, error) = of("bf16", 0.0016);
        for (likeness, said) in [
            (Likeness::Constant { value: 0.0 }, "each is 0"),
            (
                Likeness::Overflow { dtype: "f16".to_owned(), largest: 65_504.0 },
                "what is expected is beyond 65504, the largest number of f16",
            ),
            (Likeness::Factor { factor: 0.5 }, "each is 0.5 (1/2) × what is expected"),
            (
                Likeness::RowFactors { rows: 4, least: 0.4871, most: 1.996 },
                "each of the 4 rows is what is expected × a factor of its own, 0.487 to 2",
            ),
            (Likeness::Offset { by: -1.5 }, "each is what is expected − 1.5"),
            (shifted(32), "each has the value expected -4 along axis 1"),
            (shifted(16), "16 have the values expected -4 along axis 1"),
            (Likeness::Transposed { tile: 4 }, "the last two axes are exchanged in tiles of 4 × 4"),
            (
                Likeness::Numbers { dtype: dtype.clone(), error },
                "each is a number of bf16, off by 0.16 % of the values",
            ),
            (Likeness::Rounding { dtype, error }, "off by 0.16 % of the values, as bf16 rounds"),
        ] {
            assert_eq!(alike(&likeness, 32), said);
        }
    }

    #[test]
    fn a_factor_is_never_told_as_1() {
        let check = |factor: f64, told: &str| assert_eq!(super::times(factor), told);
        check(1.001, "1.001 ×");
        check(0.9996, "0.9996 ×");
        check(1.000_001_8, "1.000002 ×");
        check(0.125, "0.125 (1/8) ×");
        check(2.0 / 3.0, "0.667 ×");
    }
}
