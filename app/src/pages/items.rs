//! The items: folders at the side, the items of one folder and those below it in a table.

use leptos::either::Either;
use leptos::html;
use leptos::prelude::*;
use leptos_router::hooks::use_query_map;
use leptos_router::params::ParamsMap;

use crate::components::folder_tree::FolderTree;
use crate::components::search::{SearchForm, SearchInput, typed};
use crate::components::{
    BeingDeleted, Countdown, DeleteButton, Doomed, Empty, ErrorNotice, GenerateButton, Icon, IconView,
    LinkButton, PageHeader, Pager, Place, Refresh, SubmitButton, TimeText, Variant, ttl_text,
};
use crate::domain::{ApiError, DynamicSecret, Folder, FolderPath, Kind, Limit, Page, TargetName};
use crate::{api, routes};

/// What the address asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Asked {
    folder: FolderPath,
    query: String,
    kind: Option<Kind>,
    target: String,
    place: Place,
}

impl Asked {
    fn from_query(query: &ParamsMap) -> Self {
        let text = |name| query.get(name).unwrap_or_default();
        Self {
            folder: FolderPath::parse(&text("folder")).unwrap_or_else(|_| FolderPath::root()),
            query: text("q").trim().to_owned(),
            kind: Kind::from_name(&text("kind")),
            target: text("target"),
            place: Place::from_query(query.get("after"), query.get("trail").as_deref()),
        }
    }

    fn filters(&self) -> Vec<(&'static str, String)> {
        let folder = if self.folder.is_root() {
            String::new()
        } else {
            self.folder.to_string()
        };
        vec![
            ("folder", folder),
            ("q", self.query.clone()),
            ("kind", self.kind.map_or("", Kind::as_str).to_owned()),
            ("target", self.target.clone()),
        ]
    }

    fn address(&self) -> String {
        let filters = self.filters();
        let parameters: Vec<_> = filters
            .iter()
            .map(|(name, value)| (*name, value.as_str()))
            .collect();
        routes::with_query(&routes::items(), &parameters)
    }

    fn is_narrowed(&self) -> bool {
        !self.query.is_empty() || self.kind.is_some() || !self.target.is_empty()
    }

    async fn read(self) -> Result<Page<DynamicSecret>, ApiError> {
        let target = Some(self.target).filter(|target| !target.is_empty());
        let target = target.map(|target| TargetName::parse(&target)).transpose();
        let target = target.map_err(|why| ApiError::invalid("target", why))?;
        let query = Some(self.query).filter(|query| !query.is_empty());
        api::secrets::list(
            Some(self.folder),
            query,
            self.kind,
            target,
            Limit::default(),
            self.place.after,
        )
        .await
    }
}

/// The page.
#[component]
pub fn ItemsPage() -> impl IntoView {
    let query = use_query_map();
    let asked = Memo::new(move |_| Asked::from_query(&query.read()));
    let refresh = Refresh::while_visible();
    let items = Resource::new(
        move || (asked.get(), refresh.version()),
        |(asked, _)| asked.read(),
    );
    let folders = Resource::new(move || refresh.version(), |_| api::secrets::folders());
    view! {
        <PageHeader title="Items" lead="Recipes for credentials. Generate one, and Entra makes it for as long as you say.">
            <LinkButton href=routes::new_item() variant=Variant::Primary icon=Icon::Plus>
                "New dynamic secret"
            </LinkButton>
        </PageHeader>
        <div class="items">
            <Transition>
                {move || {
                    let current = asked.get().folder;
                    Suspend::new(async move {
                        folders
                            .await
                            .ok()
                            .filter(|folders| folders.items.iter().any(|folder| !folder.path.is_root()))
                            .map(|folders| view! { <FolderTree folders=folders.items current /> })
                    })
                }}
            </Transition>
            <div class="items-list">
                <Search asked />
                <Transition fallback=|| view! { <p class="loading">"Reading items"</p> }>
                    {move || {
                        let asked = asked.get();
                        Suspend::new(async move {
                            match items.await {
                                Ok(page) => {
                                    let items = items_in(&asked.folder, folders.await.ok());
                                    Either::Left(view! { <Rows asked page items on_done=refresh.callback() /> })
                                }
                                Err(error) => Either::Right(view! { <ErrorNotice error /> }),
                            }
                        })
                    }}
                </Transition>
            </div>
        </div>
    }
}

