//! The processes that run one after the other on the same data, and the tenant that they act on.
//!
//! Each process has a runtime of its own, so that it can die: dropping the runtime ends every task where it stands. The tenant is
//! one for all sequences of a thread, put back to its beginning for each, and the data is a copy of what was made once: a
//! sequence begins in milliseconds.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use tempfile::TempDir;
use tokio::runtime::{Builder, Runtime};

use super::super::World;
use super::step::ITEMS_A_KIND;
use crate::backend::graph::Timing;
use crate::backend::{Backend, BackendOptions, Clock, Entropy};
use crate::domain::{DynamicSecret, Identity, Kind, Timestamp};

/// When each sequence begins.
const BEGINNING: i64 = 1_790_000_000_000;

thread_local! {
    static TENANT: &'static Tenant = Box::leak(Box::new(Tenant::new()));
}

/// The tenant, and the data of an installation with a target and items.
pub(super) struct Tenant {
    /// Where the emulator runs: while processes come and go, it stays.
    runtime: Runtime,
    world: World,
    pub(super) items: Vec<DynamicSecret>,
}

impl Tenant {
    fn new() -> Self {
        // One worker, so that what reached it first is answered first.
        let runtime = Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .unwrap();
        let (world, items) = runtime.block_on(async {
            let world = World::new().await;
            let mut items = Vec::new();
            for kind in Kind::ALL {
                let first = world.item_of(kind).await;
                for twin in 1..ITEMS_A_KIND {
                    let path = format!("{}-{twin}", first.path);
                    items.push(world.item(&path, first.spec.clone()).await.unwrap());
                }
                items.push(first);
            }
            world.backend.shutdown(Duration::from_secs(5)).await;
            (world, items)
        });
        Self {
            runtime,
            world,
            items,
        }
    }

    /// Returns once everything that was sent to the emulator before has been answered: what a process asked for before it died
    /// must not be done long after.
    fn drain(&self) {
        let clock = format!("{}/_emulator/clock", self.world.emulator.url());
        self.runtime.block_on(async {
            for _ in 0..2 {
                reqwest::Client::new().get(&clock).send().await.unwrap();
            }
        });
    }
}

/// A process.
struct Process {
    runtime: Runtime,
    backend: Backend,
}

/// An installation: its data, and the process that runs on it.
pub(super) struct Installation {
    pub(super) tenant: &'static Tenant,
    data: TempDir,
    process: Option<Process>,
    /// Processes so far. Each draws other random numbers.
    processes: u64,
    /// How far our clock is ahead of Entra's.
    ahead: Arc<AtomicI64>,
}

impl Installation {
    /// A fresh one in a fresh tenant.
    pub(super) fn new() -> Self {
        let tenant = TENANT.with(|tenant| *tenant);
        tenant.drain();
        tenant.world.emulator.clock().set_millis(BEGINNING);
        tenant.world.emulator.reset();
        let data = tempfile::tempdir().unwrap();
        for file in std::fs::read_dir(tenant.world.data_dir()).unwrap() {
            let file = file.unwrap();
            std::fs::copy(file.path(), data.path().join(file.file_name())).unwrap();
        }
        let mut new = Self {
            tenant,
            data,
            process: None,
            processes: 0,
            ahead: Arc::default(),
        };
        new.start();
        new
    }

    fn start(&mut self) {
        self.processes += 1;
        let (theirs, ahead) = (self.emulator().clock(), self.ahead.clone());
        let ours = move || theirs.now_millis() + ahead.load(Ordering::SeqCst);
        let options = BackendOptions {
            data_dir: self.data.path().to_owned(),
            clock: Clock::from_fn(move || Timestamp::from_millis(ours())),
            entropy: Entropy::seeded(self.processes),
            writes_per_second: 0.0,
            secure_cookie: false,
            timing: Timing {
                request_timeout: Duration::from_millis(1_500),
                base_delay: Duration::from_millis(1),
                max_delay: Duration::from_millis(4),
                total_budget: Duration::from_millis(400),
                replication_budget: Duration::from_millis(30),
                verify_budget: Duration::from_millis(8),
                ..Timing::for_tests()
            },
        };
        let runtime = Builder::new_current_thread().enable_all().build().unwrap();
        let backend = runtime.block_on(Backend::open(options)).unwrap();
        self.process = Some(Process { runtime, backend });
    }

    /// Stops the process in good order, and starts the next.
    pub(super) fn restart(&mut self) {
        self.run(|backend| async move { backend.shutdown(Duration::from_secs(5)).await });
        self.kill();
    }

    /// Ends the process wherever it stands, and starts the next.
    pub(super) fn kill(&mut self) {
        self.end();
        self.tenant.drain();
        self.start();
    }

    fn end(&mut self) {
        if let Some(Process { runtime, backend }) = self.process.take() {
            let inside = runtime.enter();
            drop(backend);
            drop(inside);
            drop(runtime);
        }
    }

    /// Runs something in the process, and with it whatever the process has under way.
    pub(super) fn run<F: Future>(&self, act: impl FnOnce(Backend) -> F) -> F::Output {
        let Process { runtime, backend } = self.process.as_ref().unwrap();
        runtime.block_on(act(backend.clone()))
    }

    pub(super) fn emulator(&self) -> &'static emulator::Emulator {
        &self.tenant.world.emulator
    }

    pub(super) fn by(&self) -> &'static Identity {
        &self.tenant.world.by
    }

    /// What our clock says.
    pub(super) fn now(&self) -> i64 {
        self.emulator().clock().now_millis() + self.ahead.load(Ordering::SeqCst)
    }

    /// Time goes on, for us and for Entra.
    pub(super) fn wait(&self, millis: u64) {
        self.emulator().clock().advance(Duration::from_millis(millis));
    }

    /// Our clock alone is put forward, or back where negative.
    pub(super) fn step_clock(&self, millis: i64) {
        self.ahead.fetch_add(millis, Ordering::SeqCst);
    }
}

impl Drop for Installation {
    fn drop(&mut self) {
        self.end();
    }
}

/// Returns once Entra has been asked so often, counted from now.
pub(super) async fn asked(emulator: &emulator::Emulator, requests: usize) {
    let before = emulator.requests().len();
    while emulator.requests().len() < before + requests {
        tokio::task::yield_now().await;
    }
}
