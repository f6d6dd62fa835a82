//! Users, sessions and API tokens. What a bearer shows is kept as a hash; whether it is still good, `auth` judges.

use sqlx::SqliteConnection;

use super::audit::{self, AuditEvent};
use super::columns::Columns;
use super::{Store, StoreError};
use crate::domain::{FolderPath, Role, Timestamp};

/// A person who signs in with a password.
#[derive(Clone, PartialEq, Eq)]
pub struct StoredUser {
    /// `user:admin`.
    pub id: String,
    /// `admin`.
    pub name: String,
    /// A PHC string.
    pub password_hash: String,
    /// What they may do.
    pub role: Role,
    /// When they were made.
    pub created_at: Timestamp,
}

impl std::fmt::Debug for StoredUser {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "StoredUser({})", self.id)
    }
}

/// A program that signs in with a token.
#[derive(Clone, PartialEq, Eq)]
pub struct StoredToken {
    /// `token:bootstrap`.
    pub id: String,
    /// `bootstrap`.
    pub name: String,
    /// SHA-256 of the token.
    pub token_hash: Vec<u8>,
    /// What it may do.
    pub role: Role,
    /// The folder that its rights end at.
    pub scope: FolderPath,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it ends; never where nothing is said.
    pub expires_at: Option<Timestamp>,
    /// When it was taken back.
    pub revoked_at: Option<Timestamp>,
}

impl std::fmt::Debug for StoredToken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "StoredToken({})", self.id)
    }
}

/// The accounts that an empty database begins with.
#[derive(Debug, Clone)]
pub struct FirstAccounts {
    /// The administrator.
    pub user: StoredUser,
    /// The token with which automation begins.
    pub token: Option<StoredToken>,
}

/// A session to be.
#[derive(Clone)]
pub struct NewSession {
    /// SHA-256 of the cookie's value.
    pub token_hash: Vec<u8>,
    /// Whose it is.
    pub user_id: String,
    /// When it began.
    pub created_at: Timestamp,
    /// When it ends, however much it is used.
    pub expires_at: Timestamp,
}

impl std::fmt::Debug for NewSession {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "NewSession({})", self.user_id)
    }
}

/// A session and whose it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredSession {
    /// Whose it is.
    pub user: StoredUser,
    /// When it was last used, to the minute.
    pub last_seen_at: Timestamp,
    /// When it ends, however much it is used.
    pub expires_at: Timestamp,
}

impl Store {
    /// Makes the first accounts, where there is neither a user nor a token. False where there is.
    pub async fn insert_first_accounts(
        &self,
        first: FirstAccounts,
        event: AuditEvent,
    ) -> Result<bool, StoreError> {
        self.write(move |connection| {
            Box::pin(async move {
                if has_accounts(connection).await? {
                    return Ok(false);
                }
                insert_user(connection, &first.user).await?;
                if let Some(token) = &first.token {
                    insert_token(connection, token).await?;
                }
                audit::append(connection, &event).await?;
                Ok(true)
            })
        })
        .await
    }

    /// Whether there is a user or a token.
    pub async fn has_accounts(&self) -> Result<bool, StoreError> {
        has_accounts(&mut *self.readers().acquire().await?).await
    }

    /// The user of this name.
    pub async fn user_by_name(&self, name: &str) -> Result<Option<StoredUser>, StoreError> {
        let row = sqlx::query("SELECT id, name, password_hash, role, created_at FROM users WHERE name = ?1")
            .bind(name)
            .fetch_optional(self.readers())
            .await?;
        row.map(|row| read_user(&Columns::of("users", &row))).transpose()
    }

    /// The token with this SHA-256.
    pub async fn token_by_hash(&self, hash: &[u8]) -> Result<Option<StoredToken>, StoreError> {
        let row = sqlx::query(
            "SELECT id, name, token_hash, role, scope, created_at, expires_at, revoked_at
             FROM tokens WHERE token_hash = ?1",
        )
        .bind(hash)
        .fetch_optional(self.readers())
        .await?;
        row.map(|row| {
            let columns = Columns::of("tokens", &row);
            Ok(StoredToken {
                id: columns.text("id")?,
                name: columns.text("name")?,
                token_hash: columns.get("token_hash")?,
                role: columns.name("role", Role::from_name)?,
                scope: columns.parse("scope", FolderPath::parse)?,
                created_at: columns.time("created_at")?,
                expires_at: columns.time_or_none("expires_at")?,
                revoked_at: columns.time_or_none("revoked_at")?,
            })
        })
        .transpose()
    }

