//! What the program is told: flag before environment before file before default.
//!
//! Rule: everything is checked here, once, and by its name; what comes out needs no further check. The process's environment
//! is not read but asked for, so that tests bring their own.
//!
//! To add a setting: a flag in `command_line.rs`, a field in `layer.rs` with its environment variable, a field of [`Settings`].

mod command_line;
mod layer;
mod listen;
mod public_url;
#[cfg(test)]
mod tests;

use std::path::{Path, PathBuf};

use app::domain::SecretText;

pub use command_line::{Command, CommandLine, CommonFlags, DemoFlags, ServeFlags};
use layer::Given;
pub use layer::Layer;
pub use listen::Listen;
pub use public_url::PublicUrl;

/// The environment, as a function of a variable's name.
pub type Environment<'a> = &'a dyn Fn(&str) -> Option<String>;

/// The shortest bootstrap token that is taken.
const TOKEN_LENGTH: usize = 32;

/// Everything that can be set, checked.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Where to listen.
    pub listen: Listen,
    /// The folder of the database and the key.
    pub data_dir: PathBuf,
    /// Where browsers reach us, if that is not where we listen.
    pub public_url: Option<PublicUrl>,
    /// Writes to Entra a second and target; 0 for no limit.
    pub writes_per_second: f64,
    /// The value of an administrator's API token, for a start with an empty database.
    pub bootstrap_token: Option<SecretText>,
    /// The first administrator's password, for a start with an empty database.
    pub admin_password: Option<SecretText>,
}

/// Why the settings can't be used.
#[derive(Debug, thiserror::Error)]
pub enum SettingsError {
    /// A value is wrong.
    #[error("{name}: {reason}")]
    Value {
        /// The setting, as the one who gave it calls it: a flag, a variable or a name in the file.
        name: String,
        /// What is wrong.
        reason: String,
    },
    /// A file can't be read.
    #[error("{}: {source}", path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
}

impl SettingsError {
    fn value(name: impl Into<String>, reason: impl std::fmt::Display) -> Self {
        Self::Value {
            name: name.into(),
            reason: reason.to_string(),
        }
    }
}

impl Settings {
    /// Merges the flags with the environment, the file that either names, and the defaults.
    pub fn resolve(flags: &CommonFlags, environment: Environment) -> Result<Self, SettingsError> {
        let from_environment = Layer::from_environment(environment)?;
        let file = flags
            .config
            .clone()
            .or_else(|| layer::variable(environment, "LEASEHOLD_CONFIG").map(PathBuf::from));
        let from_file = file
            .map(|path| Layer::from_file(&path))
            .transpose()?
            .unwrap_or_default();
        Self::checked(Layer::from_flags(flags).or(from_environment).or(from_file))
    }

    fn checked(layer: Layer) -> Result<Self, SettingsError> {
        let Layer {
            listen,
            data_dir,
            public_url,
            writes_per_second,
            bootstrap_token,
            admin_password,
        } = layer;
        if let Some(token) = &bootstrap_token {
            let value = token.value.expose();
            if value.len() < TOKEN_LENGTH || !value.bytes().all(|byte| byte.is_ascii_graphic()) {
                let reason = format!("use at least {TOKEN_LENGTH} letters, digits and signs, without spaces");
                return Err(SettingsError::value(&token.name, reason));
            }
        }
        let rate = writes_per_second.map(|rate| {
            if rate.value.is_finite() && rate.value >= 0.0 {
                Ok(rate.value)
            } else {
                Err(SettingsError::value(
                    rate.name,
                    "give a number of writes a second, or 0 for no limit",
                ))
            }
        });
        Ok(Self {
            listen: listen.map_or_else(|| Ok(Listen::default()), Given::parsed)?,
            data_dir: data_dir.map_or_else(|| PathBuf::from("leasehold-data"), |given| given.value),
            public_url: public_url.map(Given::parsed).transpose()?,
            writes_per_second: rate.transpose()?.unwrap_or(18.0),
            bootstrap_token: bootstrap_token.map(|token| token.value),
            admin_password: admin_password.map(layer::PasswordSource::read).transpose()?,
        })
    }
}

fn read(path: &Path) -> Result<String, SettingsError> {
    std::fs::read_to_string(path).map_err(|source| SettingsError::File {
        path: path.to_owned(),
        source,
    })
}
