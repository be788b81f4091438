use crate::machine::Machine;

const FLITS: &str =
    "\n[noc.flits]\nbytes = 16\nvirtual_channels = 2\nbuffer_flits = 8\nrounds_per_cycle = 2\n";

fn read(keys: &str) -> Result<Machine, String> {
    Machine::from_toml(keys, "probe.toml").map_err(|error| error.to_string())
}

#[test]
fn a_machine_with_flits_reads_back_equal() {
    let machine = read(&format!("base = \"tiny\"{FLITS}")).expect("a machine");
    let flits = machine.spec().noc.flits.expect("it has flits");
    assert_eq!((flits.bytes.0, flits.virtual_channels, flits.buffer_flits), (16, 2, 8));
    assert_eq!(read(&machine.to_toml()).expect("its own file"), machine);
}

#[test]
fn a_machine_without_flits_does_not_speak_of_them() {
    assert!(!Machine::preset("tiny").expect("a preset").to_toml().contains("flits"));
}

#[test]
fn what_the_routers_cannot_do_is_refused_by_its_key() {
    for (keys, says) in [
        ("noc.flits.bytes = 0", "`noc.flits.bytes` is 0"),
        ("noc.flits.virtual_channels = 0", "`noc.flits.virtual_channels` is 0: a number from 1 to 12 works"),
        ("noc.flits.virtual_channels = 13", "`noc.flits.virtual_channels` is 13"),
        ("noc.flits.buffer_flits = 0", "`noc.flits.buffer_flits` is 0"),
        ("noc.flits.rounds_per_cycle = 5", "`noc.flits.rounds_per_cycle` is 5"),
        (
            "noc.packet_bytes = 1000",
            "`noc.packet_bytes` is 1000, not a multiple of flits of 16 bytes: 1008 is one",
        ),
        (
            "link.pe.bytes_per_cycle = \"16.5\"",
            "`link.pe.bytes_per_cycle` is 33/2, more than a flit of 16 bytes",
        ),
        ("noc.port_bytes_per_cycle = 17", "`noc.port_bytes_per_cycle` is 17"),
        ("link.pe.hop_cycles = 1", "`link.pe.hop_cycles` is 1: with [noc.flits] and 2 rounds a cycle, 2 to"),
        ("noc.eject_cycles = 0", "`noc.eject_cycles` is 0"),
        ("link.sip.hop_cycles = 65537", "`link.sip.hop_cycles` is 65537"),
        ("grid.pe = [4, 1]\nlink.pe.topology = \"torus\"\nnoc.flits.virtual_channels = 1", "is 1 on a torus"),
    ] {
        let flits = FLITS.replace('\n', " ").trim().to_owned();
        let mut table: toml::Table = format!("base = \"tiny\"{FLITS}").parse().expect(&flits);
        for line in keys.lines() {
            let (path, value) = line.split_once(" = ").expect("a key and a value");
            let mut at = &mut table;
            let (path, last) = path.rsplit_once('.').expect("a path");
            for key in path.split('.') {
                let inner = at.entry(key).or_insert_with(|| toml::Value::Table(toml::Table::new()));
                at = inner.as_table_mut().expect("a table");
            }
            let value: toml::Table = format!("v = {value}").parse().expect("a value");
            at.insert(last.to_owned(), value["v"].clone());
        }
        let error = read(&table.to_string()).expect_err(keys);
        assert!(error.contains(says), "{keys}: {error}");
    }
}
