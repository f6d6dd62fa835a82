//! The handle on a running emulator.

use std::{io, net::SocketAddr, sync::Arc, time::Duration};

use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use crate::{
    clock::{Clock, millis_of},
    control,
    directory::ledger::Ledger,
    facts::TenantFacts,
    faults::Fault,
    log::LoggedRequest,
    server,
    tls::Tls,
    token::jwt::SigningKey,
    world::World,
};

/// How an emulator is started.
#[derive(Clone, Debug)]
pub struct Options {
    /// Where http is served; port 0 takes a free one.
    pub listen: SocketAddr,
    /// Where https is served, if at all.
    pub https_listen: Option<SocketAddr>,
    /// The clock.
    pub clock: Clock,
    /// Whether to leave the sample users, groups and applications out.
    pub empty: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 0)),
            https_listen: None,
            clock: Clock::real(),
            empty: false,
        }
    }
}

/// A running emulator. Dropping it stops its servers.
#[derive(Debug)]
pub struct Emulator {
    world: Arc<World>,
    url: String,
    https_url: Option<String>,
    ca_pem: Option<String>,
    stop: CancellationToken,
}

impl Drop for Emulator {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

impl Emulator {
    /// Starts one with the sample tenant, on a free port of the loopback, on the system's time.
    ///
    /// # Panics
    ///
    /// When the loopback has no free port, or outside of a Tokio runtime.
    pub async fn start() -> Self {
        Self::start_with(Options::default())
            .await
            .expect("the loopback has a free port")
    }

    /// Starts one as the options say.
    pub async fn start_with(options: Options) -> io::Result<Self> {
        let listener = TcpListener::bind(options.listen).await?;
        let url = format!("http://{}", reachable(listener.local_addr()?));
        let secure = match options.https_listen {
            Some(address) => Some((TcpListener::bind(address).await?, Tls::new()?)),
            None => None,
        };
        let https_url = match &secure {
            Some((listener, _)) => Some(format!("https://localhost:{}", listener.local_addr()?.port())),
            None => None,
        };
        // Making the signing key takes long enough to keep it off the runtime's threads.
        let key = tokio::task::spawn_blocking(SigningKey::of_process)
            .await
            .map_err(io::Error::other)?;
        let facts = TenantFacts::new(&url, https_url.as_deref());
        let world = Arc::new(World::new(options.clock, facts, key, options.empty));
        let (tasks, stop) = (TaskTracker::new(), CancellationToken::new());
        tasks.spawn(server::serve(
            listener,
            None,
            Arc::clone(&world),
            tasks.clone(),
            stop.clone(),
        ));
        let mut ca_pem = None;
        if let Some((listener, tls)) = secure {
            ca_pem = Some(tls.ca_pem);
            let acceptor = Some(TlsAcceptor::from(tls.config));
            tasks.spawn(server::serve(
                listener,
                acceptor,
                Arc::clone(&world),
                tasks.clone(),
                stop.clone(),
            ));
        }
        Ok(Self {
            world,
            url,
            https_url,
            ca_pem,
            stop,
        })
    }

    /// `http://127.0.0.1:PORT`: the authority, and with `/v1.0` Graph.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// `https://localhost:PORT`, if https is served.
    pub fn https_url(&self) -> Option<&str> {
        self.https_url.as_deref()
    }

    /// The certificate authority that https clients must trust, if https is served.
    pub fn ca_pem(&self) -> Option<&str> {
        self.ca_pem.as_deref()
    }

    /// What a test needs to know about the tenant.
    pub fn tenant(&self) -> &TenantFacts {
        &self.world.facts
    }

    /// The clock.
    pub fn clock(&self) -> Clock {
        self.world.clock.clone()
    }

    /// Orders a fault.
    pub fn fault(&self, fault: Fault) {
        self.world.faults().add(fault);
    }

    /// Forgets the faults that have not happened yet.
    pub fn clear_faults(&self) {
        self.world.faults().clear();
    }

    /// Lets readers lag behind writers by this much, on the emulator's clock.
    pub fn set_lag(&self, lag: Duration) {
        self.world.directory().lag = millis_of(lag);
    }

    /// Makes every change of an application or service principal last this long, in real time: another change of the same
    /// object that comes meanwhile is refused, as Entra does.
    pub fn set_write_time(&self, lasts: Duration) {
        self.world.writing.set_lasts(lasts);
    }

    /// What clients have made and not yet taken away, as it truly is.
    pub fn ledger(&self) -> Ledger {
        self.world.directory().ledger()
    }

    /// The requests so far: the latest 10,000.
    pub fn requests(&self) -> Vec<LoggedRequest> {
        self.world.log().all().iter().cloned().collect()
    }

    /// Forgets the requests so far.
    pub fn clear_requests(&self) {
        self.world.log().clear();
    }

    /// Sets what the tenant grants an application, in tokens issued from now on.
    pub fn grant(&self, client_id: &str, roles: &[&str]) {
        let roles = roles.iter().map(|role| (*role).to_owned()).collect();
        self.world.directory().grants.insert(client_id.to_owned(), roles);
    }

    /// Registers a certificate (PEM) with an application.
    pub fn register_certificate(&self, client_id: &str, pem: &str) -> Result<(), &'static str> {
        control::register_certificate(&self.world, client_id, pem)
    }

    /// Whether a user could sign in with this password now; if not, the AADSTS number that would say why.
    pub fn sign_in(&self, user_principal_name: &str, password: &str) -> Result<(), u32> {
        self.world.directory().sign_in(user_principal_name, password)
    }

    /// Back to the seeded tenant, without faults, lag or log. The clock stays where it is.
    pub fn reset(&self) {
        self.world.reset();
    }
}

/// An address that clients can connect to: "any address" is reached through the loopback.
fn reachable(address: SocketAddr) -> SocketAddr {
    if address.ip().is_unspecified() {
        SocketAddr::from(([127, 0, 0, 1], address.port()))
    } else {
        address
    }
}
