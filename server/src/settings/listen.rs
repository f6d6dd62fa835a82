//! Where to listen.

use std::fmt;
use std::str::FromStr;

/// A host and a port, as in `127.0.0.1:3000`, `[::1]:3000` or `localhost:0`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listen(String);

impl Listen {
    /// As the operating system's resolver takes it.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Default for Listen {
    fn default() -> Self {
        Self("127.0.0.1:3000".to_owned())
    }
}

impl fmt::Display for Listen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for Listen {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let parts = text
            .rsplit_once(':')
            .filter(|(host, port)| !host.is_empty() && port.parse::<u16>().is_ok());
        match parts {
            Some(_) => Ok(Self(text.to_owned())),
            None => Err(format!(
                "{text:?} is not an address and a port, as in 127.0.0.1:3000"
            )),
        }
    }
}
