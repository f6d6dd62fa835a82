//! `leasehold serve`: the product itself.

use app::backend::Clock;
use app::backend::store::DataDirLock;

use super::CommandError;
use crate::http::{self, HttpOptions};
use crate::lifecycle::{self, StopSignals};
use crate::settings::{Environment, ServeFlags, Settings};

/// Runs until the process is asked to stop.
pub async fn run(flags: &ServeFlags, environment: Environment<'_>) -> Result<(), CommandError> {
    let settings = Settings::resolve(&flags.common, environment)?;
    // First of all, so that a port in use is told before a password is.
    let (listener, address) = super::listen(&settings.listen).await?;
    // Two reapers on one database would each think the other's leases in hand are left behind.
    let _only_server = DataDirLock::take(&settings.data_dir)?;
    let (backend, made) = super::open(&settings, &settings.data_dir, Clock::system()).await?;
    if let Some(password) = made {
        lifecycle::say(&format!(
            "first start: sign in as \"admin\" with the password {} (shown this once)",
            password.expose()
        ));
    }
    backend.start();
    let options = HttpOptions {
        backend: backend.clone(),
        public_url: settings.public_url,
        simulated: false,
    };
    let router = http::router(options);
    let signals = StopSignals::listen()?;
    lifecycle::say_ready(address);
    lifecycle::serve(listener, router, backend, signals.asked()).await?;
    Ok(())
}
