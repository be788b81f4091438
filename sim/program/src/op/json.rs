//! Ops in JSON: an object with one key, the name of the op. The name alone says which family reads the fields.

use std::fmt;

use serde::de::value::{EnumAccessDeserializer, StrDeserializer};
use serde::de::{DeserializeSeed, EnumAccess, Error, IntoDeserializer, VariantAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::Op;

pub(super) struct OpVisitor;

impl<'de> Visitor<'de> for OpVisitor {
    type Value = Op;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an op")
    }
    fn visit_enum<A: EnumAccess<'de>>(self, op: A) -> Result<Op, A::Error> {
        let (Name(name), fields) = op.variant()?;
        Op::named(name, fields)
    }
}

/// One of [`Op::NAMES`].
struct Name(&'static str);

impl<'de> Deserialize<'de> for Name {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Name, D::Error> {
        struct NameVisitor;
        impl Visitor<'_> for NameVisitor {
            type Value = Name;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("the name of an op")
            }
            fn visit_str<E: Error>(self, text: &str) -> Result<Name, E> {
                let name = Op::NAMES.iter().find(|&&name| name == text);
                name.map(|name| Name(name)).ok_or_else(|| E::unknown_variant(text, Op::NAMES))
            }
        }
        deserializer.deserialize_identifier(NameVisitor)
    }
}

/// An op whose name is read, as its family reads it.
pub(super) fn of_name<F>(name: &'static str, fields: F) -> EnumAccessDeserializer<Named<F>> {
    EnumAccessDeserializer::new(Named { name, fields })
}

pub(super) struct Named<F> {
    name: &'static str,
    fields: F,
}

impl<'de, F: VariantAccess<'de>> EnumAccess<'de> for Named<F> {
    type Error = F::Error;
    type Variant = F;

    fn variant_seed<V: DeserializeSeed<'de>>(self, seed: V) -> Result<(V::Value, F), F::Error> {
        let name: StrDeserializer<'_, F::Error> = self.name.into_deserializer();
        Ok((seed.deserialize(name)?, self.fields))
    }
}

/// What the verifier fills in is not there before.
pub(super) fn is_zero(number: &u32) -> bool {
    *number == 0
}

/// The fields of a boxed type are those of its op.
pub(super) mod boxed {
    use super::{Deserialize, Deserializer, Serialize, Serializer};

    pub fn serialize<T: Serialize, S: Serializer>(fields: &T, serializer: S) -> Result<S::Ok, S::Error> {
        fields.serialize(serializer)
    }
    pub fn deserialize<'de, T: Deserialize<'de>, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Box<T>, D::Error> {
        Box::deserialize(deserializer)
    }
}
