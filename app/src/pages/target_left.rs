//! What the tenant of a target holds of ours that no lease knows: the section "Left in Entra" of the target's page.
//!
//! Rule: it says "nothing is left" only where everything could be looked through, and never without the time at which it was.

use leptos::either::{Either, EitherOf3};
use leptos::prelude::*;

use crate::components::clean_up::{CleanUpButton, kind_word, things};
use crate::components::{
    Button, Countdown, Empty, ErrorNotice, Icon, IconView, Notice, Refresh, TimeStyle, TimeText, Tone,
};
use crate::domain::{
    ApiError, ErrorCode, ExpiredSecret, LeaseId, Leftover, NotChecked, Reconciliation, ReconciliationStatus,
    TargetName,
};
use crate::{api, routes};

/// The section; nothing where there is no such target.
#[component]
pub fn LeftInEntra(
    /// The target's name, as the address has it.
    name: Memo<String>,
) -> impl IntoView {
    let refresh = Refresh::on_demand();
    let check = Action::new(move |(): &()| {
        let name = name.get_untracked();
        async move { api::targets::reconcile(target(&name)?, None).await }
    });
    let status = Resource::new(
        move || (name.get(), refresh.version(), check.version().get()),
        |(name, _, _)| async move { api::targets::last_reconciliation(target(&name)?).await },
    );
    view! {
        <Transition>
            {move || Suspend::new(async move {
                match status.await {
                    Ok(status) => {
                        EitherOf3::A(view! { <Section status check on_done=refresh.callback() /> })
                    }
                    Err(error) if error.code == ErrorCode::NotFound => EitherOf3::B(()),
                    Err(error) => EitherOf3::C(view! { <ErrorNotice error /> }),
                }
            })}
        </Transition>
    }
}

fn target(name: &str) -> Result<TargetName, ApiError> {
    TargetName::parse(name).map_err(|_| ApiError::not_found(format!("target {name}")))
}

#[component]
fn Section(
    status: ReconciliationStatus,
    check: Action<(), Result<Reconciliation, ApiError>>,
    on_done: Callback<()>,
) -> impl IntoView {
    let ReconciliationStatus {
        report,
        failed_at,
        error,
        next_at,
    } = status;
    let pending = check.pending();
    let on_click = Callback::new(move |()| {
        check.dispatch(());
    });
    let never = report.is_none();
    let kept = error.clone();
    // A failure that the server keeps is told once, with its time.
    let refused = move || {
        let refused = check.value().get().and_then(Result::err);
        refused.filter(|refused| kept.as_ref() != Some(&refused.message))
    };
    let failure = error.zip(failed_at).map(|(why, at)| {
        view! {
            <Notice tone=Tone::Crit title="The last check failed">
                <p>{why}</p>
                <p>
                    "Tried " <TimeText at style=TimeStyle::Full /> ", " <Countdown at /> "."
                    {(!never).then_some(" What stands below was found by the check before it.")}
                </p>
            </Notice>
        }
    });
    let clean_up = report
        .clone()
        .filter(|report| report.to_clean() > 0)
        .map(|report| view! { <CleanUpButton report on_done /> });
    let due = next_at.map(|at| {
        view! {
            " The next check by itself is due " <TimeText at style=TimeStyle::Minute /> "."
        }
    });
    let found = match report {
        Some(report) => Either::Left(view! { <Found report /> }),
        None => Either::Right(view! {
            <p class="lead">
                "Not checked yet. A check lists the users and client secrets in the tenant that bear this console's marker, and compares them with the leases. It changes nothing."
            </p>
        }),
    };
    view! {
        <section class="section" aria-labelledby="left">
            <div class="section-head">
                <h2 id="left">"Left in Entra"</h2>
                <div class="actions-row">
                    {clean_up}
                    <Button icon=Icon::Search disabled=pending on_click>
                        {move || if pending.get() { "Checking" } else { "Check now" }}
                    </Button>
                </div>
            </div>
            <div class="stack" aria-live="polite" aria-busy=move || pending.get().to_string()>
                {move || refused().map(|error| view! { <ErrorNotice error /> })}
                {failure}
                <Show when=move || pending.get()>
                    <p class="lead">
                        "Looking through the tenant. A large one takes a while; nothing is lost if you leave."
                    </p>
                </Show>
                {found}
                <p class="meta">"Each target is checked once a day."{due}</p>
            </div>
        </section>
    }
}

/// What a check found.
#[component]
fn Found(report: Reconciliation) -> impl IntoView {
    let left = report.to_clean();
    let foreign = report.expired_secrets.iter().filter(|row| !row.ours).count();
    let whole = report.not_checked.is_empty();
    let at = report.checked_at;
    let rightly = known(&report);
    let summary = match (left, whole) {
        (0, true) => EitherOf3::A(view! {
            <Empty title="Nothing of ours is left in Entra that no lease knows">
                <p>{rightly}</p>
            </Empty>
        }),
        (0, false) => EitherOf3::B(view! { <p class="lead">{rightly}</p> }),
        (left, _) => EitherOf3::C(view! {
            <Notice tone=Tone::Warn title=format!("{} in Entra that no live lease knows", things(left))>
                <p>{rightly} " Clean up removes what is of ours; nothing of anybody else is touched."</p>
            </Notice>
        }),
    };
    let settling = (!report.settling.is_empty()).then(|| {
        view! {
            <p>
                {things(report.settling.len())}
                " of leases that ended a moment ago may still be shown by Entra. Check again in ten minutes."
            </p>
        }
    });
    let more = (report.more > 0)
        .then(|| view! { <p>"And " {report.more} " more, which are told once these are gone."</p> });
    let unknown = (!report.unknown.is_empty()).then(|| view! { <Unknown rows=report.unknown.clone() /> });
    let expired = (!report.expired_secrets.is_empty())
        .then(|| view! { <Expired rows=report.expired_secrets.clone() foreign /> });
    view! {
        <p class="meta">"Checked " <TimeText at style=TimeStyle::Full /> ", " <Countdown at /> "."</p>
        {(!whole).then(|| view! { <NotAll parts=report.not_checked.clone() /> })}
        {summary}
        {settling}
        {unknown}
        {expired}
        {more}
    }
}

