//! Values of options, as text becomes them.

use std::collections::BTreeMap;
use std::str::FromStr;

use machine::Sync;
use replay::cpu::{SimdLevel, SimdLevelError};

use crate::error::Error;
use crate::memory::{self, Limits};

/// `key=value`.
pub type Assignment = (String, String);

/// More threads than any computer has cores would only cost memory.
const MOST_THREADS: usize = 1024;

pub fn assignment(text: &str) -> Result<Assignment, String> {
    let (key, value) = text.split_once('=').ok_or("write key=value, for example ranks=8")?;
    if key.trim().is_empty() {
        return Err("the key before `=` is empty".to_owned());
    }
    if value.trim().is_empty() {
        return Err(format!("`{}` has no value after `=`", key.trim()));
    }
    Ok((key.trim().to_owned(), value.trim().to_owned()))
}

/// # Errors
/// [`Error::Input`] when a key is given twice: neither value is the one that was meant.
pub fn assignments(list: &[Assignment]) -> Result<BTreeMap<String, String>, Error> {
    assigned(list, "--set")
}

/// As [`assignments`], of another option.
///
/// # Errors
/// As [`assignments`].
pub fn assigned(list: &[Assignment], option: &str) -> Result<BTreeMap<String, String>, Error> {
    let mut params = BTreeMap::new();
    for (key, value) in list {
        if let Some(earlier) = params.insert(key.clone(), value.clone()) {
            let problem = format!("`{key}` is set twice, to `{earlier}` and to `{value}`");
            return Err(Error::input(problem, option, "set it once"));
        }
    }
    Ok(params)
}

pub fn threads(text: &str) -> Result<usize, String> {
    let number = text.parse().ok().filter(|n| (1..=MOST_THREADS).contains(n));
    number.ok_or_else(|| format!("a whole number from 1 to {MOST_THREADS} works"))
}

/// Characters that the name of a job may have.
const MOST_OF_JOB: usize = 200;

/// The name of a job.
pub fn job(text: &str) -> Result<String, String> {
    let fits = (1..=MOST_OF_JOB).contains(&text.chars().count()) && !text.chars().any(char::is_control);
    fits.then(|| text.to_owned()).ok_or_else(|| format!("a name of 1 to {MOST_OF_JOB} characters works"))
}

/// A seed, or a time in femtoseconds.
pub fn whole(text: &str) -> Result<u64, String> {
    text.parse().map_err(|_| "a whole number below 2^64 works".to_owned())
}

/// An error that is allowed.
pub fn tolerance(text: &str) -> Result<f64, String> {
    let number = text.parse().ok().filter(|x: &f64| x.is_finite() && *x >= 0.0);
    number.ok_or_else(|| "a number from 0 on works, for example 1e-3".to_owned())
}

/// `2%`, `0.5 %` or `2`, in millionths.
pub fn percent(text: &str) -> Result<u32, String> {
    let digits = text.trim().trim_end_matches('%').trim_end();
    let (whole, rest) = digits.split_once('.').unwrap_or((digits, "0"));
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if !is_number(whole) || !is_number(rest) || rest.len() > 4 {
        return Err(
            "write a share in percent with at most 4 digits after the point, for example 2%".to_owned()
        );
    }
    let ppm = format!("{whole}{rest:0<4}").parse().ok().filter(|ppm| *ppm <= 1_000_000);
    ppm.ok_or_else(|| "a share is at most 100%".to_owned())
}

/// What a run may take.
#[derive(Clone, Copy, Debug, clap::Args)]
pub struct LimitArgs {
    /// Most memory that the run may take [default: half of the computer's].
    #[arg(long, value_name = "SIZE", value_parser = memory::size)]
    memory: Option<u64>,
    /// Most multiply-adds and elements of the run.
    #[arg(long, value_name = "N", default_value_t = memory::MOST_WORK, value_parser = whole, allow_negative_numbers = true)]
    work: u64,
}

impl LimitArgs {
    pub fn limits(self) -> Limits {
        Limits { memory: self.memory.unwrap_or_else(memory::default_limit), work: self.work }
    }
}

pub fn sync(text: &str) -> Result<Sync, String> {
    match text {
        "interlocked" => Ok(Sync::Interlocked),
        "explicit" => Ok(Sync::Explicit),
        _ => Err("it is interlocked or explicit".to_owned()),
    }
}

/// A SIMD level, or the best there is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Simd {
    Auto,
    Level(SimdLevel),
}

impl Simd {
    pub fn level(self) -> SimdLevel {
        match self {
            Simd::Auto => SimdLevel::detect(),
            Simd::Level(level) => level,
        }
    }
}

impl FromStr for Simd {
    type Err = SimdLevelError;
    fn from_str(text: &str) -> Result<Simd, SimdLevelError> {
        if text == "auto" { Ok(Simd::Auto) } else { text.parse().map(Simd::Level) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn assignments_are_key_and_value() {
        for (text, expected) in [
            ("ranks=8", Ok(("ranks", "8"))),
            (" ranks = 8 ", Ok(("ranks", "8"))),
            ("table=a=b", Ok(("table", "a=b"))),
            ("ranks", Err("write key=value")),
            ("", Err("write key=value")),
            ("=8", Err("is empty")),
            ("ranks=", Err("`ranks` has no value")),
        ] {
            match (assignment(text), expected) {
                (Ok((key, value)), Ok(wanted)) => assert_eq!((key.as_str(), value.as_str()), wanted),
                (Err(said), Err(wanted)) => assert!(said.contains(wanted), "{text}: {said}"),
                (got, _) => panic!("{text}: {got:?}"),
            }
        }
    }

    #[test]
    fn a_key_is_set_once() {
        let list = |pairs: &[(&str, &str)]| -> Vec<Assignment> {
            pairs.iter().map(|&(key, value)| (key.to_owned(), value.to_owned())).collect()
        };
        assert_eq!(assignments(&list(&[("a", "1"), ("b", "2")])).unwrap().len(), 2);
        let error = assignments(&list(&[("a", "1"), ("a", "1")])).unwrap_err().to_string();
        assert_eq!(error, "`a` is set twice, to `1` and to `1`");
    }

    #[test]
    fn shares_are_exact() {
        for (text, expected) in [
            ("2%", Some(20_000)),
            ("2", Some(20_000)),
            ("0.5 %", Some(5_000)),
            ("0.0001%", Some(1)),
            ("100%", Some(1_000_000)),
            ("100.0001%", None),
            ("0.00001%", None),
            ("-1%", None),
            ("1e2%", None),
            ("%", None),
            (".5", None),
            ("99999999999", None),
        ] {
            assert_eq!(percent(text).ok(), expected, "{text}");
        }
    }

    #[test]
    fn machines_are_of_two_kinds() {
        assert_eq!(sync("explicit"), Ok(Sync::Explicit));
        assert_eq!(sync("interlocked"), Ok(Sync::Interlocked));
        assert!(sync("ordered").is_err());
    }

    #[test]
    fn threads_and_simd_levels_are_checked() {
        for (text, expected) in
            [("1", Some(1)), ("1024", Some(1024)), ("0", None), ("1025", None), ("-1", None), ("", None)]
        {
            assert_eq!(threads(text).ok(), expected, "{text}");
        }
        assert_eq!("auto".parse(), Ok(Simd::Auto));
        assert_eq!("narrow".parse(), Ok(Simd::Level(SimdLevel::Narrow)));
        assert!("sse".parse::<Simd>().is_err());
    }
}
