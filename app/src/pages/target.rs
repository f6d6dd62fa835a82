//! One target: the tenant, the app registration, what a test finds that it may do, and what is left in Entra.

use leptos::either::Either;
use leptos::prelude::*;
use leptos_router::hooks::use_params_map;

use super::target_left::LeftInEntra;
use crate::components::{
    BeingDeleted, Button, CopyButton, CopyId, Countdown, DeleteButton, Doomed, ErrorNotice, Icon, IconView,
    LinkButton, Notice, PageHeader, Refresh, TimeStyle, TimeText, Tone, Variant, browser,
};
use crate::domain::{ApiError, Check, Cloud, PermissionRow, Target, TargetName, TargetTest};
use crate::{api, routes};

/// How often a page of a target that is being deleted looks how far it is.
const LOOK_EVERY: u32 = 5_000;

/// The page.
#[component]
pub fn TargetPage() -> impl IntoView {
    let params = use_params_map();
    let name = Memo::new(move |_| params.read().get("name").unwrap_or_default());
    let refresh = Refresh::on_demand();
    let target = Resource::new(
        move || (name.get(), refresh.version()),
        |(name, _)| async move {
            let name = TargetName::parse(&name).map_err(|_| ApiError::not_found(format!("target {name}")))?;
            api::targets::get(name).await
        },
    );
    view! {
        <Transition fallback=|| view! { <p class="loading">"Reading the target"</p> }>
            {move || Suspend::new(async move {
                match target.await {
                    Ok(target) => Either::Left(view! { <Found target on_done=refresh.callback() /> }),
                    Err(error) => {
                        let crumbs = vec![("Targets".to_owned(), routes::targets())];
                        Either::Right(
                            view! {
                                <PageHeader title="Target" crumbs />
                                <ErrorNotice error />
                            },
                        )
                    }
                }
            })}
        </Transition>
        <LeftInEntra name />
    }
}

/// The target, found.
#[component]
fn Found(target: Target, on_done: Callback<()>) -> impl IntoView {
    let crumbs = vec![("Targets".to_owned(), routes::targets())];
    let cloud = target.cloud.label();
    let leaving = target.deleting_at.map(|_| target.live_leases);
    let doomed = Doomed::target(&target);
    // Only then: a page that is read again forgets what a test has found.
    Effect::new(move |_| {
        if leaving.is_some() {
            browser::every(LOOK_EVERY, move || {
                // The page may be gone meanwhile.
                on_done.try_run(());
            });
        }
    });
    let new_item = routes::with_query(&routes::new_item(), &[("target", target.name.as_str())]);
    let items = routes::with_query(&routes::items(), &[("target", target.name.as_str())]);
    let leases = routes::with_query(&routes::leases(), &[("target", target.name.as_str())]);
    let count = match target.items {
        0 => Either::Left("none yet"),
        count => {
            let text = if count == 1 {
                "1 item".to_owned()
            } else {
                format!("{count} items")
            };
            Either::Right(view! { <a href=items>{text}</a> })
        }
    };
    let live = match target.live_leases {
        1 => "1 live lease".to_owned(),
        live => format!("{live} live leases"),
    };
    view! {
        <PageHeader
            title=target.name.to_string()
            crumbs
            badge=move || {
                view! {
                    <span class="tag">{cloud}</span>
                    {leaving.map(|leases| view! { <BeingDeleted leases /> })}
                }
            }
        >
            <DeleteButton doomed on_done />
            <LinkButton href=new_item icon=Icon::Plus>
                "New dynamic secret"
            </LinkButton>
        </PageHeader>
        <section class="panel" aria-labelledby="connection">
            <h2 id="connection" class="visually-hidden">
                "Connection"
            </h2>
            <dl class="pairs two">
                <div>
                    <dt>"Tenant"</dt>
                    <dd>
                        <CopyId value=target.tenant_id.to_string() label="tenant" />
                    </dd>
                </div>
                <div>
                    <dt>"Application (client) ID"</dt>
                    <dd>
                        <CopyId value=target.auth.client_id() label="application (client) ID" />
                    </dd>
                </div>
                <div>
                    <dt>{target.auth.label()}</dt>
                    <dd>
                        "•••• set " <TimeText at=target.credential_set_at style=TimeStyle::Full /> ", "
                        <Countdown at=target.credential_set_at />
                    </dd>
                </div>
                <div>
                    <dt>"Used by"</dt>
                    <dd>{count} " · " <a href=leases>{live}</a></dd>
                </div>
                {addresses(&target.cloud)}
            </dl>
        </section>
        <TestPanel name=target.name />
    }
}

/// Where a custom cloud's calls go; the others' are Microsoft's own.
fn addresses(cloud: &Cloud) -> Option<impl IntoView + use<>> {
    match cloud {
        Cloud::Public | Cloud::UsGov | Cloud::UsGovDod | Cloud::China => None,
        Cloud::Custom(custom) => Some(view! {
            <div>
                <dt>"Authority"</dt>
                <dd class="mono">{custom.authority.clone()}</dd>
            </div>
            <div>
                <dt>"Microsoft Graph"</dt>
                <dd class="mono">{custom.graph.clone()}</dd>
            </div>
        }),
    }
}

