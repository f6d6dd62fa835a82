//! Moving a lease's end: the button and its dialog.

use leptos::prelude::*;
use leptos::task::spawn_local;

use super::actions::{Action, ActionButton, Actions};
use super::browser;
use super::field::{Field, described_by};
use super::fuse::FuseLine;
use super::live::{clock, now};
use super::modal::{Closer, Modal, TITLE};
use super::problem::{PROBLEM, Problem};
use super::time::span;
use super::words;
use crate::api::leases;
use crate::domain::{ApiError, Kind, Lease, Timestamp, Ttl};

const MINUTE: i64 = 60_000;
/// The id of the field for the time to add.
const ADDED: &str = "renew-added";

/// Opens the Renew dialog; disabled, with the reason, where the lease can't be renewed.
#[component]
pub fn RenewButton(
    /// The lease.
    lease: Lease,
    /// Told when the dialog closes after the lease was renewed.
    #[prop(optional)]
    on_done: Option<Callback<()>>,
    /// Whether the dialog opens by itself once the page is live.
    #[prop(optional)]
    open: bool,
) -> impl IntoView {
    let now = now();
    let asked = lease.clone();
    let refusal = Signal::derive(move || {
        lease
            .can_renew(now.get())
            .err()
            .map(|why| format!("Can't renew: {why}."))
    });
    let of = asked.secret.to_string();
    view! {
        <ActionButton
            action=Action::Renew(Box::new(asked))
            label="Renew"
            of=of
            class="button"
            on_done=on_done
            open=open
            refusal=refusal
        />
    }
}

/// The step of the slider: a minute where little is left, five otherwise.
fn step(left: i64) -> i64 {
    if left < 120 * MINUTE { MINUTE } else { 5 * MINUTE }
}

/// What the slider's position adds: whole steps, the last one cut at what is left.
fn added_at(position: i64, left: i64) -> i64 {
    (position * step(left)).clamp(0, left)
}

/// The slider's position for so much added, rounded down.
fn position_of(added: i64, left: i64) -> i64 {
    if added >= left {
        last_position(left)
    } else {
        added / step(left)
    }
}

fn last_position(left: i64) -> i64 {
    (left + step(left) - 1) / step(left)
}

/// Reads how much somebody wants to add, refused beyond what is left.
fn read_added(text: &str, left: i64) -> Result<i64, String> {
    let added = Ttl::parse(text).map_err(|why| why.0)?.millis();
    if added > left {
        return Err(format!("only {} is left to add", span(left)));
    }
    Ok(added)
}

/// So much added as text for the field: minutes and up, or seconds where less than a minute is left.
fn added_text(added: i64) -> String {
    Ttl::from_seconds(u64::try_from(added / 1000).unwrap_or(0))
        .map_or_else(|_| format!("{}s", added / 1000), |ttl| ttl.to_string())
}

/// The TTL to ask for, so that `now + ttl` is this end. Rounded up: the server cuts at the ceiling, and a second less would
/// leave a rest that nobody can add.
fn ttl_until(end: Timestamp, now: Timestamp) -> Result<Ttl, String> {
    let millis = end.millis_since(now).max(Ttl::MIN.millis());
    Ttl::from_seconds(u64::try_from((millis + 999) / 1000).unwrap_or(0)).map_err(|why| why.0)
}

/// The Renew dialog of a lease.
#[component]
pub fn RenewDialog(
    /// The lease.
    lease: Lease,
) -> impl IntoView {
    let actions = expect_context::<Actions>();
    let saving = RwSignal::new(false);
    let renewed = RwSignal::new(None::<Lease>);
    let title = format!("Renew {}", lease.secret.name());
    let before = lease.expires_at;
    let may_close = Callback::new(move |()| !saving.get_untracked());
    let on_closed = Callback::new(move |()| actions.finish(renewed.with_untracked(Option::is_some)));
    view! {
        <Modal title=title class="renew" may_close=may_close on_closed=on_closed>
            {move || match renewed.get() {
                None => view! { <RenewForm lease=lease.clone() saving=saving renewed=renewed /> }.into_any(),
                Some(lease) => view! { <Renewed lease=lease before=before /> }.into_any(),
            }}
        </Modal>
    }
}

#[component]
fn RenewForm(lease: Lease, saving: RwSignal<bool>, renewed: RwSignal<Option<Lease>>) -> impl IntoView {
    let closer = expect_context::<Closer>();
    let (now, clock) = (now(), clock());
    let (end, ceiling, id) = (lease.expires_at, lease.max_expires_at, lease.id.clone());
    let left = ceiling.millis_since(end).max(0);
    let text = RwSignal::new(added_text(added_at(last_position(left) / 2 + 1, left)));
    let error = RwSignal::new(None::<ApiError>);
    let added = Memo::new(move |_| read_added(&text.get(), left));
    let kind = lease.kind;
    let fuse = lease.clone();
    let refusal = Memo::new(move |_| lease.can_renew(now.get()).err().map(|why| why.0));
    let send = move || {
        let Ok(ttl) = added
            .get_untracked()
            .and_then(|added| ttl_until(end.plus_millis(added), clock()))
        else {
            return browser::focus_id(ADDED);
        };
        if saving.get_untracked() {
            return;
        }
        saving.set(true);
        error.set(None);
        let id = id.clone();
        spawn_local(async move {
            let answer = leases::renew(id, Some(ttl)).await;
            saving.try_set(false);
            match answer {
                Ok(lease) => {
                    renewed.try_set(Some(lease));
                    browser::focus_id_later(TITLE);
                }
                Err(refused) => {
                    error.try_set(Some(refused));
                    browser::focus_id_later(PROBLEM);
                }
            }
        });
    };
    view! {
        <form
            class="dialog-form"
            novalidate
            on:submit=move |event| {
                event.prevent_default();
                send();
            }
        >
            <p class="dialog-about">{keeps_working(kind)}</p>
            <FuseLine lease=fuse />
            {move || error.get().map(|error| view! { <Problem error=error /> })}
            {move || {
                refusal.get().map(|why| view! { <p class="field-error" role="status">{format!("Can't renew: {why}.")}</p> })
            }}
            <fieldset class="plain-fieldset" disabled=move || saving.get() || refusal.with(Option::is_some)>
                <AddedField end=end left=left text=text added=added />
            </fieldset>
            <p class="ends-line" role="status">{move || new_end(end, ceiling, &added.get())}</p>
            <p class="hint">
                {format!(
                    "Ceiling {}: the latest that this lease can end. {} left to add.",
                    words::minute(ceiling),
                    span(left),
                )}
            </p>
            <div class="dialog-actions">
                <button
                    type="submit"
                    class="button primary"
                    disabled=move || {
                        saving.get() || added.with(Result::is_err) || refusal.with(Option::is_some)
                    }
                >
                    {move || if saving.get() { "Renewing…" } else { "Renew" }}
                </button>
                <button
                    type="button"
                    class="button"
                    disabled=move || saving.get()
                    on:click=move |_| {
                    closer.close();
                }
                >
                    "Cancel"
                </button>
            </div>
        </form>
    }
}

