//! Names made from a pattern: `tmp-{{secret}}-{{random}}`.

use super::Invalid;

/// What fills the gaps of a template.
#[derive(Debug, Clone)]
pub struct Variables<'a> {
    /// Eight random letters and digits: `{{random}}`.
    pub random: &'a str,
    /// The item's name: `{{secret}}`.
    pub secret: &'a str,
    /// Who asked: `{{requester}}`.
    pub requester: &'a str,
}

/// The user name of a temporary user where the item names none.
pub const DEFAULT_USERNAME: &str = "lease-{{secret}}-{{random}}";
/// The display name of a temporary user where the item names none.
pub const DEFAULT_DISPLAY_NAME: &str = "Lease of {{secret}} for {{requester}}";

/// The longest part before the `@` (Microsoft: user resource type).
const MAX_USERNAME: usize = 64;
const MAX_DISPLAY_NAME: usize = 256;

/// Checks a template: known variables only, at most 256 characters.
pub fn check(template: &str) -> Result<(), Invalid> {
    if template.trim().is_empty() || template.len() > MAX_DISPLAY_NAME {
        return Err(Invalid::new("write 1 to 256 characters"));
    }
    let mut rest = template;
    while let Some(start) = rest.find("{{") {
        let Some(end) = rest[start..].find("}}") else {
            return Err(Invalid::new("a \"{{\" is not closed by \"}}\""));
        };
        let name = rest[start + 2..start + end].trim();
        if !matches!(name, "random" | "secret" | "requester") {
            return Err(Invalid::new(format!(
                "{{{{{name}}}}} is not known; use {{{{random}}}}, {{{{secret}}}} or {{{{requester}}}}"
            )));
        }
        rest = &rest[start + end + 2..];
    }
    Ok(())
}

/// Checks a user name's template: as [`check`], with `{{random}}` in it, so that two leases never want the same name, and
/// otherwise only what Entra allows before the `@`.
pub fn check_username(template: &str) -> Result<(), Invalid> {
    check(template)?;
    let nothing = Variables {
        random: "",
        secret: "",
        requester: "",
    };
    let fixed = fill(template, &nothing);
    if fill(
        template,
        &Variables {
            random: "x",
            ..nothing
        },
    ) == fixed
    {
        return Err(Invalid::new(
            "put {{random}} in it, so that two leases never want the same name",
        ));
    }
    match fixed.chars().find(|c| !is_username_char(*c)) {
        Some(bad) => Err(Invalid::new(format!("{bad:?} can't stand in a user name"))),
        None => Ok(()),
    }
}

/// The text with its gaps filled, at most 256 characters.
pub fn display_name(template: &str, variables: &Variables<'_>) -> String {
    fill(template, variables)
        .trim()
        .chars()
        .take(MAX_DISPLAY_NAME)
        .collect()
}

/// The user name: gaps filled, whatever Entra does not allow turned into `-`, at most 64 characters. Where it is too long, it
/// is the item's and the requester's names that are shortened, never `{{random}}`.
pub fn username(template: &str, variables: &Variables<'_>) -> String {
    let fixed = fill(
        template,
        &Variables {
            secret: "",
            requester: "",
            ..variables.clone()
        },
    )
    .len();
    let room = MAX_USERNAME.saturating_sub(fixed) / 2;
    let clean = |text: &str| -> String {
        let mapped = text.chars().map(|c| {
            if c.is_ascii_alphanumeric() || c == '-' {
                c.to_ascii_lowercase()
            } else {
                '-'
            }
        });
        mapped.take(room).collect()
    };
    let (secret, requester) = (clean(variables.secret), clean(variables.requester));
    let name = fill(
        template,
        &Variables {
            random: variables.random,
            secret: &secret,
            requester: &requester,
        },
    );
    let name: String = name
        .chars()
        .filter(|c| is_username_char(*c))
        .take(MAX_USERNAME)
        .collect();
    name.trim_matches(['.', '-']).to_owned()
}

/// Microsoft: Password policies and account restrictions, user principal name.
fn is_username_char(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '\'' | '.' | '-' | '_' | '!' | '#' | '^' | '~')
}

fn fill(template: &str, variables: &Variables<'_>) -> String {
    let mut text = String::with_capacity(template.len());
    let mut rest = template;
    while let Some((before, after)) = rest.split_once("{{") {
        text.push_str(before);
        let Some((name, tail)) = after.split_once("}}") else {
            rest = after;
            break;
        };
        text.push_str(match name.trim() {
            "random" => variables.random,
            "secret" => variables.secret,
            "requester" => variables.requester,
            _ => "",
        });
        rest = tail;
    }
    text.push_str(rest);
    text
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_username_always_fits_and_keeps_its_random_part(secret in "[A-Za-z0-9._-]{1,64}", requester in ".{0,60}") {
            let variables = Variables { random: "q7x2m9ka", secret: &secret, requester: &requester };
            for template in [DEFAULT_USERNAME, "{{random}}-{{requester}}", "x-{{secret}}-{{requester}}-{{random}}"] {
                let name = username(template, &variables);
                prop_assert!(!name.is_empty() && name.len() <= 64, "{}", name);
                prop_assert!(name.contains("q7x2m9ka") && !name.ends_with('.') && name.chars().all(is_username_char));
            }
        }
    }

    #[test]
    fn bad_templates_are_refused() {
        for text in [
            "",
            "{{random",
            "{{nobody}}-{{random}}",
            "fixed",
            "a b {{random}}",
            "ü{{random}}",
            "a@b{{random}}",
        ] {
            assert!(check_username(text).is_err(), "{text:?}");
        }
        assert!(check_username("tmp-{{ random }}").is_ok());
        assert!(check("Lease of {{secret}}, für {{requester}}").is_ok());
    }
}
