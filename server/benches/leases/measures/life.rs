//! What holders do with a lease: look at it, renew it, give it back.

use super::{CLIENTS, WARM_UP, generate, named};
use crate::load::Crowd;
use crate::measures::expiry;
use crate::report::{Report, note, section};
use crate::stats::text;
use crate::world::{NO_LIMIT, World};
use crate::{Result, Settings, database};

/// Leases that are given back by 1, 16 and 64 clients.
const GIVEN_BACK: [usize; 3] = [500, 2_000, 4_000];

/// Measures it.
pub async fn measure(world: &World, settings: &Settings, report: &Report) -> Result<()> {
    let folder = world.folder("life")?;
    let server = world.serve(&folder)?;
    let watched = world.watched(&server);
    let mut crowd = Crowd::connect(server.address, 64).await?;
    let count = 2 * GIVEN_BACK.iter().sum::<usize>();
    let (filled, ids) = generate(&mut crowd, watched, &world.items, count, NO_LIMIT).await?;
    if filled.failed > 0 {
        report.wrong(format!(
            "{} leases were not generated: {:?}",
            filled.failed, filled.errors
        ));
    }
    section(&format!("{} active leases, each in turn", ids.len()));
    for (path, more) in [("get", None), ("renew", Some(("ttl", "45m")))] {
        let next = |number: usize| {
            let mut arguments = named(&ids[number % ids.len()]);
            if let Some((key, value)) = more {
                arguments[key] = value.into();
            }
            Some(arguments.to_string())
        };
        for clients in CLIENTS {
            let mut crowd = Crowd::connect(server.address, clients).await?;
            let call = format!("leases/{path}");
            crowd.call(&call, WARM_UP, watched, next, |_| {}).await?;
            settings.say_measured(&format!("{path}, {clients} clients"), watched);
            let mut outcome = crowd.call(&call, settings.time(), watched, next, |_| {}).await?;
            report.requests(path, clients, &mut outcome);
        }
    }
    let mut database = database::open(&folder).await?;
    let mut ids = ids.into_iter();
    for wait in [true, false] {
        for (clients, count) in CLIENTS.into_iter().zip(GIVEN_BACK) {
            let share: Vec<String> = ids.by_ref().take(count).collect();
            let mut crowd = Crowd::connect(server.address, clients).await?;
            let next = |number: usize| {
                let mut arguments = named(share.get(number)?);
                arguments["wait"] = wait.into();
                Some(arguments.to_string())
            };
            settings.say_measured(&format!("revoke, wait {wait}, {clients} clients"), watched);
            let before = watched.cpu()?;
            let watch = app::backend::Stopwatch::start();
            let mut outcome = crowd
                .call("leases/revoke", NO_LIMIT, watched, next, |_| {})
                .await?;
            database::wait_until_ended(&mut database, false).await?;
            outcome.cpu = watched.cpu_since(before)?;
            report.requests(&format!("revoke, wait {wait}"), clients, &mut outcome);
            if !wait {
                let gone = text(watch.elapsed().as_secs_f64());
                note(&format!("all gone from Entra after {gone} s; CPU until then"));
            }
        }
    }
    expiry::nothing_left(world, report).await?;
    server.stop()
}
