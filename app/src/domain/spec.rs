//! What an item issues: the kind-specific part of a dynamic secret.
//!
//! To add a kind: a variant of [`SecretSpec`] and [`Kind`], then the compiler leads to `backend/provider/<kind>.rs`, to
//! `issued.rs` and to `pages/secret_form/<kind>.rs`.

use serde::{Deserialize, Serialize};

use super::{Invalid, template};

/// The kind-specific part of a dynamic secret: an object with one key, the kind.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SecretSpec {
    /// A client secret of an application.
    AppSecret(AppSecretSpec),
    /// A user made for the lease and deleted after it.
    PortalUser(PortalUserSpec),
    /// Groups and directory roles for a user that exists.
    UserGrants(UserGrantsSpec),
}

/// The kinds, without their fields.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// A client secret of an application.
    AppSecret,
    /// A user made for the lease and deleted after it.
    PortalUser,
    /// Groups and directory roles for a user that exists.
    UserGrants,
}

impl Kind {
    /// Every kind.
    pub const ALL: [Kind; 3] = [Kind::AppSecret, Kind::PortalUser, Kind::UserGrants];

    /// Its name in the database, on the wire and in addresses.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::AppSecret => "app_secret",
            Self::PortalUser => "portal_user",
            Self::UserGrants => "user_grants",
        }
    }

    /// The kind of this name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == name)
    }

    /// Whether what it issues can be tried before it is shown, because Entra needs a while until it works.
    pub fn is_tried(self) -> bool {
        match self {
            Self::AppSecret => true,
            Self::PortalUser | Self::UserGrants => false,
        }
    }

    /// What people call it.
    pub fn label(self) -> &'static str {
        match self {
            Self::AppSecret => "App secret",
            Self::PortalUser => "Temporary portal user",
            Self::UserGrants => "Existing user: groups and roles",
        }
    }

    /// Whether a lease gives out something that is secret. Where not, what it did in Entra is all that there is.
    pub fn issues_secret(self) -> bool {
        match self {
            Self::AppSecret | Self::PortalUser => true,
            Self::UserGrants => false,
        }
    }
}

/// A client secret of an application: added at the start of a lease, removed at its end.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AppSecretSpec {
    /// The object id of the application (not its client id).
    pub application_object_id: String,
}

/// A user made for the lease: in these groups, with these directory roles, deleted and purged at its end.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PortalUserSpec {
    /// The verified domain of the user principal name.
    pub domain: String,
    /// The part before the `@`: `{{random}}`, `{{secret}}` and `{{requester}}` are filled in.
    #[serde(default)]
    pub username_template: Option<String>,
    /// The display name, with the same variables.
    #[serde(default)]
    pub display_name_template: Option<String>,
    /// Object ids of groups to join.
    #[serde(default)]
    pub groups: Vec<String>,
    /// Template ids of directory roles to hold.
    #[serde(default)]
    pub roles: Vec<String>,
    /// What the user signs in with.
    #[serde(default)]
    pub credential: CredentialKind,
    /// Characters of the password.
    #[serde(default)]
    pub password_length: PasswordLength,
    /// Leave the deleted user restorable for 30 days instead of purging it.
    #[serde(default)]
    pub keep_deleted: bool,
}

/// Groups and directory roles that a user who exists gets for the lease, and that are taken away at its end: exactly those
/// which the user did not have before.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UserGrantsSpec {
    /// The claim of the caller's own sign-in that names the user; where there is none, the caller names one.
    #[serde(default)]
    pub claim: Option<String>,
    /// Object ids of groups to join.
    #[serde(default)]
    pub groups: Vec<String>,
    /// Template ids of directory roles to hold.
    #[serde(default)]
    pub roles: Vec<String>,
}

/// What a temporary user signs in with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CredentialKind {
    /// A password.
    #[default]
    Password,
}

/// A password's length: 8 to 256, 16 where nothing is said (Microsoft: Password policies in Entra ID).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "i64", into = "i64")]
pub struct PasswordLength(u16);

impl PasswordLength {
    /// Characters.
    pub fn get(self) -> usize {
        usize::from(self.0)
    }
}

impl Default for PasswordLength {
    fn default() -> Self {
        Self(16)
    }
}

impl TryFrom<i64> for PasswordLength {
    type Error = Invalid;
    fn try_from(length: i64) -> Result<Self, Invalid> {
        match u16::try_from(length) {
            Ok(length @ 8..=256) => Ok(Self(length)),
            Ok(_) | Err(_) => Err(Invalid::new("a password has 8 to 256 characters")),
        }
    }
}

impl From<PasswordLength> for i64 {
    fn from(length: PasswordLength) -> i64 {
        i64::from(length.0)
    }
}

impl SecretSpec {
    /// Its kind.
    pub fn kind(&self) -> Kind {
        match self {
            Self::AppSecret(_) => Kind::AppSecret,
            Self::PortalUser(_) => Kind::PortalUser,
            Self::UserGrants(_) => Kind::UserGrants,
        }
    }

