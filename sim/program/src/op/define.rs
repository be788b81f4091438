//! The macro behind the table of ops: from one row an op it makes the enums, and every function that goes by the row.

/// Makes [`Op`](super::Op) and its families. A row is
///
/// ```text
/// Variant "name in JSON" = code in the log [Cost class, Class] { field: Type as role, .. }
/// ```
///
/// A role says what the op does with a view: `read`, `write`, or `names` where it touches no bytes of it. Two fields
/// decide about others: `update` is a flag by which what is written is also read, and `fold` is a [`Reduction`]
/// (super::Reduction), which has views of its own. Where the fields in JSON are those of another type, `fields` names the
/// type and the module that reads and writes it. The cost class may depend on the fields, which it sees by reference.
macro_rules! ops {
    ($(
        $(#[doc = $about:literal])*
        $Family:ident($Type:ident $(: $Copy:ident)?) {$(
            $(#[doc = $doc:literal])*
            $(#[fields($Fields:literal, $with:literal)])?
            $Variant:ident $name:tt = $code:literal [$cost:ident $(($($of:tt)*))?, $class:ident] {$(
                $(#[$attribute:meta])*
                $field:ident: $ty:ty $(as $role:ident)?
            ),* $(,)?}
        )*}
    )*) => {
        /// One op of a rank's program, by family. In JSON it is an object with one key, the op's name.
        #[derive(Clone, PartialEq, Eq, ::serde::Serialize)]
        #[cfg_attr(feature = "schema", derive(::schemars::JsonSchema))]
        #[serde(untagged)]
        pub enum Op {$(
            $(#[doc = $about])*
            $Family($Type),
        )*}

        $(
            $(#[doc = $about])*
            #[derive(Clone, $($Copy,)? Debug, PartialEq, Eq, ::serde::Serialize, ::serde::Deserialize)]
            #[cfg_attr(feature = "schema", derive(::schemars::JsonSchema))]
            #[serde(deny_unknown_fields)]
            pub enum $Type {$(
                $(#[doc = $doc])*
                #[serde(rename = $name)]
                $(
                    #[serde(with = $with)]
                    #[cfg_attr(feature = "schema", schemars(with = $Fields))]
                )?
                $Variant { $($(#[$attribute])* $field: $ty,)* },
            )*}

            impl From<$Type> for Op {
                fn from(op: $Type) -> Op {
                    Op::$Family(op)
                }
            }
        )*

        impl ::std::fmt::Debug for Op {
            fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                match self {$(
                    Op::$Family(op) => op.fmt(f),
                )*}
            }
        }

        impl Op {
            /// The names of all ops.
            pub const NAMES: &'static [&'static str] = &[$($($name),*),*];

            /// One more than the largest code.
            pub const CODES: usize = {
                let (codes, mut at, mut end) = ([$($($code),*),*], 0, 0usize);
                while at < codes.len() {
                    end = if codes[at] < end { end } else { codes[at] + 1 };
                    at += 1;
                }
                end
            };

            /// The op's name, as in JSON.
            pub const fn name(&self) -> &'static str {
                match self {$($(
                    Op::$Family($Type::$Variant { .. }) => $name,
                )*)*}
            }

            /// The cost class of the op, and with it the unit that runs it.
            pub const fn cost_class(&self) -> $crate::op::CostClass {
                match self {$($(
                    Op::$Family($Type::$Variant { $($field),* }) => {
                        let _ = ($($field,)*);
                        $crate::op::CostClass::$cost $(($($of)*))?
                    }
                )*)*}
            }

            /// The ordering class of the op.
            pub const fn class(&self) -> $crate::op::Class {
                match self {$($(
                    Op::$Family($Type::$Variant { .. }) => $crate::op::Class::$class,
                )*)*}
            }

            /// Views that the op reads and writes.
            pub fn access(&self) -> $crate::op::Access<'_> {
                match self {$($(
                    Op::$Family($Type::$Variant { $($field),* }) => {
                        let _ = ($($field,)*);
                        let roles = $crate::op::access::Roles::default();
                        $($(let roles = roles.$role($field);)?)*
                        roles.access()
                    }
                )*)*}
            }

            /// Every view the op names, each field once and in the order of the fields; of a reduction its members
            /// first.
            pub fn views(&self) -> $crate::op::access::Views<'_> {
                match self {$($(
                    Op::$Family($Type::$Variant { $($field),* }) => {
                        let views = $crate::op::access::Views::default();
                        $(let views = $crate::op::field::Field::views($field, views);)*
                        views
                    }
                )*)*}
            }

            /// Visits what [`Op::views`] gives, in the same order, until one visit fails.
            pub(super) fn try_each_view<E>(
                &mut self,
                visit: &mut impl FnMut(&mut $crate::ViewId) -> Result<(), E>,
            ) -> Result<(), E> {
                match self {$($(
                    Op::$Family($Type::$Variant { $($field),* }) => {
                        $($crate::op::field::Field::try_each_view($field, visit)?;)*
                        Ok(())
                    }
                )*)*}
            }

            /// The messages that the op sends, receives or releases.
            pub fn messages(&self) -> &[$crate::Message] {
                match self {$($(
                    Op::$Family($Type::$Variant { $($field),* }) => {
                        let messages: &[$crate::Message] = &[];
                        $(let messages = $crate::op::field::Field::messages($field).unwrap_or(messages);)*
                        messages
                    }
                )*)*}
            }

            /// The ops of its rank that the op names by index: they must follow when those move.
            pub fn named_ops_mut(&mut self) -> &mut [$crate::OpIndex] {
                match self {$($(
                    Op::$Family($Type::$Variant { $($field),* }) => {
                        let ops: &mut [$crate::OpIndex] = &mut [];
                        $(let ops = $crate::op::field::Field::ops_mut($field).unwrap_or(ops);)*
                        ops
                    }
                )*)*}
            }

            /// The code of the op's row.
            pub(super) const fn row_code(&self) -> u8 {
                match self {$($(
                    Op::$Family($Type::$Variant { .. }) => $code,
                )*)*}
            }

            /// Appends what each field says in numbers, its views apart.
            pub(super) fn put_fields(&self, numbers: &mut Vec<u64>) {
                match self {$($(
                    Op::$Family($Type::$Variant { $($field),* }) => {
                        $($crate::op::field::Field::put($field, numbers);)*
                    }
                )*)*}
                let _ = numbers;
            }

            /// The op of a row, from what [`Op::put_fields`] appended; its views are still to come.
            pub(super) fn take_fields<E: From<$crate::op::NumberError>>(
                code: u8,
                next: &mut impl FnMut() -> Result<u64, E>,
            ) -> Result<Op, E> {
                Ok(match code {
                    $($(
                        $code => {
                            $(let $field = $crate::op::field::Field::take(next)?;)*
                            Op::$Family($Type::$Variant { $($field),* })
                        }
                    )*)*
                    _ => return Err($crate::op::NumberError::NoOp(code).into()),
                })
            }
        }

        impl<'de> ::serde::Deserialize<'de> for Op {
            fn deserialize<D: ::serde::Deserializer<'de>>(deserializer: D) -> Result<Op, D::Error> {
                deserializer.deserialize_enum("Op", Op::NAMES, $crate::op::json::OpVisitor)
            }
        }

        impl Op {
            /// Reads an op whose name is already read.
            pub(super) fn named<'de, A: ::serde::de::VariantAccess<'de>>(
                name: &'static str,
                fields: A,
            ) -> Result<Op, A::Error> {
                let op = $crate::op::json::of_name(name, fields);
                match name {
                    $($($name)|* => ::serde::Deserialize::deserialize(op).map(Op::$Family),)*
                    _ => unreachable!("the name is one of the ops"),
                }
            }
        }
    };
}

pub(crate) use ops;
