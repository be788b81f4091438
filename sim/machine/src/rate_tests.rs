use super::*;

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Link {
    width: Rate,
}

#[test]
fn rates_are_read_and_printed_in_lowest_terms() {
    for (text, numerator, denominator, printed) in [
        ("128", 128, 1, "128"),
        (" 11.8 ", 59, 5, "59/5"),
        ("118/10", 59, 5, "59/5"),
        ("0.8", 4, 5, "4/5"),
        ("23.20", 116, 5, "116/5"),
        ("6 / 3", 2, 1, "2"),
    ] {
        let rate: Rate = text.parse().unwrap();
        assert_eq!((rate.numerator, rate.denominator), (numerator, denominator), "{text}");
        assert_eq!(rate.to_string(), printed, "{text}");
        assert_eq!(printed.parse(), Ok(rate), "{text}");
    }
}

#[test]
fn what_is_not_a_positive_rate_is_refused() {
    let too_long = format!("0.{}1", "0".repeat(20));
    let texts = ["", "0", "0.0", "0/5", "1/0", "-1", "+1", "1.", ".5", "1e3", "1/2/3", "fast", &too_long];
    for text in texts {
        assert_eq!(text.parse::<Rate>(), Err(RateError(text.to_owned())), "{text:?}");
    }
}

#[test]
fn rates_are_ordered_by_value() {
    let rate = |text: &str| text.parse::<Rate>().unwrap();
    for (smaller, larger) in
        [("1/3", "0.34"), ("11.8", "12"), ("18446744073709551614/18446744073709551615", "1")]
    {
        assert!(rate(smaller) < rate(larger), "{smaller} < {larger}");
    }
}

#[test]
fn products_are_exact_or_refused() {
    let rate = |text: &str| text.parse::<Rate>().unwrap();
    assert_eq!(rate("32").times(rate("0.8")), Some(rate("25.6")));
    assert_eq!(Rate::whole(u64::MAX).times(rate("1/18446744073709551615")), Some(Rate::whole(1)));
    assert_eq!(Rate::whole(u64::MAX).times(Rate::whole(2)), None);
}

#[test]
fn bytes_take_time_rounded_as_named() {
    // 7 ps a cycle: (rate, bytes, whole cycles, femtoseconds rounded down).
    let clock = Clock { period: Span::from_fs(7_000) };
    for (rate, bytes, cycles, floor_fs) in [
        ("128", 0, 0, 0),
        ("128", 128, 1, 7_000),
        ("128", 129, 2, 7_054),
        ("11.8", 118, 10, 70_000),
        ("25.6", 1 << 60, 45_035_996_273_704_960, 315_251_973_915_934_720_000u128),
    ] {
        let rate: Rate = rate.parse().unwrap();
        let bytes = Bytes(bytes);
        assert_eq!(rate.cycles_covering(bytes), Cycles(cycles), "{rate} {bytes:?}");
        assert_eq!(rate.span_ceil(bytes, clock), clock.span(Cycles(cycles)), "{rate} {bytes:?}");
        assert_eq!(rate.span_floor(bytes, clock).fs(), saturated(floor_fs), "{rate} {bytes:?}");
    }
}

#[test]
fn a_product_beyond_64_bits_keeps_its_exact_quotient() {
    let rate = Rate::new(1 << 32, (1 << 32) - 1).unwrap();
    assert_eq!(rate.cycles_covering(Bytes(1 << 40)), Cycles((1 << 40) - (1 << 8)));
}

#[test]
fn rates_survive_toml_and_json() {
    for (written, printed) in [("128", "128"), ("\"11.8\"", "\"59/5\""), ("\"128\"", "128")] {
        let link: Link = toml::from_str(&format!("width = {written}")).unwrap();
        assert_eq!(toml::to_string(&link).unwrap(), format!("width = {printed}\n"));
        let json = serde_json::to_string(&link).unwrap();
        assert_eq!(json, format!("{{\"width\":{printed}}}"));
        assert_eq!(serde_json::from_str::<Link>(&json).unwrap(), link);
    }
}

#[test]
fn a_rate_written_wrongly_says_what_to_write() {
    for (written, message) in [
        ("11.8", "write 11.8 in quotes (\"11.8\")"),
        ("0", "`0` is not a rate"),
        ("-3", "`-3` is not a rate"),
        ("\"fast\"", "`fast` is not a rate"),
        ("true", "expected a positive integer (128), or in quotes"),
    ] {
        let error = toml::from_str::<Link>(&format!("width = {written}")).unwrap_err();
        assert!(error.message().contains(message), "{written}: {}", error.message());
    }
}