/// Items in a folder and below it.
fn items_in(folder: &FolderPath, folders: Option<Page<Folder>>) -> u64 {
    let folders = folders.map(|page| page.items).unwrap_or_default();
    folders
        .iter()
        .find(|row| row.path == *folder)
        .map_or(0, |row| row.items)
}

/// Search and kind; the folder is kept.
#[component]
fn Search(asked: Memo<Asked>) -> impl IntoView {
    let (node, chosen) = (NodeRef::new(), NodeRef::<html::Select>::new());
    let address = Callback::new(move |()| {
        let kind = chosen
            .get_untracked()
            .map(|select| select.value())
            .unwrap_or_default();
        let kind = Kind::from_name(&kind);
        Asked {
            query: typed(node),
            kind,
            place: Place::default(),
            ..asked.get_untracked()
        }
        .address()
    });
    // The choice follows the address, as the text does.
    Effect::new(move |before: Option<Option<Kind>>| {
        let kind = asked.get().kind;
        if before.is_some_and(|before| before != kind)
            && let Some(select) = chosen.get_untracked()
        {
            select.set_value(kind.map_or("", Kind::as_str));
        }
        kind
    });
    let first = asked.get_untracked().kind;
    let kinds = Kind::ALL.into_iter().map(move |kind| {
        view! {
            <option value=kind.as_str() selected=first == Some(kind)>
                {kind.label()}
            </option>
        }
    });
    let hidden = move || {
        let kept = asked
            .get()
            .filters()
            .into_iter()
            .filter(|(name, value)| matches!(*name, "folder" | "target") && !value.is_empty());
        kept.map(|(name, value)| view! { <input type="hidden" name=name value=value /> })
            .collect_view()
    };
    let chips = move || {
        let asked = asked.get();
        let nothing = Asked {
            query: String::new(),
            kind: None,
            target: String::new(),
            ..asked.clone()
        };
        let target = asked.target.clone();
        asked.is_narrowed().then(|| {
            view! {
                <p class="chips">
                    {(!target.is_empty()).then(|| view! { <span class="tag">"Target: " {target}</span> })}
                    <a href=nothing.address()>"Clear search and filters"</a>
                </p>
            }
        })
    };
    view! {
        <SearchForm action=routes::items() address>
            {hidden}
            <div class="search-row">
                <SearchInput
                    node
                    label="Search by path, description or tag"
                    placeholder="Path, description or tag"
                    value=Signal::derive(move || asked.get().query)
                />
                <label class="visually-hidden" for="kind">
                    "Kind"
                </label>
                <select node_ref=chosen id="kind" name="kind">
                    <option value="">"All kinds"</option>
                    {kinds.collect_view()}
                </select>
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
fn Rows(asked: Asked, page: Page<DynamicSecret>, items: u64, on_done: Callback<()>) -> impl IntoView {
    if page.items.is_empty() {
        return Either::Left(view! { <NoRows asked /> });
    }
    let shown = page.items.len();
    let folder = asked.folder.clone();
    // What a search shows is not the folder; only the whole of it can be deleted.
    let whole = !folder.is_root() && !asked.is_narrowed();
    let row = |item| view! { <ItemRow item folder=folder.clone() on_done /> };
    Either::Right(view! {
        <table class="table cards items-table">
            <caption class="visually-hidden">"Items, by path"</caption>
            <thead>
                <tr>
                    <th scope="col">"Name"</th>
                    <th scope="col">"Acts on"</th>
                    <th scope="col">"TTL"</th>
                    <th scope="col" class="number">
                        "Live"
                    </th>
                    <th scope="col">"Last used"</th>
                    <th scope="col">
                        <span class="visually-hidden">"Actions"</span>
                    </th>
                </tr>
            </thead>
            <tbody>{page.items.into_iter().map(row).collect_view()}</tbody>
        </table>
        <Pager
            path=routes::items()
            filters=asked.filters()
            place=asked.place
            next=page.next
            shown
            back="Previous"
            on="Next"
        />
        {whole.then(|| view! { <FolderActions folder=asked.folder items on_done /> })}
    })
}

/// What can be done with the folder that is shown.
#[component]
fn FolderActions(folder: FolderPath, items: u64, on_done: Callback<()>) -> impl IntoView {
    view! {
        <div class="folder-actions">
            <p class="meta">"The whole folder " <span class="mono">{folder.to_string()}</span> ":"</p>
            <DeleteButton doomed=Doomed::Folder { path: folder, items } on_done />
        </div>
    }
}

/// One item.
#[component]
fn ItemRow(item: DynamicSecret, folder: FolderPath, on_done: Callback<()>) -> impl IntoView {
    // What stands deeper than the folder that is shown says where.
    let below = (item.path.folder() != folder).then(|| item.path.folder().to_string());
    let live = routes::with_query(&routes::leases(), &[("secret", item.path.as_str())]);
    view! {
        <tr>
            <th scope="row" data-label="Name">
                <div>
                    <a href=routes::item(&item.path)>{item.path.name().to_owned()}</a>
                    {item
                        .delete_protection
                        .then(|| {
                            view! {
                                <span class="protected" title="Protected from deletion">
                                    <IconView icon=Icon::Lock />
                                    <span class="visually-hidden">"Protected from deletion"</span>
                                </span>
                            }
                        })}
                    {below.map(|below| view! { <span class="sub">{below}</span> })}
                    {item.deleting_at.map(|_| view! { <BeingDeleted leases=item.live_leases /> })}
                </div>
            </th>
            <td data-label="Acts on">
                <div>
                    {item.subject()} <span class="sub">{item.kind.label()} " · " {item.target.to_string()}</span>
                </div>
            </td>
            <td data-label="TTL">
                <div>
                    {ttl_text(item.default_ttl)} <span class="sub">"up to " {ttl_text(item.max_ttl)}</span>
                </div>
            </td>
            <td data-label="Live leases" class="number">
                {if item.live_leases == 0 {
                    Either::Left("–")
                } else {
                    Either::Right(view! { <a href=live>{item.live_leases}</a> })
                }}
            </td>
            <td data-label="Last used">
                {match item.last_used_at {
                    None => Either::Left("never"),
                    Some(at) => {
                        Either::Right(
                            view! {
                                <div>
                                    <Countdown at />
                                    <span class="sub">
                                        <TimeText at=at />
                                    </span>
                                </div>
                            },
                        )
                    }
                }}
            </td>
            <td class="actions">
                <div>
                    <GenerateButton secret=item.clone() on_done />
                </div>
            </td>
        </tr>
    }
}

/// Nothing matches, or nothing yet.
#[component]
fn NoRows(asked: Asked) -> impl IntoView {
    if asked.is_narrowed() || asked.place.after.is_some() {
        return Either::Left(view! {
            <Empty title="No item matches">
                <p>"Nothing in this folder fits the search."</p>
                <LinkButton href=routes::items()>"Show all items"</LinkButton>
            </Empty>
        });
    }
    Either::Right(view! {
        <Empty title="Nothing here yet">
            <p>
                "An item says what Entra should make: a client secret of an application, or a temporary user with its groups and roles."
            </p>
            <LinkButton href=routes::new_item() variant=Variant::Primary icon=Icon::Plus>
                "New dynamic secret"
            </LinkButton>
        </Empty>
    })
}
