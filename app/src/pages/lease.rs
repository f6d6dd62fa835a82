//! One lease: its time, what it put into Entra, and every call that was made for it.

use leptos::either::Either;
use leptos::prelude::*;
use leptos_router::hooks::{use_params_map, use_query_map};

use crate::components::lease_table::holder;
use crate::components::{
    AbandonButton, Backstop, CopyId, Countdown, ErrorNotice, FuseFull, GivenUp, LinkButton, Notice,
    PageHeader, Refresh, RenewButton, RevokeButton, StateBadge, TimeStyle, TimeText, Tone, span,
};
use crate::domain::{
    ApiError, Attempt, GrantKind, GrantState, GrantView, Lease, LeaseDetail, LeaseId, LeaseState,
};
use crate::{api, routes};

/// The page.
#[component]
pub fn LeasePage() -> impl IntoView {
    let params = use_params_map();
    let query = use_query_map();
    let id = Memo::new(move |_| params.read().get("id").unwrap_or_default());
    let open = Memo::new(move |_| query.read().get("open").unwrap_or_default());
    let refresh = Refresh::while_visible();
    let lease = Resource::new(
        move || (id.get(), refresh.version()),
        |(id, _)| async move {
            let id = LeaseId::parse(&id).map_err(|_| ApiError::not_found(format!("lease {id}")))?;
            api::leases::get(id).await
        },
    );
    view! {
        <Transition fallback=|| view! { <p class="loading">"Reading the lease"</p> }>
            {move || Suspend::new(async move {
                match lease.await {
                    Ok(detail) => {
                        let open = open.get_untracked();
                        Either::Left(view! { <Found detail open on_done=refresh.callback() /> })
                    }
                    Err(error) => {
                        let crumbs = vec![("Leases".to_owned(), routes::leases())];
                        Either::Right(
                            view! {
                                <PageHeader title="Lease" crumbs />
                                <ErrorNotice error />
                            },
                        )
                    }
                }
            })}
        </Transition>
    }
}

/// The lease, found.
#[component]
fn Found(detail: LeaseDetail, open: String, on_done: Callback<()>) -> impl IntoView {
    let LeaseDetail {
        lease,
        grants,
        attempts,
        remains: _,
        clean_up: _,
    } = detail.clone();
    let crumbs = vec![
        ("Leases".to_owned(), routes::leases()),
        (lease.secret.to_string(), routes::item(&lease.secret)),
    ];
    let title = if lease.identity.is_empty() {
        lease.secret.name().to_owned()
    } else {
        lease.identity.clone()
    };
    let badge = {
        let lease = lease.clone();
        move || view! { <StateBadge lease /> }
    };
    let acting = detail.clone();
    view! {
        <PageHeader title crumbs badge>
            <LeaseActions detail=acting open on_done />
        </PageHeader>
        <Trouble lease=lease.clone() />
        <GivenUp detail />
        <section class="panel" aria-label="Time">
            <FuseFull lease=lease.clone() />
        </section>
        <Essentials lease=lease.clone() />
        <Grants grants />
        <Attempts attempts />
    }
}

/// What can be done with it now.
#[component]
fn LeaseActions(detail: LeaseDetail, open: String, on_done: Callback<()>) -> impl IntoView {
    let lease = detail.lease.clone();
    if lease.state.is_ended() {
        return Either::Left(
            view! { <LinkButton href=routes::generate(&lease.secret)>"Generate again"</LinkButton> },
        );
    }
    Either::Right(view! {
        {lease.needs_attention.then(|| view! { <AbandonButton detail on_done /> })}
        <RevokeButton lease=lease.clone() on_done open=open == "revoke" />
        <RenewButton lease on_done open=open == "renew" />
    })
}

