//! What Entra accepts as a user principal name and as a mail nickname.

use super::{Directory, Domain};

/// Why a user principal name is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NameFault {
    /// Not of the form `local@domain`, too long, or with a character that is not allowed.
    Malformed,
    /// The domain is none of the tenant's verified ones.
    UnverifiedDomain,
}

/// Checks a user principal name and answers with the domain that it belongs to.
pub fn domain_of<'a>(directory: &'a Directory, name: &str) -> Result<&'a Domain, NameFault> {
    let (local, domain) = name.rsplit_once('@').ok_or(NameFault::Malformed)?;
    let allowed = |c: char| c.is_ascii_alphanumeric() || "'.-_!#^~".contains(c);
    let local_is_fine = (1..=64).contains(&local.len())
        && local.chars().all(allowed)
        && !local.ends_with('.')
        && !local.starts_with('.');
    if !local_is_fine || domain.len() > 48 || name.len() > 113 {
        return Err(NameFault::Malformed);
    }
    directory
        .domains
        .iter()
        .find(|known| known.is_verified && known.name.eq_ignore_ascii_case(domain))
        .ok_or(NameFault::UnverifiedDomain)
}

/// Whether a mail nickname is acceptable.
pub fn is_nickname(text: &str) -> bool {
    (1..=64).contains(&text.len())
        && text
            .chars()
            .all(|c| c.is_ascii() && !c.is_ascii_control() && !"@()\\[]\";:<>, ".contains(c))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tenant() -> Directory {
        let domain = |name: &str, is_verified| Domain {
            name: name.into(),
            is_default: is_verified,
            is_initial: false,
            is_verified,
            is_federated: false,
        };
        Directory {
            domains: vec![domain("contoso.com", true), domain("new.example", false)],
            ..Directory::default()
        }
    }

    #[test]
    fn good_names_pass_and_bad_ones_say_why() {
        let check = |name: &str| domain_of(&tenant(), name).map(|domain| domain.name.clone());
        assert_eq!(check("lease-1_a!@Contoso.com"), Ok("contoso.com".into()));
        assert_eq!(check("a@new.example"), Err(NameFault::UnverifiedDomain));
        for bad in [
            "nobody",
            "a b@contoso.com",
            "é@contoso.com",
            "a.@contoso.com",
            "@contoso.com",
            "a@b@contoso.com",
        ] {
            assert_eq!(check(bad), Err(NameFault::Malformed), "{bad}");
        }
        assert_eq!(
            check(&format!("{}@contoso.com", "a".repeat(65))),
            Err(NameFault::Malformed)
        );
    }

    #[test]
    fn nicknames_have_no_address_characters() {
        assert!(is_nickname("lease-1"));
        assert!(!is_nickname("a@b"));
        assert!(!is_nickname(""));
    }
}
