//! Lists of 50, the first page and one deep down, and counts.

use std::cell::RefCell;
use std::time::Duration;

use app::backend::Clock;
use serde_json::{Value, json};

use crate::Result;
use crate::goals;
use crate::load::{Crowd, Watched};
use crate::process::Server;
use crate::report::Report;
use crate::seed::{HOLDER, RARE_HOLDER, SPAN};
use crate::world::{NO_LIMIT, World};

/// How often each is asked for, unless it takes too long.
const TIMES: usize = 150;
const LONG_ENOUGH: Duration = Duration::from_secs(3);
/// Rows before a deep page, as a share of all.
const DEEP: usize = 5;

/// Filters by what they do; whether a deep page is asked for too.
fn lists(item: &str) -> Vec<(&'static str, Value, bool)> {
    let now = Clock::system().now();
    let ago = |part: i64| json!(now.plus_millis(-SPAN / part).to_string());
    let within = |hours: i64| json!(now.plus_millis(hours * 3_600_000).to_string());
    vec![
        ("all", json!({}), true),
        ("state expired: most", json!({"state": "expired"}), true),
        ("state active", json!({"state": "active"}), true),
        ("state live", json!({"state": "live"}), false),
        ("state revoking: 20, old", json!({"state": "revoking"}), false),
        (
            "state needs_attention: 20, old",
            json!({"state": "needs_attention"}),
            false,
        ),
        ("state generating: none", json!({"state": "generating"}), false),
        ("holder of one in 200", json!({"holder": HOLDER}), true),
        ("holder of 10", json!({"holder": RARE_HOLDER}), false),
        ("holder of none", json!({"holder": "token:nobody"}), false),
        (
            "holder of one in 200, active",
            json!({"holder": HOLDER, "state": "active"}),
            false,
        ),
        (
            "holder of 10, expired",
            json!({"holder": RARE_HOLDER, "state": "expired"}),
            false,
        ),
        (
            "holder of none, expired",
            json!({"holder": "token:nobody", "state": "expired"}),
            false,
        ),
        ("secret", json!({"secret": item}), false),
        (
            "secret, active",
            json!({"secret": item, "state": "active"}),
            false,
        ),
        (
            "secret, failed",
            json!({"secret": item, "state": "failed"}),
            false,
        ),
        ("target", json!({"target": "contoso"}), true),
        (
            "target, failed",
            json!({"target": "contoso", "state": "failed"}),
            false,
        ),
        (
            "ends_before in a month: all",
            json!({"ends_before": within(720)}),
            true,
        ),
        (
            "ends_before now: most, new",
            json!({"ends_before": within(0)}),
            false,
        ),
        (
            "ends_before half a year ago: half, old",
            json!({"ends_before": ago(2)}),
            false,
        ),
        (
            "ends_before 364 days ago: few, oldest",
            json!({"ends_before": json!(now.plus_millis(-SPAN + 86_400_000).to_string())}),
            false,
        ),
        (
            "ends_before a year ago: none",
            json!({"ends_before": json!(now.plus_millis(-SPAN).to_string())}),
            false,
        ),
        (
            "ends_before in 2 hours, active: few",
            json!({"ends_before": within(2), "state": "active"}),
            false,
        ),
        (
            "ends_before half a year ago, expired: old",
            json!({"ends_before": ago(2), "state": "expired"}),
            false,
        ),
        (
            "ends_before half a year ago, failed: old",
            json!({"ends_before": ago(2), "state": "failed"}),
            false,
        ),
        (
            "ends_before half a year ago, holder",
            json!({"ends_before": ago(2), "holder": HOLDER}),
            false,
        ),
        (
            "ends_before half a year ago, secret",
            json!({"ends_before": ago(2), "secret": item}),
            false,
        ),
        ("query: holder of 10", json!({"query": "rare"}), false),
        ("query: in no lease", json!({"query": "no such text"}), false),
    ]
}

/// Measures lists and counts of so many leases; they are held against the aim where `aimed`.
pub async fn measure(world: &World, server: &Server, aimed: bool, report: &Report) -> Result<()> {
    let watched = world.watched(server);
    let mut crowd = Crowd::connect(server.address, 1).await?;
    let mut longest = 0.0_f64;
    for (what, filter, deep) in lists(&world.items[world.items.len() / 2]) {
        longest = longest.max(page(&mut crowd, watched, what, &filter, None, report).await?);
        if deep {
            let (after, rows) = cursor(&mut crowd, watched, &filter).await?;
            let what = format!("{what}, after {rows} rows");
            longest = longest.max(page(&mut crowd, watched, &what, &filter, after, report).await?);
        }
    }
    if aimed {
        report.held_against("lists", &[(goals::LIST, longest)], goals::LIST_OTHERS);
    }
    let once = |number: usize| (number < TIMES).then(|| "{}".to_owned());
    let mut counts = crowd
        .call("leases/counts", LONG_ENOUGH, watched, once, |_| {})
        .await?;
    report.latencies("leases/counts", &mut counts);
    Ok(())
}

/// Asks for each list once: for what it does to the memory.
pub async fn look(world: &World, server: &Server) -> Result<()> {
    let watched = world.watched(server);
    let mut crowd = Crowd::connect(server.address, 1).await?;
    let lists = lists(&world.items[world.items.len() / 2]);
    let next = |number: usize| Some(lists.get(number)?.1.to_string());
    crowd.call("leases/list", NO_LIMIT, watched, next, |_| {}).await?;
    Ok(())
}

/// One page, again and again; gives the longest that it took.
async fn page(
    crowd: &mut Crowd,
    watched: Watched,
    what: &str,
    filter: &Value,
    after: Option<String>,
    report: &Report,
) -> Result<f64> {
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
            report.latencies(&format!("list, {what} ({rows} rows)"), &mut outcome);
            return Ok(outcome.latencies.at(1.0));
        }
    }
    Ok(0.0)
}

/// The cursor that stands deep in a list, and after how many rows.
async fn cursor(crowd: &mut Crowd, watched: Watched, filter: &Value) -> Result<(Option<String>, usize)> {
    let (mut after, mut rows) = (None::<String>, 0);
    while rows < DEEP * 10_000 {
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
