//! An error of the API where it happened: in a dialog or beside a field.

use leptos::prelude::*;

use super::notice::ErrorNotice;
use crate::domain::ApiError;

/// The id of a dialog's error, for moving the focus there.
pub const PROBLEM: &str = "problem";

/// The error of a dialog; it can take the focus.
#[component]
pub fn Problem(
    /// The error.
    error: ApiError,
) -> impl IntoView {
    view! {
        <div id=PROBLEM tabindex="-1">
            <ErrorNotice error />
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
