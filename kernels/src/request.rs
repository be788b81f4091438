//! Parameters as text: those that a kernel takes, those given, and their resolved values.

use std::collections::BTreeMap;
use std::fmt;
use std::ops::RangeInclusive;
use std::str::FromStr;

use machine::{Rate, closest, same_word};
use program::DType;

use crate::error::KernelError;

/// A parameter of a kernel.
#[derive(Clone, Copy, Debug)]
pub struct Param {
    pub name: &'static str,
    /// The value when none is given, or a phrase that says where it comes from.
    pub default: &'static str,
    pub doc: &'static str,
}

/// Parameters by name, as text.
pub type Texts = BTreeMap<String, String>;

/// Values that a parameter may have, as the kernel reads it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Domain {
    Number(RangeInclusive<u32>),
    Words(Vec<&'static str>),
    Rate,
    DType(Vec<DType>),
}

/// What a kernel read of a request: the value of each parameter, as text, and those that it may have.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Read(pub BTreeMap<&'static str, (String, Domain)>);

/// Request for a kernel with some parameters. The kernel reads them one by one, and each value read, given or not,
/// becomes part of [`Request::resolved`].
#[derive(Clone, Debug)]
pub struct Request {
    pub kernel: &'static str,
    params: &'static [Param],
    given: Texts,
    /// Defaults that differ from those of the table.
    defaults: BTreeMap<&'static str, String>,
    resolved: Texts,
    domains: BTreeMap<&'static str, Domain>,
}

impl Request {
    /// # Errors
    /// [`KernelError::UnknownParam`] for a parameter the kernel does not take.
    pub fn new(
        kernel: &'static str,
        params: &'static [Param],
        known_elsewhere: &[&str],
        given: &Texts,
    ) -> Result<Request, KernelError> {
        for name in given.keys() {
            if !params.iter().any(|param| param.name == name) {
                let hint = not_taken(params, known_elsewhere.contains(&name.as_str()), name);
                return Err(KernelError::UnknownParam { kernel, name: name.clone(), hint });
            }
        }
        let (given, defaults, resolved) = (given.clone(), BTreeMap::new(), Texts::new());
        Ok(Request { kernel, params, given, defaults, resolved, domains: BTreeMap::new() })
    }
    /// Every parameter read so far, as text.
    pub fn resolved(&self) -> Texts {
        self.resolved.clone()
    }
    /// Every parameter read so far, with the values that it may have. One that was asked for and not given has the
    /// default of the table.
    pub fn read(&self) -> Read {
        let value = |name: &str| self.resolved.get(name).cloned().or_else(|| self.of_table(name));
        Read(self.domains.iter().filter_map(|(&name, of)| Some((name, (value(name)?, of.clone())))).collect())
    }
    /// Overrides the table's default.
    pub fn default(&mut self, name: &'static str, value: impl ToString) {
        self.defaults.insert(name, value.to_string());
    }

    /// A whole number.
    pub fn number(&mut self, name: &'static str, range: RangeInclusive<u32>) -> Result<u32, KernelError> {
        let text = self.text(name);
        self.parse_number(name, text, range)
    }
    /// A whole number that is `derived` when none is given.
    pub fn number_or(
        &mut self,
        name: &'static str,
        range: RangeInclusive<u32>,
        derived: u32,
    ) -> Result<u32, KernelError> {
        let text = self.given_or_default(name).unwrap_or_else(|| derived.to_string());
        self.parse_number(name, text, range)
    }
    /// A positive decimal or fraction, exactly.
    pub fn rate(&mut self, name: &'static str) -> Result<Rate, KernelError> {
        self.domains.insert(name, Domain::Rate);
        let text = self.text(name);
        // As in a machine file: so that products of it fit.
        let fits = |rate: &Rate| rate.numerator.max(rate.denominator) <= 1_000_000;
        let Some(rate) = text.parse().ok().filter(fits) else {
            let allowed = "a positive decimal or fraction of terms up to 1000000 works, such as 0.3 or 3/10";
            return Err(self.refuse(name, text, allowed));
        };
        self.resolve(name, text);
        Ok(rate)
    }
    pub fn flag(&mut self, name: &'static str) -> Result<bool, KernelError> {
        Ok(self.choice(name, &["true", "false"])? == "true")
    }
    /// One of a few words.
    pub fn choice(
        &mut self,
        name: &'static str,
        words: &[&'static str],
    ) -> Result<&'static str, KernelError> {
        self.domains.insert(name, Domain::Words(words.to_vec()));
        let text = self.text(name);
        let Some(word) = words.iter().find(|&&word| word == text) else {
            return Err(self.refuse(name, &text, suggest(&text, words)));
        };
        self.resolve(name, text);
        Ok(word)
    }
    /// One of a few words, if one is given; only then it becomes part of [`Request::resolved`].
    pub fn choice_if_given(
        &mut self,
        name: &'static str,
        words: &[&'static str],
    ) -> Result<Option<&'static str>, KernelError> {
        self.domains.insert(name, Domain::Words(words.to_vec()));
        self.given.contains_key(name).then(|| self.choice(name, words)).transpose()
    }
    /// A dtype out of `allowed`; `derived`, where there is one, when none is given.
    pub fn dtype(
        &mut self,
        name: &'static str,
        allowed: &[DType],
        derived: Option<DType>,
    ) -> Result<DType, KernelError> {
        self.domains.insert(name, Domain::DType(allowed.to_vec()));
        let given = self.given_or_default(name).or(derived.map(|dtype| dtype.to_string()));
        let text = given.unwrap_or_else(|| self.text(name));
        let found = DType::from_str(&text).ok().filter(|dtype| allowed.contains(dtype));
        let Some(dtype) = found else {
            let names: Vec<&str> = allowed.iter().map(|dtype| dtype.name()).collect();
            return Err(self.refuse(name, &text, suggest(&text, &names)));
        };
        self.resolve(name, text);
        Ok(dtype)
    }

