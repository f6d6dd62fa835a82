//! Signing in and out, and who bears a session or a token.

use std::collections::BTreeMap;

use super::{Auth, AuthError, token_hash};
use crate::backend::store::{AuditEvent, NewSession, StoreError, StoredUser};
use crate::domain::{FolderPath, Identity, IdentityKind, SecretText, Timestamp};

const MINUTE: i64 = 60_000;
const HOUR: i64 = 60 * MINUTE;
/// A session ends when it was not used for so long.
const IDLE: i64 = 8 * HOUR;
/// A session ends after so long, however much it is used.
const ABSOLUTE: i64 = 24 * HOUR;

impl Auth {
    /// Begins a session, and answers with the value of its cookie. A refusal does not say whether the name or the password was wrong.
    pub async fn sign_in(
        &self,
        username: &str,
        password: &SecretText,
    ) -> Result<(Identity, SecretText), AuthError> {
        let place = self.passwords.place()?;
        self.throttle.attempt(username, self.clock.now())?;
        let user = self.store.user_by_name(username).await?;
        let hash = user.as_ref().map(|user| user.password_hash.clone());
        let is_right = self.passwords.verify(place, password.clone(), hash).await?;
        let now = self.clock.now();
        match user {
            Some(user) if is_right => {
                self.throttle.succeeded(username);
                self.begin_session(&user, now).await
            }
            user => {
                self.record_refusal(user.as_ref(), now).await;
                Err(AuthError::WrongCredentials)
            }
        }
    }

    async fn begin_session(
        &self,
        user: &StoredUser,
        now: Timestamp,
    ) -> Result<(Identity, SecretText), AuthError> {
        let token = SecretText::new(self.entropy.token());
        let session = NewSession {
            token_hash: token_hash(token.expose()),
            user_id: user.id.clone(),
            created_at: now,
            expires_at: now.plus_millis(ABSOLUTE),
        };
        let event = AuditEvent::new(now, &user.id, "session.sign-in", &user.id);
        self.store.insert_session(session, event).await?;
        Ok((identity(user), token))
    }

    async fn record_refusal(&self, user: Option<&StoredUser>, now: Timestamp) {
        // A name that nobody bears is not recorded: it is at times a password, typed into the wrong field.
        let object = user.map_or("an unknown user", |user| &user.id);
        let event = AuditEvent::new(now, "anonymous", "session.sign-in-refused", object);
        if let Err(error) = self.store.record(event).await {
            tracing::warn!(%error, "a refused sign-in could not be recorded");
        }
    }

    /// Ends the session whose cookie has this value. False where there is none.
    pub async fn sign_out(&self, token: &SecretText) -> Result<bool, AuthError> {
        let hash = token_hash(token.expose());
        let Some(session) = self.store.session(&hash).await? else {
            return Ok(false);
        };
        let user = &session.user.id;
        let event = AuditEvent::new(self.clock.now(), user, "session.sign-out", user);
        Ok(self.store.delete_session(&hash, event).await?)
    }

    /// Who bears the session whose cookie has this value; nobody where there is none or it has ended.
    pub async fn by_session(&self, token: &SecretText) -> Result<Option<Identity>, AuthError> {
        let (hash, now) = (token_hash(token.expose()), self.clock.now());
        let Some(session) = self.store.session(&hash).await? else {
            return Ok(None);
        };
        let unused = now.millis_since(session.last_seen_at);
        if unused >= IDLE || now >= session.expires_at {
            return Ok(None);
        }
        if unused >= MINUTE {
            self.touch(&hash, now).await?;
        }
        Ok(Some(identity(&session.user)))
    }

    /// That a session was used is not worth refusing its bearer when nothing can be written.
    async fn touch(&self, hash: &[u8], now: Timestamp) -> Result<(), AuthError> {
        match self.store.touch_session(hash, now).await {
            Err(StoreError::Unavailable(why)) => {
                tracing::warn!(why, "the use of a session could not be recorded");
                Ok(())
            }
            other => Ok(other?),
        }
    }

    /// Who bears this API token; nobody where there is none, or it has ended or was taken back.
    pub async fn by_bearer(&self, token: &SecretText) -> Result<Option<Identity>, AuthError> {
        let now = self.clock.now();
        let found = self.store.kept_token(&token_hash(token.expose())).await?;
        let good =
            found.filter(|token| token.revoked_at.is_none() && token.expires_at.is_none_or(|end| now < end));
        Ok(good.map(|token| Identity {
            id: token.id,
            name: token.name,
            kind: IdentityKind::Token,
            role: token.role,
            scope: token.scope,
            claims: BTreeMap::new(),
        }))
    }
}

fn identity(user: &StoredUser) -> Identity {
    Identity {
        id: user.id.clone(),
        name: user.name.clone(),
        kind: IdentityKind::User,
        role: user.role,
        scope: FolderPath::root(),
        claims: BTreeMap::new(),
    }
}
