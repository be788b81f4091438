//! Errors of derived `Deserialize` code, as values. The errors of file formats have them only as English.

use std::cell::Cell;
use std::fmt;

use serde::de::{
    Deserialize, DeserializeSeed, Deserializer, EnumAccess, Error, IgnoredAny, MapAccess, SeqAccess,
    VariantAccess, Visitor,
};

/// A word of a file that is not as it must be, with the words that are known in its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    Missing(&'static str),
    UnknownKey(String, &'static [&'static str]),
    UnknownValue(String, &'static [&'static str]),
}

/// Reads a value.
///
/// # Errors
/// The deserializer's own error, which knows the place, and the fault where derived code has raised it.
pub fn read<'de, T: Deserialize<'de>, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<T, (D::Error, Option<Fault>)> {
    let fault = Cell::new(None);
    let watched = Watched { inner: deserializer, fault: &fault };
    T::deserialize(watched).map_err(|raised| (raised.error, raised.fault.or_else(|| fault.take())))
}

/// A part of serde's machinery whose errors on the side of derived code are [`Raised`].
struct Watched<'f, T> {
    inner: T,
    fault: &'f Cell<Option<Fault>>,
}

/// An error of the inner deserializer, and the fault if it was just raised.
#[derive(Debug)]
struct Raised<E> {
    error: E,
    fault: Option<Fault>,
}

impl<E> From<E> for Raised<E> {
    fn from(error: E) -> Raised<E> {
        Raised { error, fault: None }
    }
}

impl<E: fmt::Display> fmt::Display for Raised<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.error.fmt(f)
    }
}

impl<E: Error> std::error::Error for Raised<E> {}

impl<E: Error> Error for Raised<E> {
    fn custom<M: fmt::Display>(message: M) -> Raised<E> {
        E::custom(message).into()
    }
    fn missing_field(key: &'static str) -> Raised<E> {
        Raised { error: E::missing_field(key), fault: Some(Fault::Missing(key)) }
    }
    fn unknown_field(word: &str, known: &'static [&'static str]) -> Raised<E> {
        Raised {
            error: E::unknown_field(word, known),
            fault: Some(Fault::UnknownKey(word.to_owned(), known)),
        }
    }
    fn unknown_variant(word: &str, known: &'static [&'static str]) -> Raised<E> {
        let fault = Some(Fault::UnknownValue(word.to_owned(), known));
        Raised { error: E::unknown_variant(word, known), fault }
    }
}

impl<'f, T> Watched<'f, T> {
    fn around<U>(&self, inner: U) -> Watched<'f, U> {
        Watched { inner, fault: self.fault }
    }
}

/// The inner error; its fault is kept aside while it passes through the inner deserializer.
fn keep<E>(fault: &Cell<Option<Fault>>, raised: Raised<E>) -> E {
    if raised.fault.is_some() {
        fault.set(raised.fault);
    }
    raised.error
}

macro_rules! deserialize {
    ($($method:ident($($argument:ident: $type:ty),*);)*) => {$(
        fn $method<V: Visitor<'de>>(self, $($argument: $type,)* visitor: V) -> Result<V::Value, Self::Error> {
            let visitor = self.around(visitor);
            Ok(self.inner.$method($($argument,)* visitor)?)
        }
    )*};
}

