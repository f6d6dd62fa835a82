//! Load: so many clients, each with a connection of its own, each with one request at a time under way.

use std::cell::{Cell, RefCell};
use std::net::SocketAddr;
use std::time::Duration;

use app::backend::Stopwatch;
use futures::future::join_all;

use crate::Result;
use crate::http::Client;
use crate::process::{TOKEN, cpu_of};
use crate::stats::Latencies;

/// Errors that are shown of one measure.
const SHOWN: usize = 3;

/// Connections that are kept from one measure to the next.
pub struct Crowd {
    clients: Vec<Client>,
}

/// Whose processor time is told apart.
#[derive(Clone, Copy)]
pub struct Watched {
    /// `leasehold serve`.
    pub server: u32,
    /// The emulator.
    pub emulator: u32,
}

/// Processor time, by process.
#[derive(Clone, Copy, Default)]
pub struct Cpu {
    /// `leasehold serve`.
    pub server: Duration,
    /// The emulator.
    pub emulator: Duration,
    /// This process.
    pub load: Duration,
}

impl Watched {
    /// What they have had so far.
    pub fn cpu(self) -> Result<Cpu> {
        Ok(Cpu {
            server: cpu_of(self.server)?,
            emulator: cpu_of(self.emulator)?,
            load: cpu_of(std::process::id())?,
        })
    }

    /// What they have had since then.
    pub fn cpu_since(self, before: Cpu) -> Result<Cpu> {
        let now = self.cpu()?;
        Ok(Cpu {
            server: now.server.saturating_sub(before.server),
            emulator: now.emulator.saturating_sub(before.emulator),
            load: now.load.saturating_sub(before.load),
        })
    }
}

/// What came of it.
#[derive(Default)]
pub struct Outcome {
    /// Of the requests that succeeded.
    pub latencies: Latencies,
    /// From the first request to the last answer.
    pub elapsed: Duration,
    /// Requests that failed.
    pub failed: usize,
    /// The first of those.
    pub errors: Vec<String>,
    /// The processor time that it took.
    pub cpu: Cpu,
}

impl Crowd {
    /// So many clients of the server, connected.
    pub async fn connect(address: SocketAddr, count: usize) -> Result<Self> {
        let mut clients = Vec::with_capacity(count);
        for _ in 0..count {
            clients.push(Client::connect(address, Some(TOKEN)).await?);
        }
        Ok(Self { clients })
    }

    /// Makes the call again and again, each time with the arguments that `next` gives for its number, until there are none or
    /// the time is up. `seen` gets every good answer.
    pub async fn call(
        &mut self,
        path: &str,
        time: Duration,
        watched: Watched,
        next: impl Fn(usize) -> Option<String>,
        seen: impl Fn(&[u8]),
    ) -> Result<Outcome> {
        let path = &format!("/api/v1/{path}");
        let before = watched.cpu()?;
        let (number, watch) = (Cell::new(0), Stopwatch::start());
        let outcome = RefCell::new(Outcome::default());
        let one = async |client: &mut Client| -> Result<()> {
            while watch.elapsed() < time {
                let Some(arguments) = next(number.replace(number.get() + 1)) else {
                    break;
                };
                let watch = Stopwatch::start();
                let status = client.post(path, &arguments).await?;
                let elapsed = watch.elapsed();
                let mut outcome = outcome.borrow_mut();
                if status == 200 || status == 202 {
                    outcome.latencies.add(elapsed);
                    seen(client.body());
                } else {
                    outcome.failed += 1;
                    if outcome.errors.len() < SHOWN {
                        let body = String::from_utf8_lossy(client.body());
                        outcome.errors.push(format!("{path} {status} {body}"));
                    }
                }
            }
            Ok(())
        };
        for ended in join_all(self.clients.iter_mut().map(one)).await {
            ended?;
        }
        let mut outcome = outcome.into_inner();
        outcome.elapsed = watch.elapsed();
        outcome.cpu = watched.cpu_since(before)?;
        Ok(outcome)
    }
}
