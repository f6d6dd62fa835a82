//! Expiry: many leases that end at the same moment.
//!
//! They are really generated; then their end is moved in the database, before a server is started on it. At the end the tenant must hold
//! nothing of them.

use std::path::Path;
use std::time::Duration;

use app::backend::Clock;

use super::generate;
use crate::goals;
use crate::load::Crowd;
use crate::report::{Report, section};
use crate::stats::{millis, number, text};
use crate::world::{NO_LIMIT, World};
use crate::{Result, Settings, database};

/// From the start of the server to the moment at which the leases end.
const HEAD_START_MILLIS: i64 = 2_000;

/// Measures it.
pub async fn measure(world: &World, settings: &Settings, report: &Report) -> Result<()> {
    let due = settings.due;
    section(&format!(
        "{due} leases due at once, of {} applications",
        world.items.len()
    ));
    let folder = world.folder("expiry")?;
    let server = world.serve(&folder)?;
    let mut crowd = Crowd::connect(server.address, 64).await?;
    let (outcome, _) = generate(&mut crowd, world.watched(&server), &world.items, due, NO_LIMIT).await?;
    if outcome.failed > 0 {
        report.wrong(format!(
            "{} leases were not generated: {:?}",
            outcome.failed, outcome.errors
        ));
    }
    drop(crowd);
    server.stop()?;

    let mut database = database::open(&folder).await?;
    let end = Clock::system().now().millis() + HEAD_START_MILLIS;
    let moved = database::end_all_at(&mut database, end).await?;
    let server = world.serve(&folder)?;
    let watched = world.watched(&server);
    settings.say_measured("expiry", watched);
    let before = watched.cpu()?;
    database::wait_until_ended(&mut database, true).await?;
    let cpu = watched.cpu_since(before)?;
    let mut lags = database::lags(&mut database, end).await?;
    let last = lags.at(1.0);
    let each = |cpu: Duration| text(millis(cpu) / number(lags.count()));
    let (ours, emulators) = (each(cpu.server), each(cpu.emulator));
    println!(
        "{moved} leases due at once: ended later than due by p50 {} ms, p99 {} ms, max {} ms: {}/s   CPU ms each: ours {ours}, emulator {emulators}",
        text(lags.at(0.5)),
        text(lags.at(0.99)),
        text(last),
        text(number(lags.count()) / last * 1000.0),
    );
    report.held_against("expiry", &[(goals::EXPIRY, last / 1000.0)], goals::EXPIRY_OTHERS);
    if u64::try_from(lags.count())? != moved {
        report.wrong(format!("{moved} leases were due, {} expired", lags.count()));
    }
    nothing_left(world, report).await?;
    server.stop()
}

/// Ends all leases of this folder, on which no server runs, and sees to it that the tenant holds nothing of them.
pub async fn end_everything(world: &World, folder: &Path, report: &Report) -> Result<()> {
    let mut database = database::open(folder).await?;
    database::end_all_at(&mut database, Clock::system().now().millis()).await?;
    let server = world.serve(folder)?;
    database::wait_until_ended(&mut database, true).await?;
    nothing_left(world, report).await?;
    server.stop()
}

/// What every run must come to: the tenant holds nothing of ours.
pub async fn nothing_left(world: &World, report: &Report) -> Result<()> {
    let ledger = world.tenant.left_behind().await?;
    if !ledger.is_empty() {
        let left = ledger.app_passwords.len();
        report.wrong(format!("the tenant still holds {left} secrets of ended leases"));
    }
    Ok(())
}
