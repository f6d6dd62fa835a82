//! Where to go after signing in.

use url::Url;

/// The path where it is one of ours; otherwise the first page. Nothing that a browser could take for another host passes.
pub fn local(path: &str) -> String {
    const ANY_HOST: &str = "http://leasehold.invalid";
    let ours = Url::parse(ANY_HOST)
        .and_then(|base| base.join(path))
        .ok()
        .filter(|url| {
            let same_host = url.origin().ascii_serialization() == ANY_HOST && !url.path().starts_with("//");
            path.starts_with('/') && same_host && url.path() != "/sign-in"
        });
    ours.map_or_else(
        || "/".to_owned(),
        |url| match url.query() {
            Some(query) => format!("{}?{query}", url.path()),
            None => url.path().to_owned(),
        },
    )
}

/// The address of the sign-in page that leads to `next` afterwards; `error` is a word of ours, never what was typed.
pub fn sign_in_page(next: &str, error: Option<&str>) -> String {
    let next = local(next);
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    if next != "/" {
        query.append_pair("next", &next);
    }
    if let Some(error) = error {
        query.append_pair("error", error);
    }
    let query = query.finish();
    if query.is_empty() {
        "/sign-in".to_owned()
    } else {
        format!("/sign-in?{query}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_paths_of_ours_are_followed() {
        for (asked, expected) in [
            ("/leases?state=active&q=a%20b", "/leases?state=active&q=a%20b"),
            ("/items/prod/billing", "/items/prod/billing"),
            ("/", "/"),
            ("", "/"),
            ("items", "/"),
            ("https://evil.example/", "/"),
            ("//evil.example/", "/"),
            ("/\\evil.example/", "/"),
            ("/\t/evil.example/", "/"),
            ("/..//evil.example", "/"),
            ("javascript:alert(1)", "/"),
            ("/sign-in?next=/sign-in", "/"),
        ] {
            assert_eq!(local(asked), expected, "{asked:?}");
        }
    }

    #[test]
    fn the_page_is_told_where_to_go_and_what_went_wrong() {
        assert_eq!(sign_in_page("/", None), "/sign-in");
        assert_eq!(
            sign_in_page("/leases?a=1&b=2", None),
            "/sign-in?next=%2Fleases%3Fa%3D1%26b%3D2"
        );
        assert_eq!(
            sign_in_page("//evil", Some("credentials")),
            "/sign-in?error=credentials"
        );
    }
}