    /// An error about the value of a parameter that was read.
    pub fn refuse(
        &self,
        name: &'static str,
        value: impl ToString,
        allowed: impl Into<String>,
    ) -> KernelError {
        KernelError::Value { kernel: self.kernel, name, value: value.to_string(), allowed: allowed.into() }
    }

    fn parse_number(
        &mut self,
        name: &'static str,
        text: String,
        range: RangeInclusive<u32>,
    ) -> Result<u32, KernelError> {
        self.domains.insert(name, Domain::Number(range.clone()));
        let Some(number) = text.parse().ok().filter(|number| range.contains(number)) else {
            let allowed = format!("a whole number from {} to {} works", range.start(), range.end());
            return Err(self.refuse(name, text, allowed));
        };
        self.resolve(name, number.to_string());
        Ok(number)
    }
    fn given_or_default(&self, name: &'static str) -> Option<String> {
        self.given.get(name).or(self.defaults.get(name)).cloned()
    }
    fn text(&self, name: &'static str) -> String {
        let text = self.given_or_default(name).or_else(|| self.of_table(name));
        text.expect("a kernel reads only parameters of its table")
    }
    fn of_table(&self, name: &str) -> Option<String> {
        let param = self.params.iter().find(|param| param.name == name)?;
        Some(param.default.to_owned())
    }
    fn resolve(&mut self, name: &'static str, value: String) {
        self.resolved.insert(name.to_owned(), value);
    }
}

/// The values in words: `1 to 1024`, `line or ring`.
impl fmt::Display for Domain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let words = |words: &[&str]| match words {
            [others @ .., last] if !others.is_empty() => format!("{} or {last}", others.join(", ")),
            words => words.join(", "),
        };
        match self {
            Domain::Number(range) => write!(f, "{} to {}", range.start(), range.end()),
            Domain::Words(list) => f.write_str(&words(list)),
            Domain::Rate => f.write_str("a decimal or fraction"),
            Domain::DType(list) => {
                f.write_str(&words(&list.iter().map(|dtype| dtype.name()).collect::<Vec<_>>()))
            }
        }
    }
}

impl Domain {
    /// The least and the largest number.
    pub fn range(&self) -> Option<(u32, u32)> {
        match self {
            Domain::Number(range) => Some((*range.start(), *range.end())),
            Domain::Words(_) | Domain::Rate | Domain::DType(_) => None,
        }
    }

    /// The values next to one: twice and half of a number, and every other word.
    pub fn neighbours(&self, value: &str) -> Vec<String> {
        match self {
            Domain::Number(range) => {
                let Ok(now) = value.parse::<u32>() else { return Vec::new() };
                let half = (now % 2 == 0).then_some(now / 2);
                let both = [now.checked_mul(2), half].into_iter().flatten();
                both.filter(|number| range.contains(number)).map(|number| number.to_string()).collect()
            }
            Domain::Words(words) => {
                words.iter().filter(|word| **word != value).map(|word| (*word).to_owned()).collect()
            }
            Domain::Rate | Domain::DType(_) => Vec::new(),
        }
    }
}

fn not_taken(params: &[Param], known_elsewhere: bool, name: &str) -> String {
    let names: Vec<&str> = params.iter().map(|param| param.name).collect();
    match closest(name, &names).filter(|_| !known_elsewhere) {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!("it takes {}", names.join(", ")),
    }
}

fn suggest(word: &str, words: &[&str]) -> String {
    let known = words.join(", ");
    match same_word(word, words) {
        Some(near) => format!("did you mean `{near}`? The values are {known}"),
        None => format!("the values are {known}"),
    }
}

#[cfg(test)]
#[path = "request_tests.rs"]
mod tests;
