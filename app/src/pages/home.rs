//! Home: what is live, what needs somebody, and the items one would generate from.

use leptos::either::Either;
use leptos::prelude::*;

use crate::components::lease_table::holder;
use crate::components::{
    Countdown, Empty, ErrorNotice, Fuse, GenerateButton, Icon, LinkButton, PageHeader, Refresh, RenewButton,
    StateBadge, Variant, now, ttl_text,
};
use crate::domain::{
    ApiError, DynamicSecret, Lease, LeaseCounts, LeaseState, LeaseStateFilter, Limit, Page, Timestamp,
};
use crate::{api, routes};

const SHORT_LIST: usize = 5;
const HOUR: i64 = 3_600_000;

/// All that Home shows.
struct Overview {
    counts: LeaseCounts,
    /// Active leases that end within the hour.
    ending: Page<Lease>,
    attention: Page<Lease>,
    items: Page<DynamicSecret>,
    targets: usize,
}

async fn in_state(state: LeaseStateFilter, ends_before: Option<Timestamp>) -> Result<Page<Lease>, ApiError> {
    api::leases::list(
        None,
        Some(state),
        None,
        None,
        ends_before,
        None,
        Limit::default(),
        None,
    )
    .await
}

/// The page.
#[component]
pub fn HomePage() -> impl IntoView {
    let refresh = Refresh::while_visible();
    let now = now();
    let version = move || refresh.version();
    // Read side by side, shown together.
    let counts = Resource::new(version, |_| api::leases::counts());
    let ending = Resource::new(
        move || (version(), now.get_untracked()),
        |(_, now)| {
            in_state(
                LeaseStateFilter::State(LeaseState::Active),
                Some(now.plus_millis(HOUR)),
            )
        },
    );
    let attention = Resource::new(version, |_| in_state(LeaseStateFilter::NeedsAttention, None));
    let items = Resource::new(version, |_| {
        api::secrets::list(None, None, None, None, Limit::default(), None)
    });
    let targets = Resource::new(version, |_| api::targets::list(Limit::default(), None));
    let overview = move || async move {
        Ok::<_, ApiError>(Overview {
            counts: counts.await?,
            ending: ending.await?,
            attention: attention.await?,
            items: items.await?,
            targets: targets.await?.items.len(),
        })
    };
    view! {
        <PageHeader title="Home" />
        <Transition fallback=|| view! { <p class="loading">"Reading what is live"</p> }>
            {move || {
                let overview = overview();
                Suspend::new(async move {
                    match overview.await {
                        Ok(overview) => Either::Left(view! { <Full overview on_done=refresh.callback() /> }),
                        Err(error) => Either::Right(view! { <ErrorNotice error /> }),
                    }
                })
            }}
        </Transition>
    }
}

/// What is live; before there is anything, what to do first.
#[component]
fn Full(overview: Overview, on_done: Callback<()>) -> impl IntoView {
    let Overview {
        counts,
        ending,
        attention,
        items,
        targets,
    } = overview;
    if items.items.is_empty() {
        return Either::Left(view! { <FirstSteps targets /> });
    }
    let needs_attention =
        (!attention.items.is_empty()).then(|| view! { <Attention leases=attention.items /> });
    Either::Right(view! {
        <Figures counts ending=ending.items.len() more_ending=ending.next.is_some() targets />
        {needs_attention}
        <div class="home-columns">
            <Items items=items.items on_done />
            <Ending leases=ending.items on_done />
        </div>
    })
}

/// The four numbers, each a way to what it counts.
#[component]
fn Figures(counts: LeaseCounts, ending: usize, more_ending: bool, targets: usize) -> impl IntoView {
    let leases = |state: &str| routes::with_query(&routes::leases(), &[("state", state)]);
    let ending = if more_ending {
        format!("{ending}+")
    } else {
        ending.to_string()
    };
    let attention_note = match (counts.needs_attention, counts.abandoned) {
        (0, 0) => "all revocations confirmed".to_owned(),
        (0, given_up) => format!("{given_up} given up"),
        (_, _) => "still in Entra, tried again".to_owned(),
    };
    let figures = [
        (
            counts.active.to_string(),
            "active leases",
            String::new(),
            leases("active"),
            false,
        ),
        (ending, "end within 1 h", String::new(), leases("active"), false),
        (
            counts.needs_attention.to_string(),
            if counts.needs_attention == 1 {
                "needs attention"
            } else {
                "need attention"
            },
            attention_note,
            leases("needs_attention"),
            counts.needs_attention > 0,
        ),
        (
            targets.to_string(),
            if targets == 1 { "target" } else { "targets" },
            String::new(),
            routes::targets(),
            false,
        ),
    ];
    let figure = |(number, name, note, href, crit): (String, &'static str, String, String, bool)| {
        view! {
            <li>
                <a href=href class:crit=crit>
                    <span class="figure">{number}</span>
                    <span>{name}</span>
                    {(!note.is_empty()).then(|| view! { <span class="meta">{note}</span> })}
                </a>
            </li>
        }
    };
    view! { <ul class="figures">{figures.into_iter().map(figure).collect_view()}</ul> }
}

