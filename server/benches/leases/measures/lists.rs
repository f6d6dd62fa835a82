//! Lists of 50, the first page and one deep down, and counts.

use std::cell::RefCell;
use std::time::Duration;

use serde_json::Value;

use super::filters::{self, Filter};

use crate::Result;
use crate::goals;
use crate::load::{Crowd, Watched};
use crate::process::Server;
use crate::report::{Report, note};
use crate::world::{NO_LIMIT, World};

/// How often each is asked for, unless it takes too long.
const TIMES: usize = 150;
const LONG_ENOUGH: Duration = Duration::from_secs(3);
/// Rows before a deep page, where there are as many.
const DEEP: usize = 50_000;

/// Measures lists and counts of so many leases; they are held against the aim where `aimed`.
pub async fn measure(world: &World, server: &Server, aimed: bool, report: &Report) -> Result<()> {
    let watched = world.watched(server);
    let mut crowd = Crowd::connect(server.address, 1).await?;
    for Filter {
        what,
        arguments,
        deep,
    } in filters::all(&world.items[world.items.len() / 2])
    {
        page(&mut crowd, watched, what, &arguments, None, aimed, report).await?;
        if deep {
            let (after, rows) = cursor(&mut crowd, watched, &arguments).await?;
            if after.is_some() {
                let what = format!("{what}, after {rows} rows");
                page(&mut crowd, watched, &what, &arguments, after, aimed, report).await?;
            }
        }
    }
    note(goals::LIST_OTHERS);
    let once = |number: usize| (number < TIMES).then(|| "{}".to_owned());
    let mut counts = crowd
        .call("leases/counts", LONG_ENOUGH, watched, once, |_| {})
        .await?;
    report.latencies("leases/counts", &mut counts, None);
    Ok(())
}

/// Asks for each list once: for what it does to the memory.
pub async fn look(world: &World, server: &Server) -> Result<()> {
    let watched = world.watched(server);
    let mut crowd = Crowd::connect(server.address, 1).await?;
    let lists = filters::all(&world.items[world.items.len() / 2]);
    let next = |number: usize| Some(lists.get(number)?.arguments.to_string());
    crowd.call("leases/list", NO_LIMIT, watched, next, |_| {}).await?;
    Ok(())
}

/// One page, again and again.
async fn page(
    crowd: &mut Crowd,
    watched: Watched,
    what: &str,
    filter: &Value,
    after: Option<String>,
    aimed: bool,
    report: &Report,
) -> Result<()> {
    let mut arguments = filter.clone();
    arguments["limit"] = 50.into();
    arguments["after"] = after.into();
    let arguments = arguments.to_string();
    let last = RefCell::new(Vec::new());
    // The first one may read from disk.
    for times in [3, TIMES] {
        let next = |number: usize| (number < times).then(|| arguments.clone());
        let seen = |answer: &[u8]| answer.clone_into(&mut last.borrow_mut());
        let mut outcome = crowd
            .call("leases/list", LONG_ENOUGH, watched, next, seen)
            .await?;
        if times == TIMES {
            let page: Value = serde_json::from_slice(&last.borrow())?;
            let rows = page["items"].as_array().map_or(0, Vec::len);
            let aim = aimed.then_some(goals::LIST);
            report.latencies(&format!("list, {what} ({rows} rows)"), &mut outcome, aim);
        }
    }
    Ok(())
}

/// The cursor that stands deep in a list, and after how many rows.
async fn cursor(crowd: &mut Crowd, watched: Watched, filter: &Value) -> Result<(Option<String>, usize)> {
    let (mut after, mut rows) = (None::<String>, 0);
    while rows < DEEP {
        let mut arguments = filter.clone();
        arguments["limit"] = 1000.into();
        arguments["after"] = after.clone().into();
        let arguments = arguments.to_string();
        let answer = RefCell::new(Value::Null);
        let next = |number: usize| (number == 0).then(|| arguments.clone());
        let seen = |body: &[u8]| {
            if let Ok(json) = serde_json::from_slice(body) {
                *answer.borrow_mut() = json;
            }
        };
        crowd.call("leases/list", NO_LIMIT, watched, next, seen).await?;
        let answer = answer.into_inner();
        let Some(next) = answer["next"].as_str() else {
            break;
        };
        rows += 1000;
        after = Some(next.to_owned());
    }
    Ok((after, rows))
}
