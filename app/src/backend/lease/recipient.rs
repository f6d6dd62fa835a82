//! Who gets something, where an item acts on a user who exists: named by the caller, or by the caller's own sign-in.

use crate::backend::connections::explain;
use crate::backend::graph::{GraphClient, Person};
use crate::backend::provider::{self, Named};
use crate::domain::{ApiError, DynamicSecret, ErrorCode, Identity, SecretSpec, Target, UserGrantsSpec};

/// The longest name that is looked up: a display name has 256 characters at most.
const LONGEST: usize = 256;

/// The user that a lease of this item is for; nothing for a kind that acts on nobody who exists.
pub(super) async fn find<'a>(
    graph: &GraphClient,
    target: &Target,
    secret: &'a DynamicSecret,
    by: &Identity,
    username: Option<&str>,
) -> Result<Option<(&'a UserGrantsSpec, Person)>, ApiError> {
    let spec = match &secret.spec {
        SecretSpec::UserGrants(spec) => spec,
        SecretSpec::AppSecret(_) | SecretSpec::PortalUser(_) if username.is_some() => {
            return Err(ApiError::invalid(
                "username",
                format!(
                    "an item of the kind {} takes none; leave it out",
                    secret.kind.as_str()
                ),
            ));
        }
        SecretSpec::AppSecret(_) | SecretSpec::PortalUser(_) => return Ok(None),
    };
    let person = match (&spec.claim, username) {
        (Some(claim), Some(_)) => {
            return Err(ApiError::invalid(
                "username",
                format!(
                    "this item is for the user that your own sign-in names (claim {claim}), and for no other; leave it out"
                ),
            ));
        }
        (Some(claim), None) => by_claim(graph, target, by, claim).await?,
        (None, Some(username)) => by_username(graph, target, username.trim()).await?,
        (None, None) => {
            return Err(ApiError::invalid(
                "username",
                "name the user who gets it: a user principal name, such as ana@contoso.com, or an object id",
            ));
        }
    };
    Ok(Some((spec, person)))
}

async fn by_username(graph: &GraphClient, target: &Target, username: &str) -> Result<Person, ApiError> {
    let refused = |why: String| ApiError::invalid("username", why);
    if username.is_empty() || username.chars().count() > LONGEST {
        return Err(refused(format!("1 to {LONGEST} characters")));
    }
    let found = provider::find_user(graph, username).await;
    found.map_err(|error| explain(&error, target))?.ok_or_else(|| {
        refused(format!(
            "the tenant has no user {username}; give the whole user principal name or the object id"
        ))
    })
}

async fn by_claim(
    graph: &GraphClient,
    target: &Target,
    by: &Identity,
    claim: &str,
) -> Result<Person, ApiError> {
    let value = by.claims.get(claim).map(|value| value.trim()).unwrap_or_default();
    if value.is_empty() || value.chars().count() > LONGEST {
        return Err(ApiError::new(
            ErrorCode::Forbidden,
            format!(
                "This item is for the user that your sign-in names in its claim {claim}, and the sign-in of {} carries no such claim. Sign in with an identity provider that sends it.",
                by.name
            ),
        )
        .with_reason("no_such_claim"));
    }
    let conflict = |what: String, reason: &str| {
        ApiError::conflict(format!(
            "Your sign-in's claim {claim} says {value:?}, and {what}."
        ))
        .with_reason(reason)
    };
    match provider::find_named(graph, value).await {
        Ok(Named::One(person)) => Ok(person),
        Ok(Named::Nobody) => Err(conflict(
            "the tenant has no user of that name".to_owned(),
            "no_such_user",
        )),
        Ok(Named::Several(count)) => Err(conflict(
            format!(
                "{count} users of the tenant are called so: a display name must be one user's alone, or take a claim with the user principal name"
            ),
            "several_users",
        )),
        Err(error) => Err(explain(&error, target)),
    }
}
