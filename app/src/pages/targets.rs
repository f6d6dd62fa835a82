//! The targets: tenants and how we sign in to them.

use leptos::either::Either;
use leptos::prelude::*;
use leptos_router::hooks::use_query_map;

use crate::components::{
    BeingDeleted, CopyId, Countdown, Empty, ErrorNotice, Icon, LinkButton, PageHeader, Pager, Place, Refresh,
    TimeText, Variant,
};
use crate::domain::{Limit, Page, Target};
use crate::{api, routes};

/// The page.
#[component]
pub fn TargetsPage() -> impl IntoView {
    let query = use_query_map();
    let place = Memo::new(move |_| {
        let query = query.read();
        Place::from_query(query.get("after"), query.get("trail").as_deref())
    });
    let refresh = Refresh::while_visible();
    let targets = Resource::new(
        move || (place.get(), refresh.version()),
        |(place, _)| api::targets::list(Limit::default(), place.after),
    );
    view! {
        <PageHeader title="Targets" lead="Tenants, and the app registration that acts there.">
            <LinkButton href=routes::new_target() variant=Variant::Primary icon=Icon::Plus>
                "New target"
            </LinkButton>
        </PageHeader>
        <Transition fallback=|| view! { <p class="loading">"Reading targets"</p> }>
            {move || {
                let place = place.get();
                Suspend::new(async move {
                    match targets.await {
                        Ok(page) => Either::Left(view! { <Rows page place /> }),
                        Err(error) => Either::Right(view! { <ErrorNotice error /> }),
                    }
                })
            }}
        </Transition>
    }
}

/// The table, or what to do first.
#[component]
fn Rows(page: Page<Target>, place: Place) -> impl IntoView {
    if page.items.is_empty() {
        return Either::Left(view! {
            <Empty title="No targets yet">
                <p>
                    "A target is a Microsoft Entra tenant and an app registration in it. Add one, test what it may do, then make items that use it."
                </p>
                <LinkButton href=routes::new_target() variant=Variant::Primary icon=Icon::Plus>
                    "New target"
                </LinkButton>
            </Empty>
        });
    }
    let shown = page.items.len();
    Either::Right(view! {
        <table class="table cards">
            <caption class="visually-hidden">"Targets, by name"</caption>
            <thead>
                <tr>
                    <th scope="col">"Name"</th>
                    <th scope="col">"Tenant"</th>
                    <th scope="col">"Cloud"</th>
                    <th scope="col">"Signs in with"</th>
                    <th scope="col" class="number">
                        "Items"
                    </th>
                    <th scope="col">
                        <span class="visually-hidden">"Actions"</span>
                    </th>
                </tr>
            </thead>
            <tbody>{page.items.into_iter().map(|target| view! { <TargetRow target /> }).collect_view()}</tbody>
        </table>
        <Pager path=routes::targets() filters=vec![] place next=page.next shown back="Previous" on="Next" />
    })
}

/// One target.
#[component]
fn TargetRow(target: Target) -> impl IntoView {
    let items = routes::with_query(&routes::items(), &[("target", target.name.as_str())]);
    let href = routes::target(&target.name);
    view! {
        <tr>
            <th scope="row" data-label="Name">
                <div>
                    <a href=href.clone()>{target.name.to_string()}</a>
                    {target.deleting_at.map(|_| view! { <BeingDeleted leases=target.live_leases /> })}
                </div>
            </th>
            <td data-label="Tenant">
                <CopyId value=target.tenant_id.to_string() label="tenant" />
            </td>
            <td data-label="Cloud">{target.cloud.label()}</td>
            <td data-label="Signs in with">
                <div>
                    {target.auth.label()}
                    <span class="sub">
                        "set " <Countdown at=target.credential_set_at /> ", " <TimeText at=target.credential_set_at />
                    </span>
                </div>
            </td>
            <td data-label="Items" class="number">
                {if target.items == 0 {
                    Either::Left("–")
                } else {
                    Either::Right(view! { <a href=items>{target.items}</a> })
                }}
            </td>
            <td class="actions">
                <div>
                    <LinkButton
                        href
                        variant=Variant::Quiet
                        icon=Icon::ChevronRight
                        label=format!("Open target {}", target.name)
                    >
                        "Open"
                    </LinkButton>
                </div>
            </td>
        </tr>
    }
}