/// The slider from the present end to the ceiling, and the same as text.
#[component]
fn AddedField(
    end: Timestamp,
    left: i64,
    text: RwSignal<String>,
    added: Memo<Result<i64, String>>,
) -> impl IntoView {
    let position = move || added.get().map_or(0, |added| position_of(added, left));
    let on_slide = move |event| {
        let position: i64 = event_target_value(&event).parse().unwrap_or(0);
        // Position 0 would add nothing; the first step is the least that can be asked for.
        text.set(added_text(added_at(position.max(1), left)));
    };
    let error = Signal::derive(move || added.get().err());
    let spoken = move || {
        added
            .get()
            .map_or_else(|why| why, |added| words::minute(end.plus_millis(added)))
    };
    view! {
        <div class="field">
            <label for="renew-slider">"New end"</label>
            <input
                type="range"
                id="renew-slider"
                class="slider"
                min="0"
                max=last_position(left).to_string()
                step="1"
                prop:value=move || position().to_string()
                aria-valuetext=spoken
                on:input=on_slide
            />
            <p class="slider-ends" aria-hidden="true">
                <span>{words::minute(end)}</span>
                <span>{words::minute(end.plus_millis(left))}</span>
            </p>
        </div>
        <Field id=ADDED label="Time to add" hint="Such as 90m or 1h30m." error=error>
            <input
                type="text"
                id=ADDED
                class="mono ttl-input"
                autocomplete="off"
                spellcheck="false"
                aria-describedby=described_by(ADDED)
                aria-invalid=move || added.with(Result::is_err).then_some("true")
                prop:value=move || text.get()
                on:input:target=move |event| text.set(event.target().value())
            />
        </Field>
    }
}

#[component]
fn Renewed(lease: Lease, before: Timestamp) -> impl IntoView {
    let closer = expect_context::<Closer>();
    let left = lease.max_expires_at.millis_since(lease.expires_at);
    let rest = if left > 0 {
        format!("{} left to add.", span(left))
    } else {
        "Nothing is left to add.".to_owned()
    };
    view! {
        <p class="outcome" role="status">
            "Renewed: ends "
            <time datetime=lease.expires_at.to_string()>
                <strong>{words::minute(lease.expires_at)}</strong>
            </time> {format!(" (+{}). {rest}", span(lease.expires_at.millis_since(before)))}
        </p>
        <div class="dialog-actions">
            <button type="button" class="button primary" on:click=move |_| {
                    closer.close();
                }>
                "Close"
            </button>
        </div>
    }
}

fn new_end(end: Timestamp, ceiling: Timestamp, added: &Result<i64, String>) -> Option<String> {
    let added = *added.as_ref().ok()?;
    let new = end.plus_millis(added).min(ceiling);
    Some(format!(
        "New end {} (+{})",
        words::minute(new),
        span(new.millis_since(end))
    ))
}

fn keeps_working(kind: Kind) -> &'static str {
    match kind {
        Kind::AppSecret => "The same secret keeps working: nothing to redeploy.",
        Kind::PortalUser => "The same user and password keep working.",
        Kind::UserGrants => "The user keeps the groups and directory roles.",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_slider_reaches_exactly_the_ceiling() {
        for left in [
            1_000,
            59_000,
            60_000,
            119 * MINUTE + 1,
            120 * MINUTE,
            481 * MINUTE + 7,
        ] {
            assert_eq!(added_at(last_position(left), left), left);
            assert_eq!(position_of(left, left), last_position(left));
            assert_eq!(added_at(0, left), 0);
        }
        assert_eq!(added_at(1, 240 * MINUTE), 5 * MINUTE);
        assert_eq!(position_of(11 * MINUTE, 240 * MINUTE), 2);
    }

    #[test]
    fn more_than_is_left_is_refused() {
        assert_eq!(read_added("1h", 60 * MINUTE), Ok(60 * MINUTE));
        assert_eq!(
            read_added("2h", 60 * MINUTE),
            Err("only 1 h is left to add".to_owned())
        );
        assert!(read_added("soon", MINUTE).is_err());
    }

    #[test]
    fn the_ttl_reaches_the_end_that_was_chosen() {
        let at = Timestamp::from_millis;
        assert_eq!(ttl_until(at(90_001), at(0)).unwrap().seconds(), 91);
        assert_eq!(ttl_until(at(5_000), at(0)).unwrap(), Ttl::MIN);
    }
}