/// Why it is not as one would wish, and what happens next.
#[component]
fn Trouble(lease: Lease) -> impl IntoView {
    let (tone, title) = match lease.state {
        LeaseState::Revoking if lease.needs_attention => (Tone::Crit, "Entra has not let it go yet"),
        LeaseState::Revoking => (Tone::Info, "Being taken back"),
        LeaseState::Failed => (Tone::Warn, "It was never issued"),
        LeaseState::Generating => (Tone::Info, "Being issued"),
        // What was given up has words of its own.
        LeaseState::Active | LeaseState::Revoked | LeaseState::Expired | LeaseState::Abandoned => {
            return None;
        }
    };
    let tried = match lease.attempts_made {
        0 => None,
        1 => Some("Tried once.".to_owned()),
        count => Some(format!("Tried {count} times.")),
    };
    let cause = lease
        .end_cause
        .as_ref()
        .map(|cause| format!("Why it ends: {}.", cause.describe()));
    Some(view! {
        <Notice tone title=title>
            {cause.map(|cause| view! { <p>{cause}</p> })}
            {lease.last_error.map(|why| view! { <p>{why}</p> })}
            {tried
                .map(|tried| {
                    view! {
                        <p>
                            {tried}
                            {lease
                                .next_attempt_at
                                .map(|at| {
                                    view! { " Next try " <Countdown at /> " (" <TimeText at=at /> ")." }
                                })}
                        </p>
                    }
                })}
        </Notice>
    })
}

/// What one asks first.
#[component]
fn Essentials(lease: Lease) -> impl IntoView {
    let gone = lease.state.is_gone();
    let ended = lease.ended_at.map(|at| {
        let cause = lease
            .end_cause
            .as_ref()
            .map(|cause| format!(" ({})", cause.describe()));
        view! {
            <div>
                <dt>{if gone { "Gone from Entra" } else { "Given up" }}</dt>
                <dd>
                    <TimeText at=at style=TimeStyle::Full />
                    {cause}
                </dd>
            </div>
        }
    });
    let issued = lease.issued_at.map(|at| {
        view! {
            <div>
                <dt>"Credential complete"</dt>
                <dd>
                    <TimeText at=at style=TimeStyle::Full />
                </dd>
            </div>
        }
    });
    let renewals = match lease.renewals {
        0 => "never".to_owned(),
        1 => "once".to_owned(),
        count => format!("{count} times"),
    };
    let backstop = (!gone).then(|| {
        let lease = lease.clone();
        view! {
            <div>
                <dt>"Entra ends it"</dt>
                <dd>
                    <Backstop lease />
                </dd>
            </div>
        }
    });
    view! {
        <section class="section" aria-labelledby="essentials">
            <h2 id="essentials" class="visually-hidden">
                "Essentials"
            </h2>
            <dl class="pairs two">
                <div>
                    <dt>"Item"</dt>
                    <dd>
                        <a href=routes::item(&lease.secret)>{lease.secret.to_string()}</a>
                    </dd>
                </div>
                <div>
                    <dt>"Kind"</dt>
                    <dd>{lease.kind.label()}</dd>
                </div>
                <div>
                    <dt>"Target"</dt>
                    <dd>
                        <a href=routes::target(&lease.target)>{lease.target.to_string()}</a>
                    </dd>
                </div>
                <div>
                    <dt>"Held by"</dt>
                    <dd>{holder(&lease.holder)}</dd>
                </div>
                <div>
                    <dt>"Reason"</dt>
                    <dd>{lease.reason.clone().unwrap_or_else(|| "none given".to_owned())}</dd>
                </div>
                <div>
                    <dt>"Renewed"</dt>
                    <dd>{renewals}</dd>
                </div>
                <div>
                    <dt>"Asked for"</dt>
                    <dd>
                        <TimeText at=lease.created_at style=TimeStyle::Full />
                    </dd>
                </div>
                {issued}
                {backstop}
                {ended}
                <div>
                    <dt>"Lease ID"</dt>
                    <dd>
                        <CopyId value=lease.id.to_string() label="lease ID" />
                    </dd>
                </div>
            </dl>
        </section>
    }
}

