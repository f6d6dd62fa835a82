//! Identifiers of our own rows: a prefix that says what it is, then 32 hexadecimal digits (a UUID version 7).
//!
//! They name things and are never proof of anything: no call is allowed because its caller knows an id.

use serde::{Deserialize, Serialize};

use super::{Invalid, text_newtype};

macro_rules! id {
    ($(#[$doc:meta])* $name:ident, $prefix:literal) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(String);

        text_newtype!($name);

        impl $name {
            /// What every id of this type begins with.
            pub const PREFIX: &str = $prefix;

            /// The id made of these 128 bits.
            pub fn from_bits(bits: u128) -> Self {
                Self(format!(concat!($prefix, "{:032x}"), bits))
            }

            /// Reads an id. Refused: another prefix, or anything but 32 lower-case hexadecimal digits after it.
            pub fn parse(text: &str) -> Result<Self, Invalid> {
                let is_digit = |c: char| c.is_ascii_digit() || ('a'..='f').contains(&c);
                match text.strip_prefix($prefix) {
                    Some(rest) if rest.len() == 32 && rest.chars().all(is_digit) => Ok(Self(text.to_owned())),
                    Some(_) | None => Err(Invalid::new(concat!(
                        "this is not such an id: expected \"", $prefix, "\" and 32 hexadecimal digits"
                    ))),
                }
            }
        }
    };
}

id!(
    /// A lease: `lse_…`.
    LeaseId,
    "lse_"
);
id!(
    /// A dynamic secret: `sec_…`.
    SecretId,
    "sec_"
);
id!(
    /// A target: `tgt_…`.
    TargetId,
    "tgt_"
);
