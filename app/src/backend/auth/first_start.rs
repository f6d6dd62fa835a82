//! The accounts that an empty database begins with: the administrator, and a token for automation where one is given.

use super::{Auth, AuthError, token_hash};
use crate::backend::store::{AuditEvent, FirstAccounts, LEASEHOLD, StoredToken, StoredUser};
use crate::domain::{FolderPath, Role, SecretText};

/// Characters that a bootstrap token has at least.
const TOKEN_LENGTH: usize = 32;

/// What the first start did.
#[derive(Debug)]
pub enum FirstStart {
    /// The database was empty; now there is an administrator.
    Created {
        /// The administrator's password, where none was given: to be shown once.
        generated_password: Option<SecretText>,
    },
    /// There were accounts already; what was given is not looked at.
    Existing,
}

impl Auth {
    /// Makes the administrator `admin`, with this password or a generated one, and the token `bootstrap` where a value is
    /// given; on an empty database only.
    pub async fn first_start(
        &self,
        admin_password: Option<SecretText>,
        bootstrap_token: Option<SecretText>,
    ) -> Result<FirstStart, AuthError> {
        if self.store.has_accounts().await? {
            return Ok(FirstStart::Existing);
        }
        check(admin_password.as_ref(), bootstrap_token.as_ref())?;
        let now = self.clock.now();
        let was_given = admin_password.is_some();
        let password = admin_password.unwrap_or_else(|| self.generate_password());
        let generated_password = (!was_given).then(|| password.clone());
        let user = StoredUser {
            id: "user:admin".to_owned(),
            name: "admin".to_owned(),
            password_hash: self.passwords.hash(self.passwords.place()?, password).await?,
            role: Role::Administrator,
            created_at: now,
        };
        let token = bootstrap_token.map(|token| StoredToken {
            id: "token:bootstrap".to_owned(),
            name: "bootstrap".to_owned(),
            token_hash: token_hash(token.expose()),
            role: Role::Administrator,
            scope: FolderPath::root(),
            created_at: now,
            expires_at: None,
            revoked_at: None,
        });
        let event = AuditEvent::new(now, LEASEHOLD, "account.create", &user.id)
            .with("bootstrap_token", token.is_some());
        if self
            .store
            .insert_first_accounts(FirstAccounts { user, token }, event)
            .await?
        {
            Ok(FirstStart::Created { generated_password })
        } else {
            Ok(FirstStart::Existing)
        }
    }

    /// Four groups of five characters, about 99 bits: fit to be read from one screen and typed on another.
    fn generate_password(&self) -> SecretText {
        let groups: Vec<_> = (0..4).map(|_| self.entropy.name_part(5)).collect();
        SecretText::new(groups.join("-"))
    }
}

fn check(password: Option<&SecretText>, token: Option<&SecretText>) -> Result<(), AuthError> {
    if password.is_some_and(|password| password.expose().is_empty()) {
        return Err(AuthError::Setting {
            setting: "the administrator's password",
            why: "it is empty; give one, or leave the setting out to have one made".to_owned(),
        });
    }
    let length = token.map(|token| token.expose().chars().count());
    match length.filter(|length| *length < TOKEN_LENGTH) {
        None => Ok(()),
        Some(length) => Err(AuthError::Setting {
            setting: "the bootstrap token",
            why: format!(
                "it has {length} characters and needs at least {TOKEN_LENGTH}; \"openssl rand -hex 32\" makes one"
            ),
        }),
    }
}