    /// Checks what can be checked without asking Entra. The error names the field, from `spec` on.
    pub fn check(&self) -> Result<(), (String, Invalid)> {
        match self {
            Self::AppSecret(spec) => check_object_id(&spec.application_object_id)
                .map_err(|why| ("spec.app_secret.application_object_id".to_owned(), why)),
            Self::PortalUser(spec) => spec.check(),
            Self::UserGrants(spec) => spec.check(),
        }
    }
}

impl PortalUserSpec {
    fn check(&self) -> Result<(), (String, Invalid)> {
        let field = |name: &str| format!("spec.portal_user.{name}");
        check_domain(&self.domain).map_err(|why| (field("domain"), why))?;
        check_ids(&field("groups"), &self.groups)?;
        check_ids(&field("roles"), &self.roles)?;
        if let Some(text) = &self.username_template {
            template::check_username(text).map_err(|why| (field("username_template"), why))?;
        }
        if let Some(text) = &self.display_name_template {
            template::check(text).map_err(|why| (field("display_name_template"), why))?;
        }
        Ok(())
    }
}

impl UserGrantsSpec {
    fn check(&self) -> Result<(), (String, Invalid)> {
        let field = |name: &str| format!("spec.user_grants.{name}");
        if let Some(claim) = &self.claim {
            check_claim(claim).map_err(|why| (field("claim"), why))?;
        }
        check_ids(&field("groups"), &self.groups)?;
        check_ids(&field("roles"), &self.roles)?;
        if self.groups.is_empty() && self.roles.is_empty() {
            return Err((
                field("groups"),
                Invalid::new("choose at least one group or directory role"),
            ));
        }
        Ok(())
    }
}

/// Object ids, each once. GUIDs are the same in capitals.
fn check_ids(field: &str, ids: &[String]) -> Result<(), (String, Invalid)> {
    for (index, id) in ids.iter().enumerate() {
        let at = || format!("{field}[{index}]");
        check_object_id(id).map_err(|why| (at(), why))?;
        if ids[..index].iter().any(|other| other.eq_ignore_ascii_case(id)) {
            return Err((at(), Invalid::new(format!("{id} stands here twice"))));
        }
    }
    Ok(())
}

/// A claim's name: `upn`, `preferred_username`, or an address as some identity providers write them.
pub fn check_claim(text: &str) -> Result<(), Invalid> {
    let plain = |c: char| c.is_ascii_graphic() && !matches!(c, '"' | '\\' | '{' | '}');
    if (1..=200).contains(&text.len()) && text.chars().all(plain) {
        return Ok(());
    }
    Err(Invalid::new(
        "expected the name of a claim, such as upn or preferred_username (1 to 200 characters, no spaces)",
    ))
}

/// Whether the text is a GUID as Entra writes object and template ids.
pub fn check_object_id(text: &str) -> Result<(), Invalid> {
    let well_formed = text.len() == 36
        && text.bytes().enumerate().all(|(at, byte)| match at {
            8 | 13 | 18 | 23 => byte == b'-',
            _ => byte.is_ascii_hexdigit(),
        });
    if well_formed {
        Ok(())
    } else {
        Err(Invalid::new(
            "expected an object id, such as 62e90394-69f5-4237-9190-012177145e10",
        ))
    }
}

fn check_domain(text: &str) -> Result<(), Invalid> {
    let good_label = |label: &str| {
        !label.is_empty() && label.len() <= 63 && label.chars().all(|c| c.is_ascii_alphanumeric() || c == '-')
    };
    // 48 is the longest domain that Entra takes in a user principal name.
    if text.len() <= 48 && text.contains('.') && text.split('.').all(good_label) {
        return Ok(());
    }
    Err(Invalid::new(
        "expected a verified domain of the tenant, such as contoso.com (at most 48 characters)",
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "62e90394-69f5-4237-9190-012177145e10";

    fn refused(spec: &UserGrantsSpec) -> String {
        SecretSpec::UserGrants(spec.clone()).check().unwrap_err().0
    }

    #[test]
    fn grants_of_nothing_or_twice_the_same_are_refused() {
        let none = UserGrantsSpec {
            claim: None,
            groups: vec![],
            roles: vec![],
        };
        assert_eq!(refused(&none), "spec.user_grants.groups");
        let one = UserGrantsSpec {
            roles: vec![ID.to_owned()],
            ..none.clone()
        };
        assert_eq!(SecretSpec::UserGrants(one.clone()).check(), Ok(()));
        let twice = UserGrantsSpec {
            roles: vec![ID.to_owned(), ID.to_uppercase()],
            ..none
        };
        assert_eq!(refused(&twice), "spec.user_grants.roles[1]");
        for bad in ["", "two words", "a\"b", "ü"] {
            let spec = UserGrantsSpec {
                claim: Some(bad.to_owned()),
                ..one.clone()
            };
            assert_eq!(refused(&spec), "spec.user_grants.claim", "{bad:?}");
        }
        let address = "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/upn";
        assert_eq!(check_claim(address), Ok(()));
    }

    #[test]
    fn the_wire_form_needs_only_what_is_given() {
        let text = format!(r#"{{"user_grants":{{"groups":["{ID}"]}}}}"#);
        let spec: SecretSpec = serde_json::from_str(&text).unwrap();
        assert_eq!(spec.kind(), Kind::UserGrants);
        assert_eq!(spec.check(), Ok(()));
    }
}
