use super::*;

const TEST: Mark = Mark { bytes: *b"testmark", version: 3, what: "a test" };

fn name(position: usize, kind: u8) -> String {
    format!("{position}/{kind}")
}

#[test]
fn sections_come_back_in_order() {
    let mut file = Sealing::new(&TEST, 0);
    file.section(5, |out| out.extend(b"hello"));
    file.section(1, |_| {});
    let bytes = file.finish(9);
    let (sections, count) = open(&bytes, &TEST, name).expect("whole");
    let found: Vec<(u8, &[u8], usize)> = sections.iter().map(|s| (s.kind, s.payload, s.offset)).collect();
    assert_eq!(found, [(5, &b"hello"[..], 29), (1, &b""[..], 51)]);
    assert_eq!(count, 9);
}

#[test]
fn a_sum_changes_with_every_bit_and_every_move() {
    let bytes: Vec<u8> = (0..150).map(|n| n as u8 ^ 0x5a).collect();
    let whole = sum(&bytes);
    for at in 0..bytes.len() {
        for bit in 0..8 {
            let mut other = bytes.clone();
            other[at] ^= 1 << bit;
            assert_ne!(sum(&other), whole, "byte {at} bit {bit}");
        }
        assert_ne!(sum(&bytes[..at]), whole, "cut at {at}");
    }
    let moved = [&bytes[32..64], &bytes[..32], &bytes[64..]].concat();
    assert_ne!(sum(&moved), whole);
}
