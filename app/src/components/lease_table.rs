//! Leases in a table; labelled cards where there is no room.

use leptos::either::Either;
use leptos::prelude::*;

use super::fuse::{Fuse, end_word};
use super::renew::RenewButton;
use super::revoke::RevokeButton;
use super::state_badge::{Backstop, StateBadge, state_note};
use super::time::TimeText;
use crate::domain::{Lease, LeaseState};
use crate::routes;

/// The table.
#[component]
pub fn LeaseTable(
    /// The rows.
    leases: Vec<Lease>,
    /// What the table is, for those who can't see where it stands.
    #[prop(into)]
    caption: String,
    /// Told when a lease changed.
    on_done: Callback<()>,
    /// Leaves out the item's column, on the item's own page.
    #[prop(optional)]
    of_one_item: bool,
) -> impl IntoView {
    view! {
        <table class="table cards leases">
            <caption class="visually-hidden">{caption}</caption>
            <thead>
                <tr>
                    <th scope="col">"State"</th>
                    {(!of_one_item).then(|| view! { <th scope="col">"Item"</th> })}
                    <th scope="col">"Identity"</th>
                    <th scope="col">"Held by"</th>
                    <th scope="col">"Ends"</th>
                    <th scope="col" class="number">
                        "Renewed"
                    </th>
                    <th scope="col">"Entra ends it"</th>
                    <th scope="col">
                        <span class="visually-hidden">"Actions"</span>
                    </th>
                </tr>
            </thead>
            <tbody>
                {leases
                    .into_iter()
                    .map(|lease| view! { <LeaseRow lease on_done of_one_item /> })
                    .collect_view()}
            </tbody>
        </table>
    }
}

/// One lease. Its identity leads to it.
#[component]
fn LeaseRow(lease: Lease, on_done: Callback<()>, of_one_item: bool) -> impl IntoView {
    let identity = if lease.identity.is_empty() {
        "not known yet".to_owned()
    } else {
        lease.identity.clone()
    };
    let note = state_note(&lease);
    let next_try = lease
        .next_attempt_at
        .filter(|_| lease.state == LeaseState::Revoking);
    let backstop = if lease.state.is_gone() {
        Either::Left("–")
    } else {
        Either::Right(view! { <Backstop lease=lease.clone() /> })
    };
    let actions = (!lease.state.is_ended()).then(|| {
        view! {
            <div>
                <RenewButton lease=lease.clone() on_done />
                <RevokeButton lease=lease.clone() on_done />
            </div>
        }
    });
    view! {
        <tr>
            <td data-label="State">
                <div>
                    <StateBadge lease=lease.clone() />
                    {note.map(|note| view! { <span class="sub">{note}</span> })}
                    {next_try.map(|at| view! { <span class="sub">"next try " <TimeText at=at /></span> })}
                </div>
            </td>
            {(!of_one_item)
                .then(|| {
                    view! {
                        <td data-label="Item">
                            <div>
                                <a href=routes::item(&lease.secret)>{lease.secret.name().to_owned()}</a>
                                <span class="sub">{lease.secret.folder().to_string()}</span>
                            </div>
                        </td>
                    }
                })}
            <th scope="row" class="breakable" data-label="Identity">
                <div>
                    <a href=routes::lease(&lease.id)>{identity}</a>
                    <span class="sub">{lease.kind.label()} " · " {lease.target.to_string()}</span>
                </div>
            </th>
            <td data-label="Held by">{holder(&lease.holder)}</td>
            <td data-label=end_word(lease.state)>
                <Fuse lease=lease.clone() />
            </td>
            <td data-label="Renewed" class="number">
                {renewals(lease.renewals)}
            </td>
            <td data-label="Entra ends it">{backstop}</td>
            <td class="actions">{actions}</td>
        </tr>
    }
}

/// How often, in words that fit a column.
pub fn renewals(count: u32) -> String {
    if count == 0 {
        "–".to_owned()
    } else {
        format!("{count}×")
    }
}

/// The holder without the machine's prefix: `admin`, `token ci`.
pub fn holder(id: &str) -> String {
    match id.split_once(':') {
        Some(("user", name)) => name.to_owned(),
        Some((kind, name)) => format!("{kind} {name}"),
        None => id.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn holders_are_named_as_people_would() {
        assert_eq!(super::holder("user:admin"), "admin");
        assert_eq!(super::holder("token:ci"), "token ci");
        assert_eq!(super::holder("someone"), "someone");
    }
}
