//! One source of settings: the flags, the environment or the file. A value remembers the name under which it was given, for
//! the error that may follow.

use std::path::{Path, PathBuf};

use app::domain::SecretText;
use serde::Deserialize;

use super::{CommonFlags, Environment, SettingsError, read};

/// A value and the name under which it was given.
#[derive(Debug, Clone, PartialEq)]
pub struct Given<T> {
    /// A flag, a variable, or a name in the file.
    pub name: String,
    /// The value.
    pub value: T,
}

impl Given<String> {
    /// The value as what it means.
    pub fn parsed<T: std::str::FromStr<Err = String>>(self) -> Result<T, SettingsError> {
        self.value
            .parse()
            .map_err(|reason: String| SettingsError::value(self.name, reason))
    }
}

/// Where the first administrator's password stands.
#[derive(Debug, Clone, PartialEq)]
pub enum PasswordSource {
    /// It was given.
    Text(SecretText),
    /// In a file, whose last line break does not count.
    File(PathBuf),
}

impl PasswordSource {
    /// The password.
    pub fn read(self) -> Result<SecretText, SettingsError> {
        match self {
            Self::Text(text) => Ok(text),
            Self::File(path) => {
                let text = read(&path)?;
                let password = text.trim_end_matches(['\r', '\n']);
                if password.is_empty() {
                    return Err(SettingsError::value(
                        path.display().to_string(),
                        "the file holds no password",
                    ));
                }
                Ok(SecretText::new(password))
            }
        }
    }
}

/// What one source says.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Layer {
    /// Where to listen.
    pub listen: Option<Given<String>>,
    /// The folder of the database and the key.
    pub data_dir: Option<Given<PathBuf>>,
    /// Where browsers reach us.
    pub public_url: Option<Given<String>>,
    /// Writes to Entra a second and target.
    pub writes_per_second: Option<Given<f64>>,
    /// The bootstrap token.
    pub bootstrap_token: Option<Given<SecretText>>,
    /// The first administrator's password.
    pub admin_password: Option<PasswordSource>,
}

/// The file, as it is written.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Written {
    listen: Option<String>,
    data_dir: Option<PathBuf>,
    public_url: Option<String>,
    writes_per_second: Option<f64>,
    bootstrap_token: Option<SecretText>,
    admin_password: Option<SecretText>,
    admin_password_file: Option<PathBuf>,
}

/// A variable that is set to something.
pub(super) fn variable(environment: Environment, name: &str) -> Option<String> {
    environment(name).filter(|value| !value.is_empty())
}

fn given<T>(name: &str, value: Option<T>) -> Option<Given<T>> {
    value.map(|value| Given {
        name: name.to_owned(),
        value,
    })
}

impl Layer {
    /// What the flags say.
    pub fn from_flags(flags: &CommonFlags) -> Self {
        Self {
            listen: given("--listen", flags.listen.clone()),
            data_dir: given("--data-dir", flags.data_dir.clone()),
            public_url: given("--public-url", flags.public_url.clone()),
            writes_per_second: given("--writes-per-second", flags.writes_per_second),
            bootstrap_token: None,
            admin_password: flags.admin_password_file.clone().map(PasswordSource::File),
        }
    }

    /// What the environment says.
    pub fn from_environment(environment: Environment) -> Result<Self, SettingsError> {
        let text = |name: &str| given(name, variable(environment, name));
        let secret = |name: &str| variable(environment, name).map(SecretText::new);
        let rate = text("LEASEHOLD_WRITES_PER_SECOND").map(|Given { name, value }| {
            let number = value.parse();
            let number =
                number.map_err(|_| SettingsError::value(&name, format!("{value:?} is not a number")))?;
            Ok(Given { name, value: number })
        });
        Ok(Self {
            listen: text("LEASEHOLD_LISTEN"),
            data_dir: text("LEASEHOLD_DATA_DIR").map(|Given { name, value }| Given {
                name,
                value: PathBuf::from(value),
            }),
            public_url: text("LEASEHOLD_PUBLIC_URL"),
            writes_per_second: rate.transpose()?,
            bootstrap_token: given("LEASEHOLD_BOOTSTRAP_TOKEN", secret("LEASEHOLD_BOOTSTRAP_TOKEN")),
            admin_password: secret("LEASEHOLD_ADMIN_PASSWORD").map(PasswordSource::Text),
        })
    }

    /// What a file says.
    pub fn from_file(path: &Path) -> Result<Self, SettingsError> {
        let text = read(path)?;
        let file: Written = toml::from_str(&text).map_err(|error| {
            // The error's own text would show the line, which may hold a password.
            let line = error
                .span()
                .map_or(1, |span| text[..span.start].matches('\n').count() + 1);
            SettingsError::value(format!("{} line {line}", path.display()), error.message())
        })?;
        let name = |name: &str| format!("{name} in {}", path.display());
        if file.admin_password.is_some() && file.admin_password_file.is_some() {
            return Err(SettingsError::value(
                name("admin_password_file"),
                "admin_password is given too: give one of them",
            ));
        }
        Ok(Self {
            listen: given(&name("listen"), file.listen),
            data_dir: given(&name("data_dir"), file.data_dir),
            public_url: given(&name("public_url"), file.public_url),
            writes_per_second: given(&name("writes_per_second"), file.writes_per_second),
            bootstrap_token: given(&name("bootstrap_token"), file.bootstrap_token),
            admin_password: file
                .admin_password
                .map(PasswordSource::Text)
                .or(file.admin_password_file.map(PasswordSource::File)),
        })
    }

    /// This source's word, and where it has none the other's.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        Self {
            listen: self.listen.or(other.listen),
            data_dir: self.data_dir.or(other.data_dir),
            public_url: self.public_url.or(other.public_url),
            writes_per_second: self.writes_per_second.or(other.writes_per_second),
            bootstrap_token: self.bootstrap_token.or(other.bootstrap_token),
            admin_password: self.admin_password.or(other.admin_password),
        }
    }
}
