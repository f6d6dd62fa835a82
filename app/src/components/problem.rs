//! An error of the API, in place: what happened and what to do, with details for support folded away.

use leptos::prelude::*;

use crate::domain::ApiError;

/// Shows the error. It has the id `problem` and can take the focus.
#[component]
pub fn Problem(
    /// The error.
    error: ApiError,
) -> impl IntoView {
    let details: Vec<(&str, String)> = [
        ("Field", error.field.clone()),
        ("Reason", error.reason.clone()),
        ("Incident", error.incident.clone()),
        ("Wait", error.retry_after.map(|seconds| format!("{seconds:.0} s"))),
    ]
    .into_iter()
    .filter_map(|(name, value)| value.map(|value| (name, value)))
    .collect();
    let rows = details
        .iter()
        .map(|(name, value)| view! { <dt>{*name}</dt><dd><code>{value.clone()}</code></dd> })
        .collect_view();
    view! {
        <div class="problem" id="problem" role="alert" tabindex="-1">
            <p>{error.message}</p>
            {(!details.is_empty())
                .then(|| view! { <details><summary>"Details"</summary><dl>{rows}</dl></details> })}
        </div>
    }
}

/// What the error says about a field, without the field's name before it.
pub fn without_field(error: &ApiError) -> String {
    let text = error
        .field
        .as_ref()
        .and_then(|field| error.message.strip_prefix(field.as_str())?.strip_prefix(": "))
        .unwrap_or(&error.message);
    let mut letters = text.chars();
    letters
        .next()
        .map(|first| first.to_uppercase().chain(letters).collect())
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn beside_a_field_its_name_is_not_said_again() {
        assert_eq!(without_field(&ApiError::invalid("ttl", "too long")), "Too long.");
        assert_eq!(
            without_field(&ApiError::conflict("It has ended.")),
            "It has ended."
        );
    }
}
