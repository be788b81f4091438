//! Parts of a run, as they are written on the command line.

use std::collections::BTreeSet;
use std::str::FromStr;

use machine::SimTime;
use program::Rank;

use crate::error::Error;

const UNITS: [(&str, u64); 6] = [
    ("fs", 1),
    ("ps", 1_000),
    ("ns", 1_000_000),
    ("us", 1_000_000_000),
    ("ms", 1_000_000_000_000),
    ("s", 1_000_000_000_000_000),
];

/// A time with its unit: `250us`, `1.5ns`, or 0. It is exact, or it is refused.
pub fn time(text: &str) -> Result<SimTime, String> {
    let begins = text.find(|c: char| c.is_ascii_alphabetic()).unwrap_or(text.len());
    let (number, unit) = text.split_at(begins);
    if unit.is_empty() && number.trim() == "0" {
        return Ok(SimTime::ZERO);
    }
    let known = UNITS.iter().find(|(name, _)| *name == unit);
    let &(_, scale) = known.ok_or("write a number and its unit, fs, ps, ns, us, ms or s: 250us")?;
    let (whole, fraction) = number.trim().split_once('.').unwrap_or((number.trim(), ""));
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || !digits(whole) || !digits(fraction) {
        return Err("write a number and its unit: 250us, 1.5ns".to_owned());
    }
    let below = u32::try_from(fraction.trim_end_matches('0').len()).ok().and_then(|n| 10u64.checked_pow(n));
    let of_fraction = match fraction.trim_end_matches('0') {
        "" => Some(0),
        text => below
            .filter(|below| scale.is_multiple_of(*below))
            .and_then(|below| Some(text.parse::<u64>().ok()? * (scale / below))),
    };
    let of_fraction = of_fraction.ok_or("times are whole femtoseconds")?;
    let fs = whole.parse::<u64>().ok().and_then(|whole| whole.checked_mul(scale)?.checked_add(of_fraction));
    let time = fs.map(SimTime::from_fs).filter(|&time| time <= SimTime::MAX);
    time.ok_or_else(|| "no run is that long".to_owned())
}

/// Ranks as a list of numbers and of ranges, both ends counted: `0-3,8`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ranks(Vec<(u32, u32)>);

impl FromStr for Ranks {
    type Err = String;
    fn from_str(text: &str) -> Result<Ranks, String> {
        let range = |part: &str| {
            let (first, last) = part.split_once('-').unwrap_or((part, part));
            let number = |text: &str| text.trim().parse::<u32>().ok();
            number(first).zip(number(last)).filter(|(first, last)| first <= last)
        };
        let ranges: Option<Vec<_>> = text.split(',').map(range).collect();
        ranges.map(Ranks).ok_or_else(|| "write numbers and ranges of ranks, such as 0-3,8".to_owned())
    }
}

/// The ranks that are asked for.
///
/// # Errors
/// [`Error::Input`] when the run has not so many.
pub fn checked_ranks(asked: Option<&Ranks>, n_ranks: u32) -> Result<Option<BTreeSet<Rank>>, Error> {
    let Some(Ranks(ranges)) = asked else { return Ok(None) };
    if let Some((_, last)) = ranges.iter().find(|&&(_, last)| last >= n_ranks) {
        let help = match n_ranks {
            0 | 1 => "its only rank is 0".to_owned(),
            n => format!("its ranks are 0 to {}", n - 1),
        };
        return Err(Error::input(format!("the run has no rank {last}"), "--ranks", help));
    }
    let ranks = ranges.iter().flat_map(|&(first, last)| first..=last);
    Ok(Some(ranks.map(Rank).collect()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_exact_and_have_a_unit() {
        for (text, fs) in [
            ("250us", Ok(250_000_000_000)),
            ("1.5ns", Ok(1_500_000)),
            ("0fs", Ok(0)),
            ("0", Ok(0)),
            ("2.50 ps", Ok(2_500)),
            ("0.000001ns", Ok(1)),
            ("9.007199254740992s", Ok(1 << 53)),
            ("0.5fs", Err("whole femtoseconds")),
            ("250", Err("its unit")),
            ("us", Err("a number")),
            ("-1us", Err("a number")),
            ("1e3us", Err("its unit")),
            ("10s", Err("no run")),
            ("99999999999999999999fs", Err("no run")),
            ("0.00000000000000000000000000000001s", Err("whole femtoseconds")),
        ] {
            match (time(text), fs) {
                (Ok(found), Ok(wanted)) => assert_eq!(found.fs(), wanted, "{text}"),
                (Err(said), Err(wanted)) => assert!(said.contains(wanted), "{text}: {said}"),
                (found, _) => panic!("{text}: {found:?}"),
            }
        }
    }

    #[test]
    fn ranks_are_numbers_and_ranges() {
        let ranks = |text: &str| text.parse::<Ranks>().map(|ranks| checked_ranks(Some(&ranks), 9));
        let set = ranks("0-2,8").unwrap().unwrap().unwrap();
        assert_eq!(set.into_iter().map(|rank| rank.0).collect::<Vec<_>>(), [0, 1, 2, 8]);
        for text in ["", "a", "3-1", "1,", "-1", "1-", "0..3"] {
            assert!(ranks(text).is_err(), "{text}");
        }
        let error = ranks("0-9").unwrap().unwrap_err();
        assert_eq!(
            (error.to_string(), error.help()),
            ("the run has no rank 9".to_owned(), "its ranks are 0 to 8")
        );
        assert!(ranks("0-4294967295").unwrap().is_err());
        assert_eq!(checked_ranks(None, 1).unwrap(), None);
    }
}
