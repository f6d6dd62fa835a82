//! What Graph says to the `passwordProfile` of a user.

use serde_json::{Map, Value};

use super::{
    errors::GraphError,
    schema::{USER, invalid_value},
};
use crate::directory::{object::Object, passwords};

/// Takes the `passwordProfile` out of a request's body and gives it to the user, if the password is good enough.
pub fn apply(body: &mut Map<String, Value>, user: &mut Object, sign_in_name: &str) -> Result<(), GraphError> {
    let Some(profile) = body.remove("passwordProfile") else {
        return Ok(());
    };
    let profile = profile
        .as_object()
        .ok_or_else(|| invalid_value(&USER, "passwordProfile"))?;
    for (name, value) in profile {
        let fits = match name.as_str() {
            "password" => value.is_string(),
            "forceChangePasswordNextSignIn" | "forceChangePasswordNextSignInWithMfa" => {
                value.is_boolean() || value.is_null()
            }
            _ => name.contains('@'),
        };
        if !fits {
            return Err(GraphError::bad_property(
                "InvalidProperty",
                name,
                format!("Invalid property '{name}' of 'passwordProfile'."),
            ));
        }
    }
    let flag = |name: &str| profile.get(name).and_then(Value::as_bool);
    let Some(password) = profile.get("password").and_then(Value::as_str) else {
        // Without a password only the wish to have it changed can be stated.
        user.must_change_password =
            flag("forceChangePasswordNextSignIn").unwrap_or(user.must_change_password);
        return Ok(());
    };
    if !passwords::complies(password, sign_in_name) {
        return Err(GraphError::bad(
            "The specified password does not comply with password complexity requirements. Please provide a different \
             password.",
        ));
    }
    user.password = Some(password.to_owned());
    // Entra asks for a new password at the first sign-in unless it is told not to.
    user.must_change_password = flag("forceChangePasswordNextSignIn").unwrap_or(true);
    Ok(())
}
