//! A setting that nobody may read back: it is not shown by `config show`, not printed and not logged.

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;

const HIDDEN: &str = "(hidden)";

/// A password or key as it was configured.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// The text itself, for whoever presents it to another service.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(HIDDEN)
    }
}

impl Serialize for Secret {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(HIDDEN)
    }
}

impl<'de> Deserialize<'de> for Secret {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        // A number from the environment is text here; anything else is refused without repeating it.
        struct Text;
        impl serde::de::Visitor<'_> for Text {
            type Value = String;
            fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                out.write_str("a text")
            }
            fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<String, E> {
                Ok(text.to_owned())
            }
            fn visit_i64<E: serde::de::Error>(self, number: i64) -> Result<String, E> {
                Ok(number.to_string())
            }
        }
        deserializer.deserialize_any(Text).map(Self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, Serialize, Deserialize)]
    struct Section {
        password: Secret,
    }

    #[test]
    fn a_secret_is_read_and_never_shown() {
        let section: Section = toml::from_str("password = 'open sesame'").expect("parses");
        assert_eq!(section.password.reveal(), "open sesame");
        assert!(!format!("{section:?}").contains("sesame"));
        assert_eq!(toml::to_string(&section).expect("writes"), "password = \"(hidden)\"\n");
        let number: Section = toml::from_str("password = 12").expect("a number from the environment is text");
        assert_eq!(number.password.reveal(), "12");
    }
}
