use machine::Machine;

use super::*;

fn probed(text: &str) -> Probe {
    let machine = Machine::from_toml(text, "probed.toml").expect("a machine");
    probe(&Bench::of(&machine).expect("a machine of PEs")).expect("every program runs")
}

fn path<'a>(probe: &'a Probe, op: &str, to: &str) -> &'a PathTimes {
    probe.paths.iter().find(|path| path.op == op && path.to == to).expect("a path")
}

/// Two of each level, and a width of its own for everything that has one.
fn machine(narrow: &str) -> String {
    format!("base = \"sip\"\n[grid]\npe = [4, 2]\ncube = [2, 1]\nsip = [2, 1]\n{narrow}")
}

#[test]
fn whatever_is_narrowest_is_named() {
    use Resource::{CubeLink, Hbm, PeLink, Port, SipLink, TcmPort};
    for (narrow, op, to, bottleneck) in [
        ("[link.pe]\nbytes_per_cycle = 60\n", "send", "a neighbour", PeLink),
        ("[link.pe]\nbytes_per_cycle = 60\n", "load", "the next cube", PeLink),
        ("[link.cube]\nbytes_per_cycle = 30\n", "send", "the next cube", CubeLink),
        ("[link.sip]\nbytes_per_cycle = 30\n", "load", "the next SIP", SipLink),
        ("[noc]\nport_bytes_per_cycle = 30\n", "store", "a neighbour", Port),
        ("[pe]\ntcm_bytes_per_cycle = 20\n", "send", "the next SIP", TcmPort),
        ("[pe]\ntcm_bytes_per_cycle = 20\n", "load", "itself", TcmPort),
        ("[hbm]\nbytes_per_cycle = 2\n", "load", "the next SIP", Hbm),
        ("[hbm]\nbytes_per_cycle = 2\n", "store", "itself", Hbm),
    ] {
        let found = probed(&machine(narrow));
        assert_eq!(path(&found, op, to).bottleneck, [bottleneck], "{narrow}: {op}, {to}");
    }
}

#[test]
fn hops_cost_what_the_machine_says() {
    let found = probed(&machine(
        "[link.pe]\nhop_cycles = 5\n[link.cube]\nhop_cycles = 11\n[link.sip]\nhop_cycles = 70\n",
    ));
    let hops: Vec<_> = found.hops.iter().map(|hop| (hop.over, hop.cycles)).collect();
    assert_eq!(hops, [("a PE link", 5.0), ("a cube link", 11.0), ("a SIP link", 70.0)]);
    // release 4 + inject 4 + hops + eject 4
    let credits: Vec<_> = found.credits.iter().map(|credit| credit.cycles).collect();
    let (cube, sip) = (3.0 * 5.0 + 11.0, 6.0 * 5.0 + 11.0 + 70.0);
    assert_eq!(credits, [12.0 + 5.0, 12.0 + 15.0, 12.0 + cube, 12.0 + sip]);
}

/// A SIP of 4 × 2 PEs as two tori. The neighbour to the east is a hop away on one and three on the other, a load asks
/// and gets all the way round, and so does a credit.
#[test]
fn both_networks_are_shown_with_their_own_hops() {
    let torus = "base = \"sip\"\n[grid]\npe = [4, 2]\ncube = [1, 1]\n[link.pe]\nhop_cycles = 5\ntopology = \"torus\"\n\
                 [noc.networks]\nmodel = \"opposite\"\nloads = \"noc0\"\nstores = \"noc1\"\nmessages = \"noc1\"\n";
    let found = probed(torus);
    for (op, hops, network) in [("load", 3, Noc::Noc0), ("store", 3, Noc::Noc1), ("send", 3, Noc::Noc1)] {
        let path = path(&found, op, "a neighbour");
        assert_eq!((path.hops, path.network), (hops, Some(network)), "{op}");
    }
    assert_eq!(path(&found, "load", "itself").network, None);
    let hops: Vec<_> = found.hops.iter().map(|hop| (hop.over, hop.cycles)).collect();
    assert_eq!(hops, [("a PE link", 5.0)]);
    // release 4 + inject 4 + one hop west + eject 4
    assert_eq!(found.credits[0].cycles, 12.0 + 5.0);
}

#[test]
fn controllers_are_shown_with_the_distance_of_their_pes() {
    let found = probed(
        "base = \"sip\"\ngrid.cube = [1, 1]\nhbm.placement = \"controllers\"\nhbm.bytes_per_pe = 16777216\n\
         hbm.controllers = { at = [[0, 1], [3, 0]], channels = 4, bytes = 17179869184 }\n",
    );
    let all: Vec<_> =
        found.controllers.iter().map(|it| (it.at, it.pes, it.nearest, it.farthest, it.hops)).collect();
    // PEs 0, 1 and 4 to 6 lie in the first, one of them as near to the second; 2, 3 and 7 in the second.
    assert_eq!(all, [([0, 1], 5, 0, 2, 6), ([3, 0], 3, 0, 1, 2)]);
    // The corner is a hop from its own slice, which lies where the next row begins.
    assert_eq!(path(&found, "load", "itself").hops, 1);
}

#[test]
fn larger_transfers_are_never_slower_a_byte_and_never_faster_than_their_rate() {
    for path in &probed("base = \"sip\"\n").paths {
        for pair in path.sizes.windows(2) {
            let name = format!("{} {}: {pair:?}", path.op, path.to);
            assert!(pair[0].bytes_per_cycle <= pair[1].bytes_per_cycle, "{name}");
            assert!(pair[1].bytes_per_cycle <= path.bytes_per_cycle * 1.001, "{name}");
        }
    }
}
