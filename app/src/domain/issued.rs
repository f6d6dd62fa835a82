//! What a lease gives out, once.

use serde::{Deserialize, Serialize};

use super::{Lease, SecretText, Timestamp};

/// The value that is shown once, and never kept by us.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Issued {
    /// Of an app secret.
    AppSecret(IssuedAppSecret),
    /// Of a temporary user.
    PortalUser(IssuedPortalUser),
    /// Of groups and roles for a user that exists: nothing secret.
    UserGrants(IssuedUserGrants),
}

/// A client secret and what one needs beside it to sign in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct IssuedAppSecret {
    /// The application (client) id.
    pub client_id: String,
    /// The tenant's id.
    pub tenant_id: String,
    /// The secret.
    pub client_secret: SecretText,
    /// Entra's id of the secret (not the secret).
    pub key_id: String,
    /// When the secret was first seen to work; nothing where that was not tried or not seen.
    pub usable_since: Option<Timestamp>,
}

/// A temporary user's way in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct IssuedPortalUser {
    /// The name to sign in with.
    pub user_principal_name: String,
    /// The password.
    pub password: Option<SecretText>,
    /// A temporary access pass, where the item issues one.
    pub temporary_access_pass: Option<SecretText>,
    /// Where to sign in.
    pub sign_in_url: String,
    /// The user's object id.
    pub object_id: String,
}

/// What a user who exists got, and had before. Nothing of it is secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct IssuedUserGrants {
    /// The name that the user signs in with.
    pub user_principal_name: String,
    /// The user's object id.
    pub object_id: String,
    /// The groups.
    pub groups: Vec<GrantedThing>,
    /// The directory roles.
    pub roles: Vec<GrantedThing>,
}

/// A group or a directory role of such a user.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GrantedThing {
    /// The group's object id, or the role's template id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Whether the user had it already: then it is not the lease's, and stays at the end.
    pub had_before: bool,
}

/// A lease and its value: the answer of `leases/generate`, the only one that holds a credential.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct IssuedLease {
    /// The lease.
    pub lease: Lease,
    /// The value.
    pub issued: Issued,
}
