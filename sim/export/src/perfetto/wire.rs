//! The little of protobuf's encoding that a trace needs: whole numbers, texts, and messages inside messages.

use oplog::varint;

/// A message under construction: its fields in the order in which they were added.
#[derive(Clone, Debug, Default)]
pub struct Message {
    bytes: Vec<u8>,
}

const VARINT: u32 = 0;
const FIXED64: u32 = 1;
const DELIMITED: u32 = 2;

impl Message {
    pub fn whole(&mut self, field: u32, value: u64) {
        self.key(field, VARINT);
        varint::put(&mut self.bytes, value);
    }
    pub fn fixed(&mut self, field: u32, value: u64) {
        self.key(field, FIXED64);
        self.bytes.extend(value.to_le_bytes());
    }
    pub fn text(&mut self, field: u32, text: &str) {
        self.delimited(field, text.as_bytes());
    }
    pub fn message(&mut self, field: u32, message: &Message) {
        self.delimited(field, &message.bytes);
    }
    pub fn clear(&mut self) {
        self.bytes.clear();
    }
    pub fn extend(&mut self, other: &Message) {
        self.bytes.extend(&other.bytes);
    }
    pub fn into_bytes(self) -> Vec<u8> {
        self.bytes
    }

    fn delimited(&mut self, field: u32, contents: &[u8]) {
        self.key(field, DELIMITED);
        varint::put(&mut self.bytes, contents.len() as u64);
        self.bytes.extend(contents);
    }
    fn key(&mut self, field: u32, kind: u32) {
        varint::put(&mut self.bytes, u64::from(field << 3 | kind));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The examples of protobuf's own description of its encoding.
    #[test]
    fn fields_are_encoded_as_protobuf_describes() {
        let mut inner = Message::default();
        inner.whole(1, 150);
        let mut text = Message::default();
        text.text(2, "testing");
        let mut outer = Message::default();
        outer.message(3, &inner);
        let mut fixed = Message::default();
        fixed.fixed(47, 1);
        for (message, bytes) in [
            (inner, &b"\x08\x96\x01"[..]),
            (text, b"\x12\x07testing"),
            (outer, b"\x1a\x03\x08\x96\x01"),
            (fixed, b"\xf9\x02\x01\0\0\0\0\0\0\0"),
        ] {
            assert_eq!(message.into_bytes(), bytes);
        }
    }

    #[test]
    fn the_largest_number_takes_ten_bytes() {
        let mut message = Message::default();
        message.whole(1, u64::MAX);
        assert_eq!(message.into_bytes(), [8, 255, 255, 255, 255, 255, 255, 255, 255, 255, 1]);
    }
}
