//! Generate: `app_secret`, each item of an application of its own, since Entra takes one change to an application at a time.

use super::{CLIENTS, WARM_UP, generate};
use crate::goals;
use crate::load::Crowd;
use crate::measures::expiry;
use crate::report::{Report, note, section};
use crate::stats::{millis, number};
use crate::world::{NO_LIMIT, World};
use crate::{Result, Settings};

/// Leases of a single application that are generated: it holds 1,000 secrets at most.
const OF_ONE: usize = 400;

/// Measures it.
pub async fn measure(world: &World, settings: &Settings, report: &Report) -> Result<()> {
    let applications = world.items.len();
    section(&format!(
        "leases/generate: app_secret, wait_usable false, {applications} items of one application each, in turn"
    ));
    let folder = world.folder("generate")?;
    for clients in CLIENTS {
        let server = world.serve(&folder)?;
        let watched = world.watched(&server);
        let mut crowd = Crowd::connect(server.address, clients).await?;
        generate(&mut crowd, watched, &world.items, usize::MAX, WARM_UP).await?;
        settings.say_measured(&format!("generate, {clients} clients"), watched);
        let (mut outcome, _) =
            generate(&mut crowd, watched, &world.items, usize::MAX, settings.time()).await?;
        report.requests(
            &format!("generate, {applications} applications"),
            clients,
            &mut outcome,
        );
        let count = number(outcome.latencies.count());
        let goals = goals::generate(clients);
        let mut measured = vec![(goals.rate, count / outcome.elapsed.as_secs_f64())];
        measured.extend(goals.p50.map(|aim| (aim, outcome.latencies.at(0.5))));
        measured.extend(goals.p99.map(|aim| (aim, outcome.latencies.at(0.99))));
        measured.extend(goals.cpu.map(|aim| (aim, millis(outcome.cpu.server) / count)));
        report.held_against(&format!("generate, {clients} clients"), &measured, goals.others);
        drop(crowd);
        server.stop()?;
        // The next measure begins with empty applications, as this one did.
        expiry::end_everything(world, &folder, report).await?;
    }
    one_application(world, &folder, report).await
}

async fn one_application(world: &World, folder: &std::path::Path, report: &Report) -> Result<()> {
    let server = world.serve(folder)?;
    let watched = world.watched(&server);
    let mut crowd = Crowd::connect(server.address, 64).await?;
    let item = world.items.get(..1).unwrap_or_default();
    generate(&mut crowd, watched, item, 64, NO_LIMIT).await?;
    let (mut outcome, _) = generate(&mut crowd, watched, item, OF_ONE, NO_LIMIT).await?;
    report.requests("generate, a single application", 64, &mut outcome);
    note("Entra takes one change to an application at a time, and so does the emulator's client");
    drop(crowd);
    server.stop()?;
    expiry::end_everything(world, folder, report).await
}