    /// Begins a session, and forgets those that have ended.
    pub async fn insert_session(&self, session: NewSession, event: AuditEvent) -> Result<(), StoreError> {
        self.write(move |connection| {
            Box::pin(async move {
                sqlx::query("DELETE FROM sessions WHERE expires_at <= ?1")
                    .bind(session.created_at.millis())
                    .execute(&mut *connection)
                    .await?;
                sqlx::query(
                    "INSERT INTO sessions (token_hash, user_id, created_at, last_seen_at, expires_at)
                     VALUES (?1, ?2, ?3, ?3, ?4)",
                )
                .bind(session.token_hash)
                .bind(session.user_id)
                .bind(session.created_at.millis())
                .bind(session.expires_at.millis())
                .execute(&mut *connection)
                .await?;
                audit::append(connection, &event).await
            })
        })
        .await
    }

    /// The session whose token has this SHA-256.
    pub async fn session(&self, token_hash: &[u8]) -> Result<Option<StoredSession>, StoreError> {
        let row = sqlx::query(
            "SELECT u.id, u.name, u.password_hash, u.role, u.created_at, s.last_seen_at, s.expires_at
             FROM sessions s JOIN users u ON u.id = s.user_id WHERE s.token_hash = ?1",
        )
        .bind(token_hash)
        .fetch_optional(self.readers())
        .await?;
        row.map(|row| {
            let columns = Columns::of("sessions", &row);
            Ok(StoredSession {
                user: read_user(&Columns::of("users", &row))?,
                last_seen_at: columns.time("last_seen_at")?,
                expires_at: columns.time("expires_at")?,
            })
        })
        .transpose()
    }

    /// The session was used now.
    pub async fn touch_session(&self, token_hash: &[u8], now: Timestamp) -> Result<(), StoreError> {
        let token_hash = token_hash.to_vec();
        self.write_leases(move |connection| {
            Box::pin(async move {
                sqlx::query("UPDATE sessions SET last_seen_at = max(last_seen_at, ?1) WHERE token_hash = ?2")
                    .bind(now.millis())
                    .bind(token_hash)
                    .execute(connection)
                    .await?;
                Ok(())
            })
        })
        .await
    }

    /// Ends a session. False where there is none.
    pub async fn delete_session(&self, token_hash: &[u8], event: AuditEvent) -> Result<bool, StoreError> {
        let token_hash = token_hash.to_vec();
        self.write(move |connection| {
            Box::pin(async move {
                let gone = sqlx::query("DELETE FROM sessions WHERE token_hash = ?1")
                    .bind(token_hash)
                    .execute(&mut *connection)
                    .await?;
                if gone.rows_affected() == 0 {
                    return Ok(false);
                }
                audit::append(connection, &event).await?;
                Ok(true)
            })
        })
        .await
    }
}

async fn has_accounts(connection: &mut SqliteConnection) -> Result<bool, StoreError> {
    Ok(
        sqlx::query_scalar("SELECT EXISTS (SELECT 1 FROM users) OR EXISTS (SELECT 1 FROM tokens)")
            .fetch_one(connection)
            .await?,
    )
}

async fn insert_user(connection: &mut SqliteConnection, user: &StoredUser) -> Result<(), StoreError> {
    sqlx::query("INSERT INTO users (id, name, password_hash, role, created_at) VALUES (?1, ?2, ?3, ?4, ?5)")
        .bind(&user.id)
        .bind(&user.name)
        .bind(&user.password_hash)
        .bind(user.role.as_str())
        .bind(user.created_at.millis())
        .execute(connection)
        .await?;
    Ok(())
}

async fn insert_token(connection: &mut SqliteConnection, token: &StoredToken) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO tokens (id, name, token_hash, role, scope, created_at, expires_at, revoked_at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
    )
    .bind(&token.id)
    .bind(&token.name)
    .bind(&token.token_hash)
    .bind(token.role.as_str())
    .bind(token.scope.as_str())
    .bind(token.created_at.millis())
    .bind(token.expires_at.map(Timestamp::millis))
    .bind(token.revoked_at.map(Timestamp::millis))
    .execute(connection)
    .await?;
    Ok(())
}

fn read_user(columns: &Columns<'_>) -> Result<StoredUser, StoreError> {
    Ok(StoredUser {
        id: columns.text("id")?,
        name: columns.text("name")?,
        password_hash: columns.text("password_hash")?,
        role: columns.name("role", Role::from_name)?,
        created_at: columns.time("created_at")?,
    })
}
