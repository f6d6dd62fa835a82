//! All leases, newest first: filtered by the address, refreshed while somebody looks.

use leptos::either::Either;
use leptos::prelude::*;
use leptos_router::hooks::use_query_map;
use leptos_router::params::ParamsMap;

use crate::components::search::{SearchForm, SearchInput, typed};
use crate::components::{
    Empty, ErrorNotice, Icon, LeaseTable, LinkButton, PageHeader, Pager, Place, Refresh, SubmitButton,
    Variant,
};
use crate::domain::{
    ApiError, ItemPath, Lease, LeaseCounts, LeaseState, LeaseStateFilter, Limit, Page, TargetName,
};
use crate::{api, routes};

/// What the address asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Asked {
    /// Nothing for all.
    state: Option<LeaseStateFilter>,
    query: String,
    secret: String,
    target: String,
    place: Place,
}

/// The word for "every state" in the address; without a word it is the live ones.
const ALL: &str = "all";

impl Asked {
    fn from_query(query: &ParamsMap) -> Self {
        let text = |name| query.get(name).unwrap_or_default();
        let state = text("state");
        let live = Some(LeaseStateFilter::Live);
        Self {
            state: if state == ALL {
                None
            } else {
                LeaseStateFilter::from_name(&state).or(live)
            },
            query: text("q").trim().to_owned(),
            secret: text("secret"),
            target: text("target"),
            place: Place::from_query(query.get("after"), query.get("trail").as_deref()),
        }
    }

    fn state_name(&self) -> &'static str {
        self.state.map_or(ALL, LeaseStateFilter::as_str)
    }

    /// The address's parameters but for the place in the list.
    fn filters(&self) -> Vec<(&'static str, String)> {
        vec![
            ("state", self.state_name().to_owned()),
            ("q", self.query.clone()),
            ("secret", self.secret.clone()),
            ("target", self.target.clone()),
        ]
    }

    fn address(&self) -> String {
        let filters = self.filters();
        let parameters: Vec<_> = filters
            .iter()
            .map(|(name, value)| (*name, value.as_str()))
            .collect();
        routes::with_query(&routes::leases(), &parameters)
    }

    fn is_narrowed(&self) -> bool {
        !(self.query.is_empty() && self.secret.is_empty() && self.target.is_empty())
    }

    async fn read(self) -> Result<Page<Lease>, ApiError> {
        // An address that names no item or target finds nothing; it is not an error of the page.
        let secret = parse(&self.secret, ItemPath::parse)?;
        let target = parse(&self.target, TargetName::parse)?;
        let query = Some(self.query).filter(|query| !query.is_empty());
        let after = self.place.after;
        api::leases::list(
            secret,
            self.state,
            None,
            target,
            None,
            query,
            Limit::default(),
            after,
        )
        .await
    }
}

fn parse<T>(text: &str, read: fn(&str) -> Result<T, crate::domain::Invalid>) -> Result<Option<T>, ApiError> {
    if text.is_empty() {
        return Ok(None);
    }
    read(text)
        .map(Some)
        .map_err(|why| ApiError::invalid("filter", why))
}

/// The page.
#[component]
pub fn LeasesPage() -> impl IntoView {
    let query = use_query_map();
    let asked = Memo::new(move |_| Asked::from_query(&query.read()));
    let refresh = Refresh::while_visible();
    let leases = Resource::new(
        move || (asked.get(), refresh.version()),
        |(asked, _)| asked.read(),
    );
    let counts = Resource::new(move || refresh.version(), |_| api::leases::counts());
    view! {
        <PageHeader title="Leases" lead="One row a credential that was taken out: who holds it, and when it ends." />
        <Transition>
            {move || {
                let asked = asked.get();
                Suspend::new(async move {
                    view! { <StateFilter asked counts=counts.await.ok() /> }
                })
            }}
        </Transition>
        <Search asked />
        <Transition fallback=|| view! { <p class="loading">"Reading leases"</p> }>
            {move || {
                let asked = asked.get();
                Suspend::new(async move {
                    match leases.await {
                        Ok(page) => Either::Left(view! { <Rows asked page on_done=refresh.callback() /> }),
                        Err(error) => Either::Right(view! { <ErrorNotice error /> }),
                    }
                })
            }}
        </Transition>
    }
}

/// The states as links, with how many there are of each.
#[component]
fn StateFilter(asked: Asked, counts: Option<LeaseCounts>) -> impl IntoView {
    let filters = [
        (Some(LeaseStateFilter::Live), "Live"),
        (Some(LeaseStateFilter::State(LeaseState::Active)), "Active"),
        (Some(LeaseStateFilter::State(LeaseState::Revoking)), "Revoking"),
        (Some(LeaseStateFilter::NeedsAttention), "Needs attention"),
        (Some(LeaseStateFilter::State(LeaseState::Revoked)), "Revoked"),
        (Some(LeaseStateFilter::State(LeaseState::Expired)), "Expired"),
        (Some(LeaseStateFilter::State(LeaseState::Failed)), "Not issued"),
        (Some(LeaseStateFilter::State(LeaseState::Abandoned)), "Given up"),
        (None, "All"),
    ];
    let link = move |(state, name): (Option<LeaseStateFilter>, &'static str)| {
        let there = Asked {
            state,
            place: Place::default(),
            ..asked.clone()
        };
        let href = there.address();
        let current = (state == asked.state).then_some("true");
        let count = counts.map(|counts| count(&counts, state));
        view! {
            <li>
                <a href=href aria-current=current>
                    {name}
                    {count.map(|count| view! { <span class="filter-count">{count}</span> })}
                </a>
            </li>
        }
    };
    view! {
        <nav class="filters" aria-label="State">
            <ul>{filters.into_iter().map(link).collect_view()}</ul>
        </nav>
    }
}

