//! Seals of damaged files, made right again.

/// Kind, length and sum of a section.
const HEAD: usize = 17;
/// Mark and version.
const MARK: usize = 12;
const FOOTER: u8 = 0xff;

/// A sealed file with the sums of its sections and a footer that fit.
pub fn sections(mut file: Vec<u8>) -> Vec<u8> {
    let mut at = MARK;
    while file.get(at).is_some_and(|&kind| kind != FOOTER) && at + HEAD <= file.len() {
        let length: [u8; 8] = file[at + 1..at + 9].try_into().expect("8 bytes");
        let left = (file.len() - at - HEAD) as u64;
        // What is longer than the file ends with it.
        let length = u64::from_le_bytes(length).min(left);
        file[at + 1..at + 9].copy_from_slice(&length.to_le_bytes());
        let end = at + HEAD + length as usize;
        let sum = sum(&file[at + HEAD..end]);
        file[at + 9..at + HEAD].copy_from_slice(&sum.to_le_bytes());
        at = end;
    }
    let count = file.get(at + 1..at + 9).and_then(|count| count.try_into().ok()).unwrap_or([0; 8]);
    file.truncate(at);
    file.push(FOOTER);
    file.extend(count);
    let hash = blake3::hash(&file);
    file.extend(hash.as_bytes());
    file
}

/// JSON lines with a footer that fits.
pub fn lines(file: Vec<u8>) -> Vec<u8> {
    let text = file.strip_suffix(b"\n").unwrap_or(&file);
    let body_end = text.iter().rposition(|&byte| byte == b'\n').map_or(0, |at| at + 1);
    let (body, footer) = (&file[..body_end], String::from_utf8_lossy(&file[body_end..]).into_owned());
    let count: String =
        footer.trim_start_matches("{\"count\":").chars().take_while(char::is_ascii_digit).collect();
    let count = count.parse::<u64>().unwrap_or_default();
    let digits = body.split_inclusive(|&byte| byte == b'\n').map(|line| format!("{:04x}", sum(line) >> 48));
    let (digits, hash) = (digits.collect::<String>(), blake3::hash(body).to_hex());
    let footer = format!("{{\"count\":{count},\"lines\":\"{digits}\",\"blake3\":\"{hash}\"}}\n");
    [body, footer.as_bytes()].concat()
}

/// As `sim/oplog/src/seal.rs` has it.
fn sum(bytes: &[u8]) -> u64 {
    const ODD: u64 = 0x9e37_79b9_7f4a_7c15;
    let mix = |sum: u64, word: u64| (sum ^ word).wrapping_mul(ODD).rotate_left(29);
    let mut lanes = [1u64, 2, 3, 4];
    let (blocks, rest) = bytes.as_chunks::<32>();
    for block in blocks {
        for (lane, word) in lanes.iter_mut().zip(block.as_chunks::<8>().0) {
            *lane = mix(*lane, u64::from_le_bytes(*word));
        }
    }
    let lanes = lanes.into_iter().fold(bytes.len() as u64, mix);
    rest.iter().fold(lanes, |sum, &byte| mix(sum, u64::from(byte)))
}
