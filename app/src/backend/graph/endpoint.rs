//! Addresses: which ones we talk to, and how a call's path and query are written.

use std::net::IpAddr;

use url::{Host, Url};

use crate::domain::{Cloud, Invalid};

use super::GraphError;

/// The scope of Microsoft Graph itself: what stands behind a custom cloud's address is public Graph, or plays it.
const PUBLIC_GRAPH: &str = "https://graph.microsoft.com";

/// The addresses of a cloud, checked.
#[derive(Debug, Clone)]
pub(super) struct Endpoints {
    pub(super) authority: Url,
    pub(super) graph: Url,
    pub(super) scope: String,
}

impl Endpoints {
    pub(super) fn of(cloud: &Cloud) -> Result<Self, GraphError> {
        let url = |what: &str, text: &str| {
            base(text).map_err(|why| GraphError::InvalidConnection {
                detail: format!("The {what} address {text:?} can't be used: {why}."),
            })
        };
        let audience = match cloud {
            Cloud::Public | Cloud::UsGov | Cloud::UsGovDod | Cloud::China => cloud.graph(),
            Cloud::Custom(_) => PUBLIC_GRAPH,
        };
        Ok(Self {
            authority: url("sign-in", cloud.authority())?,
            graph: url("Graph", cloud.graph())?,
            scope: format!("{audience}/.default"),
        })
    }

    /// Whether everything is on this very computer, where no proxy may stand between.
    pub(super) fn is_loopback(&self) -> bool {
        is_loopback(&self.authority) && is_loopback(&self.graph)
    }
}

/// Checks the addresses of a custom cloud. The error names the field of [`CustomCloud`](crate::domain::CustomCloud).
pub fn check_cloud(cloud: &Cloud) -> Result<(), (&'static str, Invalid)> {
    let Cloud::Custom(custom) = cloud else {
        return Ok(());
    };
    let addresses = [
        ("authority", Some(&custom.authority)),
        ("graph", Some(&custom.graph)),
        ("arm", custom.arm.as_ref()),
    ];
    for (name, address) in addresses {
        if let Some(text) = address {
            base(text).map_err(|why| (name, why))?;
        }
    }
    Ok(())
}

/// Reads the base of an address. Refused: anything but https, plain http where it stays on this computer excepted.
fn base(text: &str) -> Result<Url, Invalid> {
    let url = Url::parse(text.trim()).map_err(|why| {
        Invalid::new(format!(
            "it is no web address ({why}); write it as in https://login.example.com"
        ))
    })?;
    if url.host().is_none() {
        return Err(Invalid::new("it names no host"));
    }
    if !url.username().is_empty()
        || url.password().is_some()
        || url.query().is_some()
        || url.fragment().is_some()
    {
        return Err(Invalid::new("give only scheme, host, port and path"));
    }
    match url.scheme() {
        "https" => Ok(url),
        "http" if is_loopback(&url) => Ok(url),
        "http" => Err(Invalid::new(
            "credentials would travel in clear; plain http is for 127.0.0.1, [::1] and localhost only, use https",
        )),
        other => Err(Invalid::new(format!(
            "{other:?} is no way to reach Entra, use https"
        ))),
    }
}

fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(address)) => IpAddr::V4(address).is_loopback(),
        Some(Host::Ipv6(address)) => IpAddr::V6(address).is_loopback(),
        Some(Host::Domain(name)) => name.eq_ignore_ascii_case("localhost"),
        None => false,
    }
}

/// Whether two addresses lead to the same server: only such links are followed, with our token in hand.
pub(super) fn same_origin(one: &Url, other: &Url) -> bool {
    one.scheme() == other.scheme()
        && one.host() == other.host()
        && one.port_or_known_default() == other.port_or_known_default()
}

/// The address `base` with these segments of a path behind it, whatever stands in them.
pub(super) fn with_path(base: &Url, segments: &[&str]) -> Url {
    let mut path = base.path().trim_end_matches('/').to_owned();
    for segment in segments {
        path.push('/');
        path.push_str(&encoded(segment));
    }
    let mut url = base.clone();
    url.set_path(&path);
    url
}

