//! Maps whose keys are given once: which of two values is meant, a reader cannot know.

use std::collections::BTreeMap;
use std::fmt;

use serde::Deserializer;
use serde::de::{Error, MapAccess, Visitor};

pub(crate) fn keys<'de, D: Deserializer<'de>>(from: D) -> Result<BTreeMap<String, String>, D::Error> {
    from.deserialize_map(Keys)
}

struct Keys;

impl<'de> Visitor<'de> for Keys {
    type Value = BTreeMap<String, String>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a map")
    }
    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut keys = BTreeMap::new();
        while let Some((key, value)) = map.next_entry::<String, String>()? {
            if keys.contains_key(&key) {
                return Err(A::Error::custom(format!("the key `{key}` is given twice: give it once")));
            }
            keys.insert(key, value);
        }
        Ok(keys)
    }
}