impl<'de, D: Deserializer<'de>> Deserializer<'de> for Watched<'_, D> {
    type Error = Raised<D::Error>;
    deserialize! {
        deserialize_any();
        deserialize_bool();
        deserialize_i8();
        deserialize_i16();
        deserialize_i32();
        deserialize_i64();
        deserialize_u8();
        deserialize_u16();
        deserialize_u32();
        deserialize_u64();
        deserialize_f32();
        deserialize_f64();
        deserialize_char();
        deserialize_str();
        deserialize_string();
        deserialize_bytes();
        deserialize_byte_buf();
        deserialize_option();
        deserialize_unit();
        deserialize_unit_struct(name: &'static str);
        deserialize_newtype_struct(name: &'static str);
        deserialize_seq();
        deserialize_tuple(len: usize);
        deserialize_tuple_struct(name: &'static str, len: usize);
        deserialize_map();
        deserialize_enum(name: &'static str, variants: &'static [&'static str]);
        deserialize_identifier();
        deserialize_ignored_any();
    }
    fn deserialize_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Self::Error> {
        let visitor = Keys(self.around(visitor));
        Ok(self.inner.deserialize_struct(name, fields, visitor)?)
    }
}

/// A visitor that takes keys with values, and no list of values alone.
struct Keys<'f, V>(Watched<'f, V>);

impl<'de, V: Visitor<'de>> Visitor<'de> for Keys<'_, V> {
    type Value = V::Value;
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a table")
    }
    fn visit_map<A: MapAccess<'de>>(self, access: A) -> Result<V::Value, A::Error> {
        self.0.visit_map(access)
    }
}

macro_rules! visit {
    ($($method:ident($($argument:ident: $type:ty)?);)*) => {$(
        fn $method<E: Error>(self, $($argument: $type)?) -> Result<V::Value, E> {
            self.inner.$method($($argument)?).map_err(|raised| keep(self.fault, raised))
        }
    )*};
}

impl<'de, V: Visitor<'de>> Visitor<'de> for Watched<'_, V> {
    type Value = V::Value;
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.inner.expecting(f)
    }
    visit! {
        visit_bool(value: bool);
        visit_i64(value: i64);
        visit_u64(value: u64);
        visit_f64(value: f64);
        visit_str(value: &str);
        visit_borrowed_str(value: &'de str);
        visit_string(value: String);
        visit_none();
        visit_unit();
    }
    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<V::Value, D::Error> {
        let deserializer = self.around(deserializer);
        self.inner.visit_some(deserializer).map_err(|raised| keep(self.fault, raised))
    }
    fn visit_newtype_struct<D: Deserializer<'de>>(self, deserializer: D) -> Result<V::Value, D::Error> {
        let deserializer = self.around(deserializer);
        self.inner.visit_newtype_struct(deserializer).map_err(|raised| keep(self.fault, raised))
    }
    /// What the visitor leaves of a list is refused: not every format does that.
    fn visit_seq<A: SeqAccess<'de>>(self, mut access: A) -> Result<V::Value, A::Error> {
        let whole = self.around(&mut access);
        let value = self.inner.visit_seq(whole).map_err(|raised| keep(self.fault, raised))?;
        let mut left = 0;
        while access.next_element::<IgnoredAny>()?.is_some() {
            left += 1;
        }
        match left {
            0 => Ok(value),
            1 => Err(A::Error::custom("the list has an element too many: leave the last out")),
            n => Err(A::Error::custom(format!("the list has {n} elements too many: leave the last {n} out"))),
        }
    }
    fn visit_map<A: MapAccess<'de>>(self, access: A) -> Result<V::Value, A::Error> {
        let access = self.around(access);
        self.inner.visit_map(access).map_err(|raised| keep(self.fault, raised))
    }
    fn visit_enum<A: EnumAccess<'de>>(self, access: A) -> Result<V::Value, A::Error> {
        let access = self.around(access);
        self.inner.visit_enum(access).map_err(|raised| keep(self.fault, raised))
    }
}

impl<'de, S: DeserializeSeed<'de>> DeserializeSeed<'de> for Watched<'_, S> {
    type Value = S::Value;
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<S::Value, D::Error> {
        let deserializer = self.around(deserializer);
        self.inner.deserialize(deserializer).map_err(|raised| keep(self.fault, raised))
    }
}

impl<'de, A: SeqAccess<'de>> SeqAccess<'de> for Watched<'_, A> {
    type Error = Raised<A::Error>;
    fn next_element_seed<S: DeserializeSeed<'de>>(
        &mut self,
        seed: S,
    ) -> Result<Option<S::Value>, Self::Error> {
        let seed = self.around(seed);
        Ok(self.inner.next_element_seed(seed)?)
    }
}

impl<'de, A: MapAccess<'de>> MapAccess<'de> for Watched<'_, A> {
    type Error = Raised<A::Error>;
    fn next_key_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<Option<S::Value>, Self::Error> {
        let seed = self.around(seed);
        Ok(self.inner.next_key_seed(seed)?)
    }
    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value, Self::Error> {
        let seed = self.around(seed);
        Ok(self.inner.next_value_seed(seed)?)
    }
}

impl<'de, 'f, A: EnumAccess<'de>> EnumAccess<'de> for Watched<'f, A> {
    type Error = Raised<A::Error>;
    type Variant = Watched<'f, A::Variant>;
    fn variant_seed<S: DeserializeSeed<'de>>(
        self,
        seed: S,
    ) -> Result<(S::Value, Self::Variant), Self::Error> {
        let seed = self.around(seed);
        let fault = self.fault;
        let (value, inner) = self.inner.variant_seed(seed)?;
        Ok((value, Watched { inner, fault }))
    }
}

impl<'de, A: VariantAccess<'de>> VariantAccess<'de> for Watched<'_, A> {
    type Error = Raised<A::Error>;
    fn unit_variant(self) -> Result<(), Self::Error> {
        Ok(self.inner.unit_variant()?)
    }
    fn newtype_variant_seed<S: DeserializeSeed<'de>>(self, seed: S) -> Result<S::Value, Self::Error> {
        let seed = self.around(seed);
        Ok(self.inner.newtype_variant_seed(seed)?)
    }
    fn tuple_variant<V: Visitor<'de>>(self, len: usize, visitor: V) -> Result<V::Value, Self::Error> {
        let visitor = self.around(visitor);
        Ok(self.inner.tuple_variant(len, visitor)?)
    }
    fn struct_variant<V: Visitor<'de>>(
        self,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Self::Error> {
        let visitor = self.around(visitor);
        Ok(self.inner.struct_variant(fields, visitor)?)
    }
}