/// The address with these pairs as its query. Spaces become `%20`: a `+` would mean something else in `OData`.
pub(super) fn with_query(mut url: Url, pairs: &[(&str, String)]) -> Url {
    if !pairs.is_empty() {
        let written: Vec<String> = pairs
            .iter()
            .map(|(key, value)| format!("{}={}", encoded(key), encoded(value)))
            .collect();
        url.set_query(Some(&written.join("&")));
    }
    url
}

/// Percent-encodes everything but what RFC 3986 leaves alone, and `$`, with which `OData`'s own words begin.
fn encoded(text: &str) -> String {
    use std::fmt::Write as _;

    let mut written = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~' | b'$') {
            written.push(char::from(byte));
        } else {
            // Writing into a `String` can't fail.
            let _ = write!(written, "%{byte:02X}");
        }
    }
    written
}

/// A text as `OData` writes it in a filter (`OData` 4.01, URL conventions: a quote is doubled).
pub(super) fn literal(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

/// A search for a property that contains the words (Microsoft: `$search` on directory objects).
pub(super) fn search(property: &str, words: &str) -> String {
    let escaped = words.replace('\\', "\\\\").replace('"', "\\\"");
    format!("\"{property}:{escaped}\"")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::CustomCloud;

    fn custom(authority: &str) -> Cloud {
        Cloud::Custom(CustomCloud {
            authority: authority.to_owned(),
            graph: "https://graph.example.com".to_owned(),
            arm: None,
        })
    }

    #[test]
    fn plain_http_stays_at_home() {
        for good in [
            "http://127.0.0.1:4010",
            "http://127.9.9.9",
            "http://[::1]:1",
            "http://LOCALHOST:1",
            "https://login.example.com/",
        ] {
            assert_eq!(check_cloud(&custom(good)), Ok(()), "{good}");
        }
        for bad in [
            "http://login.example.com",
            "http://10.0.0.1",
            "http://localhost.evil.com",
            "ftp://localhost",
            "nonsense",
            "https://user:pw@x.com",
            "https://x.com?a=b",
        ] {
            let (field, _) = check_cloud(&custom(bad)).unwrap_err();
            assert_eq!(field, "authority", "{bad}");
            assert!(matches!(
                Endpoints::of(&custom(bad)),
                Err(GraphError::InvalidConnection { .. })
            ));
        }
    }

    #[test]
    fn the_scope_is_that_of_the_graph_which_answers() {
        let scope = |cloud: &Cloud| Endpoints::of(cloud).unwrap().scope;
        assert_eq!(scope(&Cloud::Public), "https://graph.microsoft.com/.default");
        assert_eq!(scope(&Cloud::UsGovDod), "https://dod-graph.microsoft.us/.default");
        assert_eq!(
            scope(&custom("http://localhost:1")),
            "https://graph.microsoft.com/.default"
        );
    }

    #[test]
    fn paths_and_queries_are_encoded() {
        let base = Url::parse("https://graph.example.com/proxy/").unwrap();
        let url = with_path(&base, &["v1.0", "groups", "a/../b?c", "members", "$ref"]);
        assert_eq!(
            url.as_str(),
            "https://graph.example.com/proxy/v1.0/groups/a%2F..%2Fb%3Fc/members/$ref"
        );
        let url = with_query(
            url,
            &[(
                "$filter",
                format!("userPrincipalName eq {}", literal("o'neil+x@c.com")),
            )],
        );
        assert_eq!(
            url.query(),
            Some("$filter=userPrincipalName%20eq%20%27o%27%27neil%2Bx%40c.com%27")
        );
    }

    #[test]
    fn searches_can_not_break_out_of_their_quotes() {
        assert_eq!(
            search("displayName", r#"a" OR \x"#),
            r#""displayName:a\" OR \\x""#
        );
    }

    #[test]
    fn origins_differ_by_scheme_host_and_port() {
        let same = |a: &str, b: &str| same_origin(&Url::parse(a).unwrap(), &Url::parse(b).unwrap());
        assert!(same("https://a.com/x", "https://A.com:443/y"));
        assert!(!same("https://a.com", "http://a.com"));
        assert!(!same("https://a.com", "https://a.com:8443"));
        assert!(!same("https://a.com", "https://a.com.evil.org"));
    }
}
