//! Ids are types that print with their prefix, so that `pe3` is never mistaken for `link3`.

use std::fmt;

/// Defines a dense id: a newtype over `u32` that prints as its prefix and number.
#[macro_export]
macro_rules! id {
    ($(#[$doc:meta])* $name:ident, $prefix:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub u32);

        impl $name {
            /// The position in the owner's table.
            pub const fn index(self) -> usize {
                self.0 as usize
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                write!(f, concat!($prefix, "{}"), self.0)
            }
        }

        $crate::id_schema!($name);
    };
}

/// The JSON Schema of an id: a number. Nothing without the feature `schema`.
#[doc(hidden)]
#[macro_export]
#[cfg(not(feature = "schema"))]
macro_rules! id_schema {
    ($name:ident) => {};
}

id!(
    /// A processing element: `y × width + x` on the global grid.
    PeId,
    "pe"
);

/// A directed link of the mesh that leaves a router: four a router, whether or not the edge of the mesh
/// lets it exist.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LinkId(pub u32);

impl LinkId {
    pub const fn index(self) -> usize {
        self.0 as usize
    }
}

impl fmt::Display for LinkId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "link{}", self.0)
    }
}
