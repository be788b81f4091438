use super::*;
use crate::machine::Machine;

/// The three periods of a file over `sip`, whose clocks are all of 1 GHz.
fn periods(clock: &str) -> Result<[u64; 3], String> {
    let text = format!("base = \"sip\"\n[clock]\n{clock}\n");
    let machine = Machine::from_toml(&text, "mine.toml").map_err(|error| error.to_string())?;
    let Clocks { pe_fs, noc_fs, hbm_fs } = machine.spec().clock;
    Ok([pe_fs, noc_fs, hbm_fs].map(|clock| clock.period.fs()))
}

#[test]
fn a_frequency_is_the_nearest_period() {
    for (ghz, fs) in [
        ("1", Some(1_000_000)),
        ("2", Some(500_000)),
        ("1.35", Some(740_741)),
        ("0.85", Some(1_176_471)),
        ("3", Some(333_333)),
        ("4/3", Some(750_000)),
        ("100000", Some(10)),
        ("100001", None),
        ("0", None),
        ("-1", None),
        ("fast", None),
        ("1e3", None),
        ("0.000000000000000000000001", None),
    ] {
        assert_eq!(Ghz::read(ghz).map(|it| it.0.period.fs()), fs, "{ghz}");
    }
}

#[test]
fn a_file_gives_clocks_as_periods_or_frequencies() {
    for (clock, expected) in [
        ("ghz = 2", [500_000; 3]),
        ("ghz = 1.35", [740_741; 3]),
        ("ghz = \"4/3\"", [750_000; 3]),
        ("pe_ghz = 2", [500_000, 1_000_000, 1_000_000]),
        ("noc_ghz = 2\nhbm_ghz = 0.5", [1_000_000, 500_000, 2_000_000]),
        ("ghz = 2\nhbm_ghz = 1", [500_000, 500_000, 1_000_000]),
        ("ghz = 2\nhbm_fs = 900000", [500_000, 500_000, 900_000]),
    ] {
        assert_eq!(periods(clock), Ok(expected), "{clock}");
    }
}

#[test]
fn two_keys_of_one_clock_are_refused() {
    for (clock, said) in [
        ("pe_ghz = 2\npe_fs = 500000", "`pe_fs` and `pe_ghz` are one clock: keep one of them"),
        ("ghz = 0", "`0` is no frequency in GHz"),
        ("ghz = [1]", "a frequency in GHz"),
        ("mhz = 800", "unknown key `mhz`"),
    ] {
        let told = periods(clock).expect_err(clock);
        assert!(told.contains(said), "{clock}: {told}");
    }
    let whole = Machine::preset("sip").expect("a preset").to_toml().replace("pe_fs = 1000000\n", "");
    let told = Machine::from_toml(&whole, "mine.toml").expect_err("no clock").to_string();
    assert!(told.contains("the key `pe_fs` is missing"), "{told}");
}

#[test]
fn an_option_gives_clocks_as_a_file_does() {
    let sip = Machine::preset("sip").expect("a preset");
    for (key, value, expected) in [
        ("clock.ghz", "2", [500_000; 3]),
        ("clock.ghz", "1.35", [740_741; 3]),
        ("clock.hbm_ghz", "0.5", [1_000_000, 1_000_000, 2_000_000]),
        ("clock.pe_fs", "7", [7, 1_000_000, 1_000_000]),
    ] {
        let changed = sip.changed(&[(key.to_owned(), value.to_owned())].into()).expect(key);
        let Clocks { pe_fs, noc_fs, hbm_fs } = changed.spec().clock;
        assert_eq!([pe_fs, noc_fs, hbm_fs].map(|clock| clock.period.fs()), expected, "{key}={value}");
    }
}
