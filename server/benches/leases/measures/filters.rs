//! The lists that are asked for: what matches a filter may be much or little, new or old, and an index may know it or not.

use app::backend::Clock;
use serde_json::{Value, json};

use crate::seed::{HOLDER, RARE_HOLDER, SPAN};

/// A list.
pub struct Filter {
    /// In words.
    pub what: &'static str,
    /// The arguments of the call.
    pub arguments: Value,
    /// Whether a page deep down is asked for too.
    pub deep: bool,
}

const fn list(what: &'static str, arguments: Value) -> Filter {
    Filter {
        what,
        arguments,
        deep: false,
    }
}

const fn deep(what: &'static str, arguments: Value) -> Filter {
    Filter {
        what,
        arguments,
        deep: true,
    }
}

/// Every list; `item` is the path of one.
pub fn all(item: &str) -> Vec<Filter> {
    let mut lists = by_state_and_holder();
    lists.extend(by_place(item));
    lists.extend(by_end(item));
    lists.push(list("query: holder of 10", json!({"query": "rare"})));
    lists.push(list("query: in no lease", json!({"query": "no such text"})));
    lists
}

fn by_state_and_holder() -> Vec<Filter> {
    vec![
        deep("all", json!({})),
        deep("state expired: most", json!({"state": "expired"})),
        deep("state active", json!({"state": "active"})),
        list("state live", json!({"state": "live"})),
        list("state revoking: 20, old", json!({"state": "revoking"})),
        list(
            "state needs_attention: 20, old",
            json!({"state": "needs_attention"}),
        ),
        list("state generating: none", json!({"state": "generating"})),
        deep("holder: one in 200", json!({"holder": HOLDER})),
        list("holder: 10", json!({"holder": RARE_HOLDER})),
        list("holder: none", json!({"holder": "token:nobody"})),
        list(
            "holder: one in 200, active",
            json!({"holder": HOLDER, "state": "active"}),
        ),
        list(
            "holder: 10, expired",
            json!({"holder": RARE_HOLDER, "state": "expired"}),
        ),
        list(
            "holder: none, expired",
            json!({"holder": "token:nobody", "state": "expired"}),
        ),
    ]
}

fn by_place(item: &str) -> Vec<Filter> {
    vec![
        list("secret", json!({"secret": item})),
        list("secret, active", json!({"secret": item, "state": "active"})),
        list("secret, failed: few", json!({"secret": item, "state": "failed"})),
        list("secret, holder: few", json!({"secret": item, "holder": HOLDER})),
        deep("target", json!({"target": "contoso"})),
        list("target, failed", json!({"target": "contoso", "state": "failed"})),
        list(
            "target, holder: 10",
            json!({"target": "contoso", "holder": RARE_HOLDER}),
        ),
    ]
}

fn by_end(item: &str) -> Vec<Filter> {
    let now = Clock::system().now();
    let at = |millis: i64| json!(now.plus_millis(millis).to_string());
    let (half, hour, day) = (at(-SPAN / 2), 3_600_000, 86_400_000);
    vec![
        deep(
            "ends_before in a month: all",
            json!({"ends_before": at(31 * day)}),
        ),
        list("ends_before now: most, new", json!({"ends_before": at(0)})),
        list(
            "ends_before half a year ago: half, old",
            json!({"ends_before": half}),
        ),
        list(
            "ends_before 364 days ago: few, the oldest",
            json!({"ends_before": at(day - SPAN)}),
        ),
        list("ends_before a year ago: none", json!({"ends_before": at(-SPAN)})),
        list(
            "ends_before in 2 hours, active: few",
            json!({"ends_before": at(2 * hour), "state": "active"}),
        ),
        list(
            "ends_before half a year ago, expired: old",
            json!({"ends_before": half, "state": "expired"}),
        ),
        list(
            "ends_before half a year ago, failed: old",
            json!({"ends_before": half, "state": "failed"}),
        ),
        list(
            "ends_before half a year ago, holder: old",
            json!({"ends_before": half, "holder": HOLDER}),
        ),
        list(
            "ends_before half a year ago, secret: old",
            json!({"ends_before": half, "secret": item}),
        ),
    ]
}
