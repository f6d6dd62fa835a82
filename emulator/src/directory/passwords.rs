//! Entra's password policy: length, character classes, the user's own name, and the obvious ones.

/// Words that make a password obvious. Entra's own list is secret and long; these stand for it.
const BANNED: [&str; 8] = [
    "password",
    "contoso",
    "welcome",
    "letmein",
    "qwerty",
    "microsoft",
    "admin123",
    "summer",
];

/// Whether Entra would take `password` for the user of this sign-in name.
pub fn complies(password: &str, user_principal_name: &str) -> bool {
    let length = password.chars().count();
    let ascii = password.chars().all(|c| c.is_ascii_graphic() || c == ' ');
    (8..=256).contains(&length)
        && ascii
        && classes(password) >= 3
        && !contains_name(password, user_principal_name)
        && score(password) >= 5
}

fn classes(password: &str) -> usize {
    let kinds: [fn(char) -> bool; 4] = [
        |c| c.is_ascii_lowercase(),
        |c| c.is_ascii_uppercase(),
        |c| c.is_ascii_digit(),
        |c| !c.is_ascii_alphanumeric(),
    ];
    kinds
        .iter()
        .filter(|is_kind| password.chars().any(**is_kind))
        .count()
}

fn contains_name(password: &str, user_principal_name: &str) -> bool {
    let local = user_principal_name
        .split('@')
        .next()
        .unwrap_or_default()
        .to_lowercase();
    // Short names would forbid half of all passwords, so Entra leaves them out.
    local.len() >= 4 && password.to_lowercase().contains(&local)
}

/// One point for each banned word and one for each character besides, after the usual disguises are undone.
fn score(password: &str) -> usize {
    let mut plain: String = password
        .to_lowercase()
        .chars()
        .map(|c| match c {
            '0' => 'o',
            '1' => 'l',
            '$' => 's',
            '@' => 'a',
            other => other,
        })
        .collect();
    let mut points = 0;
    for word in BANNED {
        while let Some(at) = plain.find(word) {
            plain.replace_range(at..at + word.len(), "");
            points += 1;
        }
    }
    points + plain.chars().count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strong_passwords_pass() {
        assert!(complies("k7#Vq2!mZp9x", "lease@contoso.com"));
        assert!(complies(&"aB3$".repeat(64), "lease@contoso.com"));
    }

    #[test]
    fn weak_passwords_do_not() {
        let weak = [
            "aB3$",
            "alllowercase1",
            "P@ssw0rd1",
            "Contoso12!",
            "xX1!lease-9z",
            "pässWord12!",
        ];
        for password in weak {
            assert!(!complies(password, "lease-9z@contoso.com"), "{password}");
        }
        assert!(!complies(&"aB3$".repeat(65), "lease@contoso.com"));
    }
}