/// Testing the connection, and what came of it.
#[component]
fn TestPanel(name: TargetName) -> impl IntoView {
    let test = Action::new(move |(): &()| {
        let name = name.clone();
        async move { api::targets::test(name).await }
    });
    let pending = test.pending();
    let asked = test.version();
    let on_click = Callback::new(move |()| {
        test.dispatch(());
    });
    let word = move || match (pending.get(), asked.get()) {
        (true, _) => "Testing",
        (false, 0) => "Test connection",
        (false, _) => "Test again",
    };
    let outcome = move || {
        test.value().get().map(|outcome| match outcome {
            Ok(test) => Either::Left(view! { <Outcome test /> }),
            Err(error) => Either::Right(view! { <ErrorNotice error /> }),
        })
    };
    view! {
        <section class="section" aria-labelledby="test">
            <div class="section-head">
                <h2 id="test">"What this app registration can do"</h2>
                <Button variant=Variant::Primary icon=Icon::Test disabled=pending on_click>
                    {word}
                </Button>
            </div>
            <div class="stack" aria-live="polite" aria-busy=move || pending.get().to_string()>
                {outcome}
                <Show when=move || pending.get()>
                    <p class="lead">
                        "Signing in to Entra. Where it does not answer, this takes up to a minute; nothing is lost if you leave."
                    </p>
                </Show>
                <Show when=move || asked.get() == 0 && !pending.get()>
                    <p class="lead">
                        "A test signs in, reads from Microsoft Graph, and compares the permissions in the token with those each kind of item needs. It changes nothing in the tenant."
                    </p>
                </Show>
            </div>
        </section>
    }
}

/// What a test found.
#[component]
fn Outcome(test: TargetTest) -> impl IntoView {
    let TargetTest { checks, permissions } = test;
    let broken = checks.iter().any(|check| !check.ok);
    let missing = permissions.iter().filter(|row| !row.held).count();
    let (tone, summary) = match (broken, missing) {
        (true, _) => (Tone::Crit, "The connection does not work".to_owned()),
        (false, 0) => (Tone::Ok, "Connected; every permission is held".to_owned()),
        (false, 1) => (Tone::Warn, "Connected; one permission is missing".to_owned()),
        (false, count) => (Tone::Warn, format!("Connected; {count} permissions are missing")),
    };
    let text = match (broken, missing) {
        (true, _) => "The first check that failed says why.",
        (false, 0) => "Items of every kind can be made on this target.",
        (false, _) => "Only what needs them is affected. Run the command beside each, then test again.",
    };
    view! {
        <Notice tone title=summary>
            <p>{text}</p>
        </Notice>
        <ol class="checks">{checks.into_iter().map(|check| view! { <CheckRow check /> }).collect_view()}</ol>
        {(!permissions.is_empty()).then(|| view! { <Permissions permissions /> })}
    }
}

/// One check.
#[component]
fn CheckRow(check: Check) -> impl IntoView {
    let (class, icon, word) = if check.ok {
        ("well", Icon::Expired, "Passed")
    } else {
        ("badly", Icon::Failed, "Failed")
    };
    view! {
        <li class=class>
            <IconView icon />
            <div>
                <p>
                    <strong>{check.name}</strong>
                    <span class="visually-hidden">": " {word}</span>
                    <span class="meta">" " {check.millis} " ms"</span>
                </p>
                <p>{check.detail}</p>
                {check
                    .request_id
                    .map(|id| {
                        view! {
                            <p class="meta">
                                "Request " <CopyId value=id label="request ID" />
                            </p>
                        }
                    })}
            </div>
        </li>
    }
}

/// The permissions: held or missing, what for, and how to grant.
#[component]
fn Permissions(permissions: Vec<PermissionRow>) -> impl IntoView {
    let row = |row: PermissionRow| {
        let (class, icon, word) = if row.held {
            ("badge ok", Icon::Check, "Held")
        } else {
            ("badge crit", Icon::Close, "Missing")
        };
        let fix = (!row.held).then(|| {
            view! {
                <details>
                    <summary>"How to grant it"</summary>
                    <pre>
                        <code>{row.command.clone()}</code>
                    </pre>
                    <CopyButton text=row.command.clone() label="Copy command" />
                </details>
            }
        });
        view! {
            <tr>
                <th scope="row" data-label="Application permission">
                    <div>
                        <code>{row.permission}</code>
                        <span class="sub">{row.needed_for}</span>
                        {fix}
                    </div>
                </th>
                <td data-label="Held">
                    <span class=class>
                        <IconView icon />
                        {word}
                    </span>
                </td>
            </tr>
        }
    };
    view! {
        <table class="table cards">
            <caption class="visually-hidden">"Application permissions"</caption>
            <thead>
                <tr>
                    <th scope="col">"Application permission"</th>
                    <th scope="col">"Verdict"</th>
                </tr>
            </thead>
            <tbody>{permissions.into_iter().map(row).collect_view()}</tbody>
        </table>
    }
}
