//! One item: what it makes, for how long, and the leases that were taken out.

use leptos::either::{Either, EitherOf3};
use leptos::prelude::*;
use leptos_router::hooks::{use_params_map, use_query_map};

use crate::components::{
    BeingDeleted, CopyId, DeleteButton, Doomed, Empty, ErrorNotice, GenerateButton, Icon, IconView,
    LeaseTable, PageHeader, Refresh, TimeStyle, TimeText, ttl_text,
};
use crate::domain::{
    ApiError, AppSecretSpec, CredentialKind, DynamicSecret, ItemPath, Lease, Limit, Page, PortalUserSpec,
    SecretSpec, UserGrantsSpec,
};
use crate::{api, routes};

const RECENT: i64 = 20;

/// The page.
#[component]
pub fn ItemPage() -> impl IntoView {
    let params = use_params_map();
    let query = use_query_map();
    let path = Memo::new(move |_| format!("/{}", params.read().get("path").unwrap_or_default()));
    let open = Memo::new(move |_| query.read().get("open").is_some_and(|open| open == "generate"));
    let refresh = Refresh::while_visible();
    let item = Resource::new(
        move || (path.get(), refresh.version()),
        |(path, _)| async move { api::secrets::get(parse(&path)?).await },
    );
    let leases = Resource::new(
        move || (path.get(), refresh.version()),
        |(path, _)| async move {
            let limit = Limit::try_from(RECENT).unwrap_or_default();
            api::leases::list(Some(parse(&path)?), None, None, None, None, None, limit, None).await
        },
    );
    view! {
        <Transition fallback=|| view! { <p class="loading">"Reading the item"</p> }>
            {move || Suspend::new(async move {
                match item.await {
                    Ok(item) => {
                        let open = open.get_untracked();
                        Either::Left(view! { <Head item open on_done=refresh.callback() /> })
                    }
                    Err(error) => {
                        let crumbs = vec![("Items".to_owned(), routes::items())];
                        Either::Right(
                            view! {
                                <PageHeader title="Item" crumbs />
                                <ErrorNotice error />
                            },
                        )
                    }
                }
            })}
        </Transition>
        <Transition>
            {move || Suspend::new(async move {
                // Where the item can't be read, its leases can't either, and the reason already stands above.
                leases.await.ok().map(|leases| view! { <Leases path=path.get_untracked() leases on_done=refresh.callback() /> })
            })}
        </Transition>
    }
}

fn parse(path: &str) -> Result<ItemPath, ApiError> {
    ItemPath::parse(path).map_err(|_| ApiError::not_found(format!("item {path}")))
}

/// The way to an item: each folder above it.
fn crumbs(path: &ItemPath) -> Vec<(String, String)> {
    let folder = path.folder().to_string();
    let mut crumbs = vec![("Items".to_owned(), routes::items())];
    let ends = folder
        .match_indices('/')
        .map(|(at, _)| at)
        .skip(1)
        .chain([folder.len()]);
    for end in ends.filter(|end| *end > 1) {
        let above = &folder[..end];
        let name = above.rsplit('/').next().unwrap_or(above).to_owned();
        crumbs.push((name, routes::with_query(&routes::items(), &[("folder", above)])));
    }
    crumbs
}

/// What it is and what it does.
#[component]
fn Head(item: DynamicSecret, open: bool, on_done: Callback<()>) -> impl IntoView {
    let crumbs = crumbs(&item.path);
    let (generating, doomed) = (item.clone(), Doomed::item(&item));
    let badge = {
        let (kind, protected) = (item.kind, item.delete_protection);
        let leaving = item.deleting_at.map(|_| item.live_leases);
        move || {
            view! {
                <span class="tags">
                    <span class="tag">{kind.label()}</span>
                    {leaving.map(|leases| view! { <BeingDeleted leases /> })}
                    {protected
                        .then(|| {
                            view! {
                                <span class="tag">
                                    <IconView icon=Icon::Lock />
                                    " Protected from deletion"
                                </span>
                            }
                        })}
                </span>
            }
        }
    };
    let tags = (!item.tags.is_empty()).then(|| {
        let tags = item
            .tags
            .iter()
            .map(|tag| view! { <span class="tag">{tag.clone()}</span> })
            .collect_view();
        view! {
            <div>
                <dt>"Tags"</dt>
                <dd class="tags">{tags}</dd>
            </div>
        }
    });
    view! {
        <PageHeader title=item.path.name().to_owned() crumbs badge lead=item.description.clone()>
            <DeleteButton doomed on_done />
            <GenerateButton secret=generating open on_done />
        </PageHeader>
        <section class="panel" aria-labelledby="makes">
            <h2 id="makes" class="visually-hidden">
                "What it makes"
            </h2>
            <p class="says">{sentence(&item)}</p>
            <dl class="pairs two">
                {spec(&item)}
                <div>
                    <dt>"Target"</dt>
                    <dd>
                        <a href=routes::target(&item.target)>{item.target.to_string()}</a>
                    </dd>
                </div>
                <div>
                    <dt>"Default TTL"</dt>
                    <dd>{ttl_text(item.default_ttl)}</dd>
                </div>
                <div>
                    <dt>"Maximum TTL"</dt>
                    <dd>{ttl_text(item.max_ttl)} <span class="meta">" renewals included"</span></dd>
                </div>
                {tags}
                <div>
                    <dt>"Changed"</dt>
                    <dd>
                        <TimeText at=item.updated_at style=TimeStyle::Full />
                    </dd>
                </div>
                <div>
                    <dt>"Path"</dt>
                    <dd>
                        <CopyId value=item.path.to_string() label="path" />
                    </dd>
                </div>
                <div>
                    <dt>"Item ID"</dt>
                    <dd>
                        <CopyId value=item.id.to_string() label="item ID" />
                    </dd>
                </div>
            </dl>
        </section>
    }
}

