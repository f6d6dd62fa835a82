//! What each command puts together before it serves.
//!
//! To add a command: a variant of `settings::Command`, a file here, a line in [`run`].

pub mod browser;
pub mod demo;
pub mod serve;

use std::net::SocketAddr;
use std::path::Path;

use app::backend::auth::FirstStart;
use app::backend::store::StoreError;
use app::backend::{Backend, BackendOptions, Clock, Entropy, OpenError};
use app::domain::{ApiError, SecretText};
use tokio::net::TcpListener;

use crate::settings::{Command, CommandLine, Environment, Listen, Settings, SettingsError};

/// Why a command failed.
#[derive(Debug, thiserror::Error)]
pub enum CommandError {
    /// The settings.
    #[error(transparent)]
    Settings(#[from] SettingsError),
    /// The address to listen on.
    #[error("can't listen on {listen}: {source}")]
    Listen {
        /// Where.
        listen: Listen,
        /// Why.
        source: std::io::Error,
    },
    /// The data folder, which another server may be working on.
    #[error(transparent)]
    DataDir(#[from] StoreError),
    /// The database or the key.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// What is made at the first start.
    #[error("the first start failed: {}", .0.message)]
    FirstStart(#[from] ApiError),
    /// The simulated tenant.
    #[error("the simulated tenant can't be started: {0}")]
    Emulator(#[source] std::io::Error),
    /// Serving.
    #[error(transparent)]
    Io(#[from] std::io::Error),
}

/// Does what the command line says.
pub async fn run(command_line: CommandLine, environment: Environment<'_>) -> Result<(), CommandError> {
    match command_line.command {
        Command::Demo(flags) => demo::run(&flags, environment).await,
        Command::Serve(flags) => serve::run(&flags, environment).await,
    }
}

async fn listen(listen: &Listen) -> Result<(TcpListener, SocketAddr), CommandError> {
    let failed = |source| CommandError::Listen {
        listen: listen.clone(),
        source,
    };
    let listener = TcpListener::bind(listen.as_str()).await.map_err(failed)?;
    let address = listener.local_addr().map_err(failed)?;
    Ok((listener, address))
}

/// Opens the backend in a folder, and makes the first administrator where the database is new. Gives back the password where
/// one had to be made.
async fn open(
    settings: &Settings,
    data_dir: &Path,
    clock: Clock,
) -> Result<(Backend, Option<SecretText>), CommandError> {
    let options = BackendOptions {
        data_dir: data_dir.to_owned(),
        clock,
        entropy: Entropy::system(),
        writes_per_second: settings.writes_per_second,
        secure_cookie: settings
            .public_url
            .as_ref()
            .is_some_and(crate::settings::PublicUrl::is_secure),
        timing: app::backend::graph::Timing::default(),
    };
    let backend = Backend::open(options).await?;
    let first = backend
        .auth
        .first_start(settings.admin_password.clone(), settings.bootstrap_token.clone())
        .await;
    let made = match first.map_err(ApiError::from)? {
        FirstStart::Created { generated_password } => generated_password,
        FirstStart::Existing => None,
    };
    Ok((backend, made))
}
