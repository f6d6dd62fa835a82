//! Targets: a tenant and how we sign in to it.
//!
//! To add a way to sign in: a variant of [`TargetAuth`] (what is given) and of [`TargetSignIn`] (what may be shown), then
//! `backend/graph/token.rs`.

use serde::{Deserialize, Serialize};

use super::{Invalid, SecretText, TargetId, Timestamp, text_newtype};

/// A target's name: 1 to 64 letters, digits, `-`, `_` and `.`, beginning with a letter or digit.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct TargetName(String);

text_newtype!(TargetName);

impl TargetName {
    /// Reads a name.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
        let starts_well = text.starts_with(|c: char| c.is_ascii_alphanumeric());
        if starts_well && text.len() <= 64 && text.chars().all(allowed) {
            return Ok(Self(text.to_owned()));
        }
        Err(Invalid::new(
            "use 1 to 64 letters, digits, \"-\", \"_\" and \".\", beginning with a letter or digit",
        ))
    }
}

/// A tenant: its id (a GUID) or one of its verified domain names, in lower case.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct TenantId(String);

text_newtype!(TenantId);

impl TenantId {
    /// Reads a tenant's id or domain name.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '.');
        if !text.is_empty() && text.len() <= 255 && text.chars().all(allowed) {
            return Ok(Self(text.to_ascii_lowercase()));
        }
        Err(Invalid::new(
            "give the tenant's id, as in 5f1c…-…, or one of its domains, as in contoso.com",
        ))
    }
}

/// Which Microsoft cloud the tenant lives in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Cloud {
    /// The global one.
    Public,
    /// US Government (GCC High).
    UsGov,
    /// US Government, Department of Defense.
    UsGovDod,
    /// Operated by 21Vianet.
    China,
    /// Addresses of one's own: a proxy, or an emulator.
    Custom(CustomCloud),
}

/// The addresses of a custom cloud: bases, without `/v1.0`. `http` is for loopback only.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CustomCloud {
    /// The token endpoint's base.
    pub authority: String,
    /// Microsoft Graph's base.
    pub graph: String,
    /// Azure Resource Manager's base, where there is one.
    pub arm: Option<String>,
}

impl Cloud {
    /// The base of the token endpoint, without a slash at its end (Microsoft: National cloud deployments).
    pub fn authority(&self) -> &str {
        match self {
            Self::Public => "https://login.microsoftonline.com",
            Self::UsGov | Self::UsGovDod => "https://login.microsoftonline.us",
            Self::China => "https://login.chinacloudapi.cn",
            Self::Custom(custom) => custom.authority.trim_end_matches('/'),
        }
    }

    /// The base of Microsoft Graph, without `/v1.0` and without a slash at its end (same source).
    pub fn graph(&self) -> &str {
        match self {
            Self::Public => "https://graph.microsoft.com",
            Self::UsGov => "https://graph.microsoft.us",
            Self::UsGovDod => "https://dod-graph.microsoft.us",
            Self::China => "https://microsoftgraph.chinacloudapi.cn",
            Self::Custom(custom) => custom.graph.trim_end_matches('/'),
        }
    }

    /// Where people of this cloud sign in with a browser (same source).
    pub fn portal(&self) -> &'static str {
        match self {
            Self::Public | Self::Custom(_) => "https://portal.azure.com",
            Self::UsGov | Self::UsGovDod => "https://portal.azure.us",
            Self::China => "https://portal.azure.cn",
        }
    }

    /// What people call it.
    pub fn label(&self) -> &'static str {
        match self {
            Self::Public => "Public",
            Self::UsGov => "US Government",
            Self::UsGovDod => "US Government (DoD)",
            Self::China => "China (21Vianet)",
            Self::Custom(_) => "Custom",
        }
    }
}

/// How to sign in, as somebody gives it: with the credential.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TargetAuth {
    /// An application and its client secret.
    ClientSecret {
        /// The application (client) id.
        client_id: String,
        /// The secret's value (not its id).
        client_secret: SecretText,
    },
}

/// How a target signs in, as anybody may see it: without the credential.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TargetSignIn {
    /// An application and its client secret.
    ClientSecret {
        /// The application (client) id.
        client_id: String,
    },
}

impl TargetSignIn {
    /// The application (client) id that we act as.
    pub fn client_id(&self) -> &str {
        match self {
            Self::ClientSecret { client_id } => client_id,
        }
    }

    /// What people call this way of signing in.
    pub fn label(&self) -> &'static str {
        match self {
            Self::ClientSecret { .. } => "Client secret",
        }
    }
}

impl TargetAuth {
    /// The part that may be shown.
    pub fn sign_in(&self) -> TargetSignIn {
        match self {
            Self::ClientSecret { client_id, .. } => TargetSignIn::ClientSecret {
                client_id: client_id.clone(),
            },
        }
    }
}

/// A tenant and how we sign in to it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Target {
    /// Its id.
    pub id: TargetId,
    /// Its name, unique.
    pub name: TargetName,
    /// The cloud that the tenant lives in.
    pub cloud: Cloud,
    /// The tenant.
    pub tenant_id: TenantId,
    /// How we sign in, without the credential.
    pub auth: TargetSignIn,
    /// When the credential was given.
    pub credential_set_at: Timestamp,
    /// When it was created.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
    /// How many items use it.
    pub items: u64,
    /// Leases on it that are not ended, those of items that left it included.
    pub live_leases: u64,
    /// Since when it is being deleted: no item can use it any more, and it goes with the last lease on it.
    pub deleting_at: Option<Timestamp>,
}

/// What a connection test found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TargetTest {
    /// One row a check, in the order in which they were made; after a failure the rest is missing.
    pub checks: Vec<Check>,
    /// What the application may do, read from its own token.
    pub permissions: Vec<PermissionRow>,
}

/// One check of a connection test.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Check {
    /// What was checked: `Token`, `Graph read`.
    pub name: String,
    /// Whether it went well.
    pub ok: bool,
    /// What was found, or why it failed and what to do.
    pub detail: String,
    /// How long it took.
    pub millis: u64,
    /// Entra's id of the request, for its support.
    pub request_id: Option<String>,
}

/// One permission that the product can need.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PermissionRow {
    /// Its name, such as `User.ReadWrite.All`.
    pub permission: String,
    /// Whether the application holds it, or one that covers it.
    pub held: bool,
    /// What it is needed for: `Temporary portal user: create and delete users`.
    pub needed_for: String,
    /// The command that grants it.
    pub command: String,
}