/// What a lease of it does, in a sentence.
fn sentence(item: &DynamicSecret) -> String {
    match &item.spec {
        SecretSpec::AppSecret(_) => format!(
            "Adds a client secret to {} for {}, and removes it when the time is up.",
            item.subject(),
            ttl_text(item.default_ttl)
        ),
        SecretSpec::UserGrants(_) => format!(
            "Adds {} to a user who exists for {}, and takes it away when the time is up. What the user had before stays.",
            item.subject(),
            ttl_text(item.default_ttl)
        ),
        SecretSpec::PortalUser(spec) => format!(
            "Makes a user at {} for {}, and deletes it when the time is up.",
            spec.domain,
            ttl_text(item.default_ttl)
        ),
    }
}

/// The kind's own part.
fn spec(item: &DynamicSecret) -> impl IntoView + use<> {
    match &item.spec {
        SecretSpec::AppSecret(spec) => EitherOf3::A(app_secret(item, spec)),
        SecretSpec::PortalUser(spec) => EitherOf3::B(portal_user(item, spec)),
        SecretSpec::UserGrants(spec) => EitherOf3::C(user_grants(item, spec)),
    }
}

/// The names of groups or roles.
fn names(item: &DynamicSecret, ids: &[String]) -> String {
    let names: Vec<_> = ids.iter().map(|id| item.name_of(id)).collect();
    if names.is_empty() {
        "none".to_owned()
    } else {
        names.join(", ")
    }
}

fn user_grants(item: &DynamicSecret, spec: &UserGrantsSpec) -> impl IntoView + use<> {
    let who = match &spec.claim {
        Some(claim) => Either::Left(view! {
            "whom the caller's own sign-in names, claim "
            <span class="mono">{claim.clone()}</span>
        }),
        None => Either::Right("whom the caller names"),
    };
    view! {
        <div>
            <dt>"User"</dt>
            <dd>{who}</dd>
        </div>
        <div>
            <dt>"Groups"</dt>
            <dd>{names(item, &spec.groups)}</dd>
        </div>
        <div>
            <dt>"Directory roles"</dt>
            <dd>{names(item, &spec.roles)}</dd>
        </div>
    }
}

fn app_secret(item: &DynamicSecret, spec: &AppSecretSpec) -> impl IntoView + use<> {
    let id = spec.application_object_id.clone();
    let name = item.name_of(&id);
    let named = name != id;
    view! {
        <div>
            <dt>"App registration"</dt>
            <dd>
                {named.then_some(name)}
                <span class="sub">
                    <CopyId value=id label="object ID of the app registration" />
                </span>
            </dd>
        </div>
    }
}

fn portal_user(item: &DynamicSecret, spec: &PortalUserSpec) -> impl IntoView + use<> {
    let signs_in_with = match spec.credential {
        CredentialKind::Password => format!("a password of {} characters", spec.password_length.get()),
    };
    let after = if spec.keep_deleted {
        "deleted, restorable for 30 days"
    } else {
        "deleted for good"
    };
    let templates = [
        ("User name", &spec.username_template),
        ("Display name", &spec.display_name_template),
    ];
    let templates = templates.into_iter().filter_map(|(name, template)| {
        template.clone().map(|template| {
            view! {
                <div>
                    <dt>{name}</dt>
                    <dd class="mono">{template}</dd>
                </div>
            }
        })
    });
    let templates = templates.collect_view();
    view! {
        <div>
            <dt>"Domain"</dt>
            <dd>{spec.domain.clone()}</dd>
        </div>
        {templates}
        <div>
            <dt>"Groups"</dt>
            <dd>{names(item, &spec.groups)}</dd>
        </div>
        <div>
            <dt>"Directory roles"</dt>
            <dd>{names(item, &spec.roles)}</dd>
        </div>
        <div>
            <dt>"Signs in with"</dt>
            <dd>{signs_in_with}</dd>
        </div>
        <div>
            <dt>"At the end"</dt>
            <dd>{after}</dd>
        </div>
    }
}

/// The leases that were taken out of it, newest first.
#[component]
fn Leases(path: String, leases: Page<Lease>, on_done: Callback<()>) -> impl IntoView {
    let every = routes::with_query(&routes::leases(), &[("state", "all"), ("secret", &path)]);
    let more = leases.next.is_some();
    let body = if leases.items.is_empty() {
        Either::Left(view! {
            <Empty title="No leases yet">
                <p>"Each credential that is generated here gets a row: who holds it, and when it ends."</p>
            </Empty>
        })
    } else {
        Either::Right(
            view! { <LeaseTable leases=leases.items caption="Leases of this item, newest first" on_done of_one_item=true /> },
        )
    };
    view! {
        <section class="section" aria-labelledby="leases">
            <div class="section-head">
                <h2 id="leases">"Leases"</h2>
                {more.then(|| view! { <a href=every>"All leases of this item"</a> })}
            </div>
            {body}
        </section>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_way_to_an_item_names_each_folder() {
        let names = |path: &str| {
            let path = ItemPath::parse(path).unwrap();
            crumbs(&path)
                .into_iter()
                .map(|(name, _)| name)
                .collect::<Vec<_>>()
        };
        assert_eq!(names("/deploy"), ["Items"]);
        assert_eq!(names("/prod/billing/deploy"), ["Items", "prod", "billing"]);
        let path = ItemPath::parse("/prod/billing/deploy").unwrap();
        assert_eq!(crumbs(&path)[2].1, "/items?folder=/prod/billing");
    }
}
