use super::*;

fn traffic(params: &[(&str, &str)]) -> Result<Traffic, String> {
    let params = params.iter().map(|&(key, value)| (key.to_owned(), value.to_owned())).collect();
    Traffic::of(&params).map_err(|error| error.to_string())
}

#[test]
fn every_pattern_sends_where_its_definition_says() {
    for (pattern, k, from, to) in [
        ("neighbor", 8, 0, 9),
        ("neighbor", 8, 63, 0),
        ("transpose", 8, 1, 8),
        ("transpose", 8, 9, 9),
        ("bitcomp", 8, 0, 63),
        ("bitcomp", 5, 12, 12),
        ("tornado", 8, 0, 27),
        ("tornado", 8, 7, 26),
        ("tornado", 5, 0, 12),
    ] {
        let k_text = u32::to_string(&k);
        let traffic = traffic(&[("pattern", pattern), ("k", &k_text), ("load", "1"), ("packet_flits", "1")]);
        let traffic = traffic.expect("traffic");
        let packet = traffic.packets().expect("few").into_iter().find(|packet| packet.from == from);
        assert_eq!(packet.map(|packet| packet.to), Some(to), "{pattern} {k}");
    }
}

/// Load and destinations are those asked for, within five standard deviations.
#[test]
fn packets_are_drawn_at_the_load_and_go_everywhere() {
    let traffic = traffic(&[("load", "0.3"), ("packet_flits", "4"), ("window", "20000")]).expect("traffic");
    let packets = traffic.packets().expect("few");
    let draws = 64.0 * f64::from(3000 + 20_000 + AFTER);
    let (expected, deviation) = (draws * 0.075, (draws * 0.075 * 0.925).sqrt());
    assert!((packets.len() as f64 - expected).abs() < 5.0 * deviation, "{} of {expected}", packets.len());
    let mut to = [0u32; 64];
    packets.iter().for_each(|packet| to[packet.to as usize] += 1);
    let mean = packets.len() as f64 / 64.0;
    for (pe, &n) in to.iter().enumerate() {
        assert!((f64::from(n) - mean).abs() < 5.0 * mean.sqrt(), "{n} packets for PE {pe}, mean {mean}");
    }
    assert!(packets.iter().any(|packet| packet.from == packet.to), "a PE is a destination of its own");
}

#[test]
fn a_seed_gives_one_traffic_and_another_another() {
    let of = |seed| traffic(&[("traffic_seed", seed)]).expect("traffic").packets();
    assert_eq!(of("7"), of("7"));
    assert_ne!(of("7"), of("8"));
}

#[test]
fn what_cannot_be_drawn_is_refused() {
    for (params, says) in [
        (&[("load", "1.5")][..], "`load` is `3/2`: a PE sends at most 1 flit a cycle"),
        (&[("load", "much")], "`load` is `much`"),
        (&[("load", "1/18446744073709551615")], "terms up to 1000000"),
        (&[("pattern", "unifrom")], "did you mean `uniform`?"),
        (&[("wiring", "torus"), ("virtual_channels", "1")], "`virtual_channels` is `1`"),
    ] {
        let error = traffic(params).expect_err("a refusal");
        assert!(error.contains(says), "{error}");
    }
    let many = [("k", "32"), ("load", "1"), ("packet_flits", "1"), ("window", "1000000")];
    let many = many.iter().map(|&(key, value)| (key.to_owned(), value.to_owned())).collect();
    let error = KERNELS[0].record(&many).expect_err("too many packets").to_string();
    assert!(error.contains("a shorter window or longer packets"), "{error}");
}
