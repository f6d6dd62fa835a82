//! Microsoft Graph's error codes, parsed once.
//!
//! The code is the contract and the message is not, but for the few cases in which only the message tells two things apart:
//! those are the methods of [`super::GraphError`].

use std::fmt;

/// The `error.code` of an answer (Microsoft: Graph error responses and resource types).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum GraphCode {
    /// The app may not do this.
    AuthorizationRequestDenied,
    /// The access token is not, or no longer, good.
    InvalidAuthenticationToken,
    /// The request is wrong.
    BadRequest,
    /// No such object, or not yet on this replica.
    ResourceNotFound,
    /// Another object has the same value of a unique property.
    MultipleObjectsWithSameKeyValue,
    /// Two changes of one object met.
    ConcurrencyViolation,
    /// The tenant, or the app, has made as many objects as it may.
    QuotaExceeded,
    /// The object would grow too large: too many client secrets.
    ResourceSizeExceeded,
    /// This filter or search is not supported.
    UnsupportedQuery,
    /// Too many requests.
    TooManyRequests,
    /// Graph is not available.
    ServiceNotAvailable,
    /// The tenant lacks a licence.
    NonPremiumTenant,
    /// A policy of the tenant forbids client secrets.
    CredentialTypeNotAllowed,
    /// A policy of the tenant forbids client secrets that live so long.
    CredentialLifetimeNotAllowed,
    /// Any other.
    Other(String),
}

impl GraphCode {
    /// Reads a code; some parts of Graph write it in lower camel case.
    pub fn parse(code: &str) -> Self {
        match code.to_ascii_lowercase().as_str() {
            "authorization_requestdenied" | "accessdenied" => Self::AuthorizationRequestDenied,
            "invalidauthenticationtoken" | "authentication_expiredtoken" | "tokenexpired" => {
                Self::InvalidAuthenticationToken
            }
            "request_badrequest" | "invalidrequest" | "badrequest" => Self::BadRequest,
            "request_resourcenotfound" | "resourcenotfound" => Self::ResourceNotFound,
            "request_multipleobjectswithsamekeyvalue" => Self::MultipleObjectsWithSameKeyValue,
            "directory_concurrencyviolation" => Self::ConcurrencyViolation,
            "directory_quotaexceeded" => Self::QuotaExceeded,
            "directory_resourcesizeexceeded" => Self::ResourceSizeExceeded,
            "request_unsupportedquery" => Self::UnsupportedQuery,
            "toomanyrequests" | "request_throttledtemporarily" | "request_throttled" => Self::TooManyRequests,
            "servicenotavailable" => Self::ServiceNotAvailable,
            "authentication_requestfromnonpremiumtenantorb2ctenant" => Self::NonPremiumTenant,
            "credentialtypenotallowedasperapppolicy" => Self::CredentialTypeNotAllowed,
            "credentialinvalidlifetimeasperapppolicy" => Self::CredentialLifetimeNotAllowed,
            _ => Self::Other(code.chars().take(100).collect()),
        }
    }

    /// The code as Graph writes it.
    pub fn as_str(&self) -> &str {
        match self {
            Self::AuthorizationRequestDenied => "Authorization_RequestDenied",
            Self::InvalidAuthenticationToken => "InvalidAuthenticationToken",
            Self::BadRequest => "Request_BadRequest",
            Self::ResourceNotFound => "Request_ResourceNotFound",
            Self::MultipleObjectsWithSameKeyValue => "Request_MultipleObjectsWithSameKeyValue",
            Self::ConcurrencyViolation => "Directory_ConcurrencyViolation",
            Self::QuotaExceeded => "Directory_QuotaExceeded",
            Self::ResourceSizeExceeded => "Directory_ResourceSizeExceeded",
            Self::UnsupportedQuery => "Request_UnsupportedQuery",
            Self::TooManyRequests => "TooManyRequests",
            Self::ServiceNotAvailable => "ServiceNotAvailable",
            Self::NonPremiumTenant => "Authentication_RequestFromNonPremiumTenantOrB2CTenant",
            Self::CredentialTypeNotAllowed => "CredentialTypeNotAllowedAsPerAppPolicy",
            Self::CredentialLifetimeNotAllowed => "CredentialInvalidLifetimeAsPerAppPolicy",
            Self::Other(code) => code,
        }
    }
}

impl fmt::Display for GraphCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
