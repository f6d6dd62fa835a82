//! `leasehold demo`: the product with a simulated Entra tenant in the same process.
//!
//! Rule: the tenant's clock is the product's clock, so that moving the one moves the other; and nothing outlives the process.

use std::collections::BTreeMap;

use app::backend::{Backend, Clock};
use app::domain::{
    ApiError, Cloud, CustomCloud, FolderPath, Identity, IdentityKind, Invalid, Role, SecretText, TargetAuth,
    TargetName, TenantId, Timestamp,
};
use emulator::{Emulator, TenantFacts};

use super::{CommandError, browser};
use crate::http::{self, HttpOptions};
use crate::lifecycle::{self, StopSignals};
use crate::settings::{CommonFlags, DemoFlags, Environment, Settings};

/// What the first target is called.
const TARGET: &str = "contoso";

/// Runs until the process is asked to stop, then removes what it has made.
pub async fn run(flags: &DemoFlags, environment: Environment<'_>) -> Result<(), CommandError> {
    let common = CommonFlags {
        listen: flags.listen.clone(),
        ..CommonFlags::default()
    };
    let settings = Settings::resolve(&common, environment)?;
    let (listener, address) = super::listen(&settings.listen).await?;
    let emulator = Emulator::start_with(emulator::Options::default())
        .await
        .map_err(CommandError::Emulator)?;
    let folder = tempfile::Builder::new().prefix("leasehold-demo-").tempdir()?;
    let (backend, made) = super::open(&settings, folder.path(), shared_clock(&emulator)).await?;
    create_target(&backend, emulator.tenant()).await?;
    backend.start();
    let options = HttpOptions {
        backend: backend.clone(),
        public_url: settings.public_url.clone(),
        simulated: true,
    };
    let router = http::router(options);

    let signals = StopSignals::listen()?;
    lifecycle::say_ready(address);
    let url = format!("http://{address}");
    let password = made.as_ref().or(settings.admin_password.as_ref());
    lifecycle::say(&welcome(&url, password, emulator.tenant()));
    if flags.open {
        browser::open(&url);
    }
    lifecycle::serve(listener, router, backend, signals.asked()).await?;
    folder.close()?;
    Ok(())
}

/// The emulator's clock as ours.
pub fn shared_clock(emulator: &Emulator) -> Clock {
    let clock = emulator.clock();
    Clock::from_fn(move || Timestamp::from_millis(clock.now_millis()))
}

/// Makes the target of the simulated tenant, so that the first item can be made at once.
async fn create_target(backend: &Backend, tenant: &TenantFacts) -> Result<(), CommandError> {
    let refused = |invalid: Invalid| CommandError::FirstStart(ApiError::invalid("target", invalid));
    let by = Identity {
        id: "system:demo".to_owned(),
        name: "leasehold demo".to_owned(),
        kind: IdentityKind::Token,
        role: Role::Administrator,
        scope: FolderPath::root(),
        claims: BTreeMap::new(),
    };
    let name = TargetName::parse(TARGET).map_err(refused)?;
    let tenant_id = TenantId::parse(&tenant.tenant_id).map_err(refused)?;
    backend
        .targets
        .create(&by, name, cloud(tenant), tenant_id, sign_in(tenant))
        .await?;
    Ok(())
}

/// Where the simulated tenant is reached.
pub fn cloud(tenant: &TenantFacts) -> Cloud {
    Cloud::Custom(CustomCloud {
        authority: tenant.authority_url.clone(),
        graph: tenant.authority_url.clone(),
        arm: None,
    })
}

fn sign_in(tenant: &TenantFacts) -> TargetAuth {
    TargetAuth::ClientSecret {
        client_id: tenant.client_id.clone(),
        client_secret: SecretText::new(tenant.client_secret.clone()),
    }
}

fn welcome(url: &str, password: Option<&SecretText>, tenant: &TenantFacts) -> String {
    let password = password.map_or("(as given)", SecretText::expose);
    format!(
        "
  The tenant is simulated: nothing leaves this machine, and everything is gone when you press Ctrl-C.

    open        {url}
    user name   admin
    password    {password}

  The target \"{TARGET}\" is ready. To add another by hand:

    emulator       {}   (authority and Graph of a custom cloud)
    tenant id      {}
    client id      {}
    client secret  {}
",
        tenant.authority_url, tenant.tenant_id, tenant.client_id, tenant.client_secret
    )
}