/// What is there rightly, in words.
fn known(report: &Reconciliation) -> String {
    let live = match report.known {
        0 => "No live lease holds anything there.".to_owned(),
        1 => "1 user or client secret is held by a live lease.".to_owned(),
        count => format!("{count} users and client secrets are held by live leases."),
    };
    match report.kept {
        0 => live,
        1 => format!("{live} 1 deleted user stays restorable for 30 days, as its item says."),
        count => format!("{live} {count} deleted users stay restorable for 30 days, as their items say."),
    }
}

#[component]
fn NotAll(parts: Vec<NotChecked>) -> impl IntoView {
    let rows = parts
        .into_iter()
        .map(|part| view! { <p>{part.error}</p> })
        .collect_view();
    view! {
        <Notice tone=Tone::Warn title="Not everything could be looked through">
            {rows}
        </Notice>
    }
}

/// Whether it is there still, and why.
fn outcome(cleaned: bool, error: Option<String>, otherwise: Option<String>) -> impl IntoView {
    if cleaned {
        Either::Left(view! {
            <span class="badge ok">
                <IconView icon=Icon::Check />
                "Removed"
            </span>
        })
    } else {
        Either::Right(view! {
            <div>
                {otherwise}
                {error.map(|why| view! { <span class="sub">"Could not be removed: " {why}</span> })}
            </div>
        })
    }
}

#[component]
fn Unknown(rows: Vec<Leftover>) -> impl IntoView {
    let row = |row: Leftover| {
        let lease = match (row.lease_state, LeaseId::parse(&row.lease)) {
            (Some(_), Ok(id)) => Either::Left(view! { <a href=routes::lease(&id)>{row.lease.clone()}</a> }),
            (Some(_) | None, _) => Either::Right(row.lease.clone()),
        };
        let since = row.since.map_or(Either::Right("–"), |at| {
            Either::Left(view! { <TimeText at style=TimeStyle::Minute /> })
        });
        let place = match &row.application {
            Some(application) => format!("{} of {application}", kind_word(row.kind)),
            None => kind_word(row.kind).to_owned(),
        };
        view! {
            <tr>
                <th scope="row" class="breakable" data-label="In Entra">
                    <div>
                        {row.name}
                        <span class="sub">{place}</span>
                    </div>
                </th>
                <td class="breakable" data-label="Lease">
                    {lease}
                </td>
                <td data-label="Since">{since}</td>
                <td data-label="Why">{outcome(row.cleaned, row.error, Some(row.why))}</td>
            </tr>
        }
    };
    view! {
        <table class="table cards">
            <caption class="visually-hidden">"In Entra, of no live lease"</caption>
            <thead>
                <tr>
                    <th scope="col">"In Entra"</th>
                    <th scope="col">"Lease"</th>
                    <th scope="col">"Since"</th>
                    <th scope="col">"Why"</th>
                </tr>
            </thead>
            <tbody>{rows.into_iter().map(row).collect_view()}</tbody>
        </table>
    }
}

#[component]
fn Expired(rows: Vec<ExpiredSecret>, foreign: usize) -> impl IntoView {
    let row = |row: ExpiredSecret| {
        let whose = if row.ours {
            "ours"
        } else {
            "not ours; remove it in Entra"
        };
        view! {
            <tr>
                <th scope="row" class="breakable" data-label="Client secret">
                    {row.display_name.unwrap_or_else(|| row.key_id.clone())}
                </th>
                <td data-label="Application">{row.application}</td>
                <td data-label="Ended">
                    <TimeText at=row.ended_at style=TimeStyle::Minute />
                </td>
                <td data-label="Whose">{outcome(row.cleaned, row.error, Some(whose.to_owned()))}</td>
            </tr>
        }
    };
    let note = (foreign > 0).then_some(" Those that are not ours are only shown.");
    view! {
        <h3>"Expired client secrets"</h3>
        <p>
            "They give no access any more, and still take a place on their application, which can hold only so many."
            {note}
        </p>
        <table class="table cards">
            <caption class="visually-hidden">"Expired client secrets"</caption>
            <thead>
                <tr>
                    <th scope="col">"Client secret"</th>
                    <th scope="col">"Application"</th>
                    <th scope="col">"Ended"</th>
                    <th scope="col">"Whose"</th>
                </tr>
            </thead>
            <tbody>{rows.into_iter().map(row).collect_view()}</tbody>
        </table>
    }
}
