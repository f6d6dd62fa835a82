//! What grows with the number of leases: the start, the memory, the lists.

use std::time::Duration;

use super::lists;
use crate::process::{Server, resident};
use crate::report::{Report, note, section};
use crate::stats::{Latencies, text};
use crate::world::World;
use crate::{Measure, Result, Settings, goals, seed};

/// How often the program is started.
const STARTS: usize = 5;
/// After the start, until it is idle.
const SETTLE: Duration = Duration::from_secs(2);

/// Measures it with no leases, a few and many.
pub async fn measure(world: &World, settings: &Settings, report: &Report) -> Result<()> {
    let many = settings.leases;
    for (count, live) in [(0, 0), (10_000, 500), (50_000, 50_000), (many, settings.live)] {
        let wants_lists = settings.wants(Measure::Lists) && (count == 10_000 || count == many);
        let wants_start = settings.wants(Measure::Start) && count != 10_000;
        if !wants_lists && !wants_start {
            continue;
        }
        section(&format!("{count} leases, of which {live} are active"));
        let folder = world.folder(&format!("size-{count}"))?;
        if count > 0 {
            let watch = app::backend::Stopwatch::start();
            seed::leases(&folder, count, live).await?;
            let mb = std::fs::metadata(folder.join("leasehold.db"))?.len() / 1_000_000;
            let seconds = text(watch.elapsed().as_secs_f64());
            note(&format!("written in {seconds} s, {mb} MB"));
        }
        if wants_start {
            start(world, &folder, count == many, report)?;
        }
        let server = world.serve(&folder)?;
        tokio::time::sleep(SETTLE).await;
        memory(&server, "after the start", count, many, report)?;
        if wants_lists {
            lists::measure(world, &server, count == many, report).await?;
        } else if count > 0 {
            lists::look(world, &server).await?;
        }
        if count > 0 {
            memory(&server, "after lists", count, many, report)?;
        }
        server.stop()?;
        std::fs::remove_dir_all(&folder)?;
    }
    Ok(())
}

fn start(world: &World, folder: &std::path::Path, aimed: bool, report: &Report) -> Result<()> {
    let mut starts = Latencies::default();
    for _ in 0..STARTS {
        let server = world.serve(folder)?;
        starts.add(server.ready_after);
        server.stop()?;
    }
    let (middle, longest) = (starts.at(0.5), starts.at(1.0));
    println!(
        "start to /readyz, {STARTS} times: p50 {} ms, max {} ms",
        text(middle),
        text(longest)
    );
    if aimed {
        report.held_against("start", &[(goals::READY, longest / 1000.0)], goals::READY_OTHERS);
    }
    Ok(())
}

fn memory(server: &Server, when: &str, count: i64, many: i64, report: &Report) -> Result<()> {
    let resident = resident(server.pid())?;
    println!("resident memory {when}: {} MB", text(resident));
    if count == 0 {
        report.held_against(
            "memory, idle",
            &[(goals::MEMORY_IDLE, resident)],
            goals::MEMORY_IDLE_OTHERS,
        );
    } else if count == many {
        let what = format!("memory {when}, {count} leases");
        report.held_against(
            &what,
            &[(goals::MEMORY_LARGE, resident)],
            goals::MEMORY_LARGE_OTHERS,
        );
    }
    Ok(())
}
