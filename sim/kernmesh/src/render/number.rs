//! Numbers as people read them.

/// Digits in threes: `1 234 567`.
pub fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(' ');
        }
        text.push(digit);
    }
    text
}

/// Femtoseconds as ns with as many of the digits after the point as are not zero.
pub fn ns(fs: u64) -> String {
    let below_one = machine::ns(fs % 1_000_000);
    format!("{}{}", grouped(fs / 1_000_000), &below_one[1..])
}

/// Bytes with a binary prefix, rounded to one digit after the point.
pub fn bytes(bytes: u64) -> String {
    const PREFIXES: [&str; 4] = ["KiB", "MiB", "GiB", "TiB"];
    if bytes < 1024 {
        return format!("{bytes} B");
    }
    let (mut value, mut prefix) = (bytes as f64 / 1024.0, 0);
    while value >= 1023.95 && prefix + 1 < PREFIXES.len() {
        value /= 1024.0;
        prefix += 1;
    }
    let text = format!("{value:.1}");
    format!("{} {}", text.trim_end_matches(".0"), PREFIXES[prefix])
}

/// Whole numbers as they are, others to so many places.
pub fn rounded(value: f64, places: usize) -> String {
    let places = if value.fract() == 0.0 { 0 } else { places };
    format!("{value:.places$}")
}

/// The number of three digits that is nearest.
pub fn three_digits(value: f64) -> f64 {
    format!("{value:.2e}").parse().unwrap_or(value)
}

/// A share in percent; `—` of nothing.
pub fn percent(part: u64, whole: u64) -> String {
    if whole == 0 {
        return "—".to_owned();
    }
    format!("{:.1} %", part as f64 * 100.0 / whole as f64)
}

/// An error to three digits. A verdict writes an error that is not finite as the largest number.
pub fn small(value: f64) -> String {
    if value == 0.0 {
        "0".to_owned()
    } else if value >= f64::MAX || value.is_nan() {
        "not finite".to_owned()
    } else {
        format!("{value:.2e}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_readable() {
        for (number, text) in [(0, "0"), (999, "999"), (1000, "1 000"), (1_234_567, "1 234 567")] {
            assert_eq!(grouped(number), text);
        }
        for (fs, text) in
            [(0, "0 ns"), (1_500_000, "1.5 ns"), (1, "0.000001 ns"), (2_000_000_000, "2 000 ns")]
        {
            assert_eq!(ns(fs), text);
        }
        for (n, text) in
            [(0, "0 B"), (1023, "1023 B"), (1024, "1 KiB"), (1536, "1.5 KiB"), ((1 << 20) - 1, "1 MiB")]
        {
            assert_eq!(bytes(n), text);
        }
        assert_eq!(percent(1, 3), "33.3 %");
        assert_eq!(percent(0, 0), "—");
        assert_eq!(small(0.000_123_4), "1.23e-4");
    }
}
