//! Enums whose values have names and codes.

/// Makes an enum of which each value has a name, in JSON and in text, and a code, in logs and shaders: its place in
/// `ALL`. Codes are part of the file format: append, never reorder.
macro_rules! named {
    ($(
        $(#[$about:meta])*
        $Enum:ident {$(
            $(#[$doc:meta])*
            $Variant:ident $name:tt
        ),* $(,)?}
    )*) => {$(
        $(#[$about])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[derive(::serde::Serialize, ::serde::Deserialize)]
        #[cfg_attr(feature = "schema", derive(::schemars::JsonSchema))]
        pub enum $Enum {$(
            $(#[$doc])*
            #[serde(rename = $name)]
            $Variant,
        )*}

        impl $Enum {
            /// All, in the order of their codes.
            pub const ALL: [$Enum; [$($name),*].len()] = [$($Enum::$Variant),*];

            pub const fn name(self) -> &'static str {
                match self {$(
                    $Enum::$Variant => $name,
                )*}
            }
            pub const fn code(self) -> u8 {
                self as u8
            }
            /// # Errors
            /// When the code is that of none.
            pub fn of_code(code: u64) -> Result<$Enum, $crate::op::NumberError> {
                $crate::op::field::one_of(&$Enum::ALL, code)
            }
        }

        impl $crate::op::field::Field for $Enum {
            fn put(&self, numbers: &mut Vec<u64>) {
                numbers.push(u64::from(self.code()));
            }
            fn take<E: From<$crate::op::NumberError>>(
                next: &mut impl FnMut() -> Result<u64, E>,
            ) -> Result<$Enum, E> {
                Ok($Enum::of_code(next()?)?)
            }
        }
    )*};
}

pub(crate) use named;