fn count(counts: &LeaseCounts, state: Option<LeaseStateFilter>) -> u64 {
    let of = |state: LeaseState| match state {
        LeaseState::Generating => counts.generating,
        LeaseState::Active => counts.active,
        LeaseState::Revoking => counts.revoking,
        LeaseState::Revoked => counts.revoked,
        LeaseState::Expired => counts.expired,
        LeaseState::Failed => counts.failed,
        LeaseState::Abandoned => counts.abandoned,
    };
    match state {
        Some(LeaseStateFilter::NeedsAttention) => counts.needs_attention,
        Some(filter) => filter.states().into_iter().map(of).sum(),
        None => LeaseState::ALL.into_iter().map(of).sum(),
    }
}

/// Searching, and the filters that other pages' links set.
#[component]
fn Search(asked: Memo<Asked>) -> impl IntoView {
    let node = NodeRef::new();
    let address = Callback::new(move |()| {
        let there = Asked {
            query: typed(node),
            place: Place::default(),
            ..asked.get_untracked()
        };
        there.address()
    });
    let set_elsewhere = move || {
        let asked = asked.get();
        [
            ("secret", "Item", asked.secret),
            ("target", "Target", asked.target),
        ]
        .into_iter()
        .filter(|(_, _, value)| !value.is_empty())
    };
    let hidden = move || {
        set_elsewhere()
            .map(|(name, _, value)| view! { <input type="hidden" name=name value=value /> })
            .collect_view()
    };
    let chips = move || {
        let tag = |(_, label, value)| {
            view! {
                <span class="tag">
                    {label} ": " <span class="mono">{value}</span>
                </span>
            }
        };
        let asked = asked.get();
        let clear = routes::with_query(&routes::leases(), &[("state", asked.state_name())]);
        asked.is_narrowed().then(|| {
            view! {
                <p class="chips">
                    {set_elsewhere().map(tag).collect_view()} <a href=clear>"Clear search and filters"</a>
                </p>
            }
        })
    };
    view! {
        <SearchForm action=routes::leases() address>
            <input type="hidden" name="state" value=move || asked.get().state_name() />
            {hidden}
            <div class="search-row">
                <SearchInput
                    node
                    label="Search leases by item, identity, holder or ID"
                    placeholder="Item, identity, holder or ID"
                    value=Signal::derive(move || asked.get().query)
                />
                <SubmitButton plain=true variant=Variant::Secondary icon=Icon::Search>
                    "Search"
                </SubmitButton>
            </div>
            {chips}
        </SearchForm>
    }
}

/// The table with its pages, or why there is none.
#[component]
fn Rows(asked: Asked, page: Page<Lease>, on_done: Callback<()>) -> impl IntoView {
    if page.items.is_empty() {
        return Either::Left(view! { <NoRows asked /> });
    }
    let shown = page.items.len();
    Either::Right(view! {
        <LeaseTable leases=page.items caption="Leases, newest first" on_done />
        <Pager path=routes::leases() filters=asked.filters() place=asked.place next=page.next shown />
    })
}

/// Nothing matches, nothing of this state, or nothing yet: three different things.
#[component]
fn NoRows(asked: Asked) -> impl IntoView {
    let every = routes::with_query(&routes::leases(), &[("state", ALL)]);
    let (title, text, link) = match asked.state {
        _ if asked.is_narrowed() || asked.place.after.is_some() => (
            "No lease matches",
            "Nothing in this state fits the search.",
            ("Show all leases", every),
        ),
        Some(LeaseStateFilter::NeedsAttention) => (
            "Nothing needs attention",
            "What is being taken back goes well; what was given up stands under Given up.",
            ("Show all leases", every),
        ),
        Some(LeaseStateFilter::Live) => (
            "No lease is live",
            "Generate from an item, and it stands here with its time until it is gone from Entra.",
            ("Go to the items", routes::items()),
        ),
        Some(LeaseStateFilter::State(_)) => (
            "No lease is in this state",
            "Leases stay in the list after they ended.",
            ("Show all leases", every),
        ),
        None => (
            "No leases yet",
            "Generate from an item, and it stands here with its time.",
            ("Go to the items", routes::items()),
        ),
    };
    view! {
        <Empty title=title>
            <p>{text}</p>
            <LinkButton href=link.1>{link.0}</LinkButton>
        </Empty>
    }
}