/// What it put into Entra.
#[component]
fn Grants(grants: Vec<GrantView>) -> impl IntoView {
    let none = grants.is_empty();
    let row = |grant: GrantView| {
        let (class, word) = match grant.state {
            GrantState::Planned | GrantState::Applied | GrantState::Undone if grant.had_before => {
                ("badge idle", "Had before, stays")
            }
            GrantState::Planned => ("badge idle", "Planned"),
            GrantState::Applied => ("badge ok", "In Entra"),
            GrantState::Undone => ("badge idle", "Gone"),
        };
        view! {
            <tr>
                <th scope="row" data-label="What">
                    <div>
                        {grant.what}
                        {grant
                            .entra_id
                            .map(|id| {
                                view! {
                                    <span class="sub">
                                        <CopyId value=id label=grant_id(grant.kind) />
                                    </span>
                                }
                            })}
                    </div>
                </th>
                <td data-label="State">
                    <span class=class>{word}</span>
                </td>
                <td data-label="Put in">{moment(grant.applied_at)}</td>
                <td data-label="Gone">{moment(grant.undone_at)}</td>
            </tr>
        }
    };
    view! {
        <section class="section" aria-labelledby="grants">
            <h2 id="grants">"In Entra"</h2>
            {if none {
                Either::Left(view! { <p class="lead">"Nothing was put into Entra for this lease."</p> })
            } else {
                Either::Right(
                    view! {
                        <table class="table cards">
                            <thead>
                                <tr>
                                    <th scope="col">"What"</th>
                                    <th scope="col">"State"</th>
                                    <th scope="col">"Put in"</th>
                                    <th scope="col">"Gone"</th>
                                </tr>
                            </thead>
                            <tbody>{grants.into_iter().map(row).collect_view()}</tbody>
                        </table>
                    },
                )
            }}
        </section>
    }
}

fn grant_id(kind: GrantKind) -> &'static str {
    match kind {
        GrantKind::AppPassword => "key ID",
        GrantKind::User => "object ID of the user",
        GrantKind::Membership => "object ID of the member",
        GrantKind::DirectoryRole => "assignment ID",
    }
}

fn moment(at: Option<crate::domain::Timestamp>) -> impl IntoView {
    at.map_or_else(
        || Either::Left("–"),
        |at| Either::Right(view! { <TimeText at=at style=TimeStyle::Full /> }),
    )
}

/// The calls to Entra, oldest first.
#[component]
fn Attempts(attempts: Vec<Attempt>) -> impl IntoView {
    let none = attempts.is_empty();
    view! {
        <section class="section" aria-labelledby="attempts">
            <h2 id="attempts">"Calls to Entra"</h2>
            {if none {
                Either::Left(view! { <p class="lead">"No call was made yet."</p> })
            } else {
                Either::Right(
                    view! {
                        <ol class="timeline">
                            {attempts.into_iter().map(|attempt| view! { <AttemptEntry attempt /> }).collect_view()}
                        </ol>
                    },
                )
            }}
        </section>
    }
}

/// One call.
#[component]
fn AttemptEntry(attempt: Attempt) -> impl IntoView {
    let went_well =
        attempt.status.is_some_and(|status| (200..400).contains(&status)) || attempt.outcome == "ok";
    let millis = i64::try_from(attempt.millis).unwrap_or(i64::MAX);
    let took = if millis < 1000 {
        format!("{millis} ms")
    } else {
        span(millis)
    };
    view! {
        <li class=if went_well { "well" } else { "badly" }>
            <p class="timeline-step">
                <code>{attempt.step}</code>
            </p>
            <p>
                {attempt.outcome}
                {attempt.status.map(|status| view! { <span class="meta">" · HTTP " {status}</span> })}
                <span class="meta">" · " {took}</span>
            </p>
            <p class="meta">
                <TimeText at=attempt.at style=TimeStyle::Full />
                {attempt
                    .request_id
                    .map(|id| view! { " · request " <CopyId value=id label="request ID" /> })}
            </p>
        </li>
    }
}