/// What Entra has not let go yet, oldest first.
#[component]
fn Attention(leases: Vec<Lease>) -> impl IntoView {
    let row = |lease: Lease| {
        let href = routes::lease(&lease.id);
        view! {
            <li class="row">
                <div class="row-main">
                    <a href=href>{lease.identity.clone()}</a>
                    <span class="sub">{lease.last_error.clone()}</span>
                </div>
                <StateBadge lease=lease.clone() />
                <span class="meta">
                    {lease.next_attempt_at.map(|at| view! { "next try " <Countdown at /> })}
                </span>
            </li>
        }
    };
    view! {
        <section class="section" aria-labelledby="attention">
            <h2 id="attention">"Needs attention"</h2>
            <ul class="rows">{leases.into_iter().rev().take(SHORT_LIST).map(row).collect_view()}</ul>
        </section>
    }
}

/// The items that were used last.
#[component]
fn Items(items: Vec<DynamicSecret>, on_done: Callback<()>) -> impl IntoView {
    let mut items = items;
    items.sort_by_key(|item| std::cmp::Reverse((item.last_used_at, item.updated_at)));
    let row = |item: DynamicSecret| {
        view! {
            <li class="row">
                <div class="row-main">
                    <a href=routes::item(&item.path)>{item.path.to_string()}</a>
                    <span class="sub">{item.subject()} " · " {ttl_text(item.default_ttl)}</span>
                </div>
                <GenerateButton secret=item.clone() on_done />
            </li>
        }
    };
    view! {
        <section class="section" aria-labelledby="recent">
            <div class="section-head">
                <h2 id="recent">"Recent items"</h2>
                <a href=routes::items()>"All items"</a>
            </div>
            <ul class="rows">{items.into_iter().take(SHORT_LIST).map(row).collect_view()}</ul>
        </section>
    }
}

/// The active leases that end first.
#[component]
fn Ending(leases: Vec<Lease>, on_done: Callback<()>) -> impl IntoView {
    let mut leases = leases;
    leases.sort_by_key(|lease| lease.expires_at);
    let row = |lease: Lease| {
        view! {
            <li class="row">
                <div class="row-main">
                    <a href=routes::lease(&lease.id)>{lease.identity.clone()}</a>
                    <span class="sub">{lease.secret.to_string()} " · " {holder(&lease.holder)}</span>
                    <Fuse lease=lease.clone() />
                </div>
                <RenewButton lease=lease.clone() on_done />
            </li>
        }
    };
    let body = if leases.is_empty() {
        Either::Left(view! { <p class="lead">"Nothing ends within the hour."</p> })
    } else {
        Either::Right(
            view! { <ul class="rows">{leases.into_iter().take(SHORT_LIST).map(row).collect_view()}</ul> },
        )
    };
    view! {
        <section class="section" aria-labelledby="ending">
            <div class="section-head">
                <h2 id="ending">"Ending soonest"</h2>
                <a href=routes::leases()>"All live leases"</a>
            </div>
            {body}
        </section>
    }
}

/// A fresh start: a target, then an item.
#[component]
fn FirstSteps(targets: usize) -> impl IntoView {
    if targets == 0 {
        return Either::Left(view! {
            <Empty title="Begin with a target">
                <p>
                    "A target is a Microsoft Entra tenant and an app registration that acts there. Then make an item, and generate credentials from it that end by themselves."
                </p>
                <LinkButton href=routes::new_target() variant=Variant::Primary icon=Icon::Plus>
                    "New target"
                </LinkButton>
            </Empty>
        });
    }
    Either::Right(view! {
        <Empty title="Make the first item">
            <p>
                "The target is there. An item says what Entra should make on it: a client secret of an application, or a temporary user with its groups and roles."
            </p>
            <div class="page-actions">
                <LinkButton href=routes::targets()>"See the targets"</LinkButton>
                <LinkButton href=routes::new_item() variant=Variant::Primary icon=Icon::Plus>
                    "New dynamic secret"
                </LinkButton>
            </div>
        </Empty>
    })
}
