//! `make bench`: how fast Leasehold is, and what it costs, beside the figures to beat.
//!
//! Three processes on one machine: the program as it is shipped (`leasehold serve`, its database on disk, every commit synced, writes to
//! Entra not paced), the emulated tenant without latency, and this one, which makes the load. Each one's processor time is told.
//!
//! Rule: what is wrong fails the run (a refused request, a secret left in the tenant); what is slow is only said.
//!
//! To add a measure: a file in `measures`, a variant of [`Measure`], its figure in `goals`.

mod database;
mod goals;
mod http;
mod load;
mod measures;
mod process;
mod report;
mod seed;
mod stats;
mod tenant;
mod world;

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use clap::{Parser, ValueEnum};

use load::Watched;
use report::Report;
use world::World;

/// What can go wrong is told in words.
type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

/// What is measured.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Measure {
    /// Generate at 1, 16 and 64 clients
    Generate,
    /// Get, renew and revoke at 1, 16 and 64 clients
    Life,
    /// Many leases due at once
    Expiry,
    /// Lists and counts of 10,000 and of many leases
    Lists,
    /// Start and memory with none, 50,000 and many leases
    Start,
}

/// Measures Leasehold.
#[derive(Parser)]
#[command(name = "make bench", disable_version_flag = true)]
struct Settings {
    /// What to measure; everything where nothing is said
    #[arg(value_enum)]
    measures: Vec<Measure>,
    /// How long each load lasts
    #[arg(long, default_value_t = 5)]
    seconds: u64,
    /// Applications, each with an item
    #[arg(long, default_value_t = 1_000)]
    applications: usize,
    /// How many leases "many" are
    #[arg(long, default_value_t = 1_000_000)]
    leases: i64,
    /// How many of those are active
    #[arg(long, default_value_t = 50_000)]
    live: i64,
    /// How many leases are due at once
    #[arg(long, default_value_t = 10_000)]
    due: usize,
    /// Another build of the program, such as one that a profiler can read
    #[arg(long, default_value = env!("CARGO_BIN_EXE_leasehold"))]
    program: PathBuf,
    /// Say on standard error which process is being measured, for a profiler
    #[arg(long)]
    say_pids: bool,
    /// What cargo adds by itself
    #[arg(long, hide = true)]
    bench: bool,
}

impl Settings {
    fn wants(&self, measure: Measure) -> bool {
        self.measures.is_empty() || self.measures.contains(&measure)
    }

    fn time(&self) -> Duration {
        Duration::from_secs(self.seconds)
    }

    fn say_measured(&self, what: &str, watched: Watched) {
        if self.say_pids {
            eprintln!("{what}: server {}, emulator {}", watched.server, watched.emulator);
        }
    }
}

fn main() -> ExitCode {
    match run() {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("bench: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<bool> {
    // One thread does for the load and for the tenant, and leaves the rest to the server.
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    if std::env::args().nth(1).as_deref() == Some(tenant::EMULATE) {
        runtime.block_on(tenant::emulate())?;
        return Ok(true);
    }
    runtime.block_on(measure(&Settings::parse()))
}

async fn measure(settings: &Settings) -> Result<bool> {
    let processors = std::thread::available_parallelism()?;
    println!("Leasehold on {processors} processors, which the load and the emulated tenant share");
    let busy = std::fs::read_to_string("/proc/loadavg")?;
    let busy = busy.split(' ').next().unwrap_or_default();
    println!("load average before: {busy} (the aims are for processors that are idle, so below 0.5)");
    let world = World::make(&settings.program, settings.applications).await?;
    let report = Report::default();
    if settings.wants(Measure::Generate) {
        measures::generate::measure(&world, settings, &report).await?;
    }
    if settings.wants(Measure::Life) {
        measures::life::measure(&world, settings, &report).await?;
    }
    if settings.wants(Measure::Expiry) {
        measures::expiry::measure(&world, settings, &report).await?;
    }
    if settings.wants(Measure::Lists) || settings.wants(Measure::Start) {
        measures::size::measure(&world, settings, &report).await?;
    }
    Ok(report.finish())
}
