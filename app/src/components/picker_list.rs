//! The two lists of a picker: what was found, and what was chosen.

use leptos::prelude::*;

use super::picker::{Choice, Results, State};

/// What was found, under the field.
#[component]
pub fn Listbox(
    /// The picker.
    state: State,
    /// The field's label.
    label: &'static str,
) -> impl IntoView {
    let rows = Memo::new(move |_| state.rows());
    let note = move || match state.results.get() {
        Results::Asking => Some("Searching…"),
        Results::Found(_) if rows.with(Vec::is_empty) => Some("Nothing found."),
        Results::Idle | Results::Found(_) | Results::Refused(_) => None,
    };
    view! {
        <div class="picker-popup" hidden=move || !state.open.get()>
            <ul id=format!("{}-list", state.id) class="picker-list" role="listbox" aria-label=label>
                {move || {
                    rows.get()
                        .into_iter()
                        .enumerate()
                        .map(|(at, choice)| view! { <Row state=state at=at choice=choice /> })
                        .collect_view()
                }}
            </ul>
            <p class="picker-note">{note}</p>
        </div>
    }
}

#[component]
fn Row(state: State, at: usize, choice: Choice) -> impl IntoView {
    let refused = choice.refusal.is_some();
    let Choice {
        id,
        name,
        note,
        badge,
        refusal,
    } = choice.clone();
    view! {
        <li
            id=format!("{}-row-{at}", state.id)
            role="option"
            class="picker-row"
            class:is-active=move || state.active.get() == at
            aria-selected=move || (state.active.get() == at).to_string()
            aria-disabled=refused.then_some("true")
            // The press must not take the focus from the field: losing it closes the list before the click arrives.
            on:mousedown=move |event| event.prevent_default()
            on:click=move |_| state.choose(choice.clone())
        >
            <span class="picker-name">
                {marked(&name, &state.query.get_untracked())}
                {badge.map(|word| view! { <span class="badge warn">{word}</span> })}
            </span>
            <span class="picker-about">{note}</span>
            <code class="picker-id">{id}</code>
            {refusal.map(|why| view! { <span class="picker-refusal">{format!("Can't be chosen: {why}")}</span> })}
        </li>
    }
}

/// The name with what was typed made bold.
fn marked(name: &str, query: &str) -> impl IntoView + use<> {
    let (before, hit, after) = split_at_hit(name, query.trim());
    view! {
        <span class="picker-match">
            {before.to_owned()}<b>{hit.to_owned()}</b>{after.to_owned()}
        </span>
    }
}

/// The text around the first place where `query` stands, whatever the case. Only plain letters are compared without case:
/// others may change their length with it, and the cut would fall inside a letter.
fn split_at_hit<'a>(name: &'a str, query: &str) -> (&'a str, &'a str, &'a str) {
    let at = (!query.is_empty())
        .then(|| name.to_ascii_lowercase().find(&query.to_ascii_lowercase()))
        .flatten();
    match at {
        Some(at) => (
            &name[..at],
            &name[at..at + query.len()],
            &name[at + query.len()..],
        ),
        None => (name, "", ""),
    }
}

/// What was chosen, each with a button that removes it.
#[component]
pub fn Chosen(
    /// The picker.
    state: State,
) -> impl IntoView {
    view! {
        <ul class="chips" hidden=move || state.chosen.with(Vec::is_empty)>
            <For each=move || state.chosen.get() key=|choice| choice.id.clone() let:choice>
                <li class="chip">
                    <span class="chip-name">
                        {choice.name.clone()}
                        {choice.badge.map(|word| view! { <span class="badge warn">{word}</span> })}
                    </span>
                    <code class="chip-id">{choice.id.clone()}</code>
                    <button type="button" class="chip-remove" on:click=move |_| state.remove(&choice.id)>
                        <span aria-hidden="true">"×"</span>
                        <span class="visually-hidden">{format!("Remove {}", choice.name)}</span>
                    </button>
                </li>
            </For>
        </ul>
    }
}

#[cfg(test)]
mod tests {
    use super::split_at_hit;

    #[test]
    fn the_hit_is_found_whatever_its_case() {
        assert_eq!(
            split_at_hit("Billing readers", "READ"),
            ("Billing ", "read", "ers")
        );
        assert_eq!(split_at_hit("Größe", "ö"), ("Gr", "ö", "ße"));
        assert_eq!(split_at_hit("Billing", ""), ("Billing", "", ""));
        assert_eq!(split_at_hit("Billing", "x"), ("Billing", "", ""));
    }
}
