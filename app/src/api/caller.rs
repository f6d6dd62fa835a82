//! Who calls, and what they may: the first line of every server function.
//!
//! The gate in front (`server/src/http/gate.rs`) has recognised the session or token and left an [`Identity`] with the request,
//! for calls over HTTP and for pages alike; during server-side rendering the functions run in-process, so the check stands here.

use axum::http::request::Parts;
use axum::http::{HeaderValue, StatusCode, header};
use leptos::prelude::use_context;
use leptos_axum::ResponseOptions;

use crate::backend::Backend;
use crate::domain::{ApiError, Deletion, Identity, Permission, SecretText};

/// Somebody who may do what they ask.
pub struct Caller {
    /// Who it is.
    pub identity: Identity,
    /// What does it.
    pub backend: Backend,
}

/// The caller, where their role holds this permission.
pub fn authorise(permission: Permission) -> Result<Caller, ApiError> {
    let identity = identity()?;
    if !identity.role.allows(permission) {
        return Err(ApiError::forbidden(permission));
    }
    Ok(Caller {
        identity,
        backend: backend()?,
    })
}

/// The caller of a deletion, which may take leases along.
pub fn authorise_deletion(permission: Permission, revoke_leases: bool) -> Result<Caller, ApiError> {
    let caller = authorise(permission)?;
    if revoke_leases {
        authorise(Permission::LeaseRevoke)?;
    }
    Ok(caller)
}

/// How a deletion is answered: 202 while it is under way.
pub fn told(deletion: Deletion) -> Deletion {
    if !deletion.is_done() {
        accepted();
    }
    deletion
}

/// Who calls, whatever they may.
pub fn identity() -> Result<Identity, ApiError> {
    use_context::<Parts>()
        .and_then(|parts| parts.extensions.get::<Identity>().cloned())
        .ok_or_else(ApiError::unauthenticated)
}

fn backend() -> Result<Backend, ApiError> {
    use_context::<Backend>().ok_or_else(|| ApiError::internal("no-backend"))
}

/// Signs in, and sends the session as a cookie.
pub async fn sign_in(username: &str, password: &SecretText) -> Result<Identity, ApiError> {
    let backend = backend()?;
    let (identity, token) = backend.auth.sign_in(username, password).await?;
    send(header::SET_COOKIE, backend.session_cookie.set(&token));
    no_store();
    Ok(identity)
}

/// Ends the session that the request came with, and clears the cookie.
pub async fn sign_out() -> Result<(), ApiError> {
    identity()?;
    let backend = backend()?;
    let parts = use_context::<Parts>().ok_or_else(ApiError::unauthenticated)?;
    if let Some(token) = backend.session_cookie.read(&parts.headers) {
        backend.auth.sign_out(&token).await?;
    }
    send(header::SET_COOKIE, backend.session_cookie.clear());
    Ok(())
}

/// Nothing between us and the caller may keep the answer.
pub fn no_store() {
    send(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
}

/// Answers 202: what was asked for is under way.
pub fn accepted() {
    if let Some(options) = use_context::<ResponseOptions>() {
        options.set_status(StatusCode::ACCEPTED);
    }
}

fn send(name: header::HeaderName, value: HeaderValue) {
    if let Some(options) = use_context::<ResponseOptions>() {
        options.append_header(name, value);
    }
}

#[cfg(test)]
mod tests {
    use futures::executor::block_on;
    use leptos::prelude::{Owner, provide_context};

    use super::*;
    use crate::api::{leases, secrets, targets};
    use crate::domain::{ErrorCode, FolderPath, IdentityKind, ItemPath, LeaseId, Role, TargetName};

    /// What a call answers to somebody of this role, where there is nothing behind it.
    fn refusal<T>(role: Role, call: impl Future<Output = Result<T, ApiError>>) -> ErrorCode {
        let mut parts = axum::http::Request::new(()).into_parts().0;
        parts.extensions.insert(Identity {
            id: "user:eve".to_owned(),
            name: "eve".to_owned(),
            kind: IdentityKind::User,
            role,
            scope: FolderPath::root(),
            claims: std::collections::BTreeMap::new(),
        });
        Owner::new().with(|| {
            provide_context(parts);
            block_on(call)
                .err()
                .map_or(ErrorCode::NotFound, |error| error.code)
        })
    }

    #[test]
    fn only_administrators_give_up_and_delete() {
        for (role, expected) in [
            (Role::Auditor, ErrorCode::Forbidden),
            // They come as far as the backend, which is missing here.
            (Role::Administrator, ErrorCode::Internal),
        ] {
            let lease = || leases::abandon(LeaseId::from_bits(1), "x".to_owned());
            assert_eq!(refusal(role, lease()), expected, "{role:?}");
            let path = || ItemPath::parse("/x").unwrap();
            assert_eq!(refusal(role, secrets::delete(path(), true, None)), expected);
            let folder = || FolderPath::parse("/x").unwrap();
            assert_eq!(
                refusal(role, secrets::delete_folder(folder(), true, None)),
                expected
            );
            let name = || TargetName::parse("x").unwrap();
            assert_eq!(refusal(role, targets::delete(name(), true, None)), expected);
        }
    }
}
