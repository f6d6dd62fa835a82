//! Faults that tests order: answers that the service did not mean, connections that hang, and connections that break.

use regex::Regex;
use serde::{Deserialize, Serialize};

/// One ordered fault: which requests it meets, and what happens to them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Fault {
    /// The method it meets; any if absent.
    #[serde(default)]
    pub method: Option<String>,
    /// A piece of the decoded path and query, or a regular expression for them; anything if absent.
    #[serde(default)]
    pub path: Option<String>,
    /// How many matching requests it lets pass first.
    #[serde(default)]
    pub skip: u32,
    /// How many requests it then meets.
    #[serde(default = "once")]
    pub times: u32,
    /// What happens.
    #[serde(flatten)]
    pub kind: FaultKind,
}

fn once() -> u32 {
    1
}

/// What a fault does to a request.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum FaultKind {
    /// Answers with this status instead of doing anything.
    Status {
        /// The status.
        status: u16,
        /// The `Retry-After` header, exactly as given.
        #[serde(default)]
        retry_after: Option<String>,
    },
    /// Does nothing and answers nothing until the client gives up.
    Hang,
    /// Closes the connection; nothing is done.
    DropBefore,
    /// Does what was asked, then closes the connection without an answer.
    DropAfter,
}

impl Fault {
    /// A fault of this kind that meets the next request, whatever it is.
    pub fn new(kind: FaultKind) -> Self {
        Self {
            method: None,
            path: None,
            skip: 0,
            times: 1,
            kind,
        }
    }

    /// A fault that answers with a status.
    pub fn status(status: u16) -> Self {
        Self::new(FaultKind::Status {
            status,
            retry_after: None,
        })
    }

    /// A fault that never answers.
    pub fn hang() -> Self {
        Self::new(FaultKind::Hang)
    }

    /// A fault that drops the connection before anything is done.
    pub fn drop_before() -> Self {
        Self::new(FaultKind::DropBefore)
    }

    /// A fault that drops the connection after everything is done.
    pub fn drop_after() -> Self {
        Self::new(FaultKind::DropAfter)
    }

    /// Meets only this method and paths with this piece (or regular expression) in them.
    #[must_use]
    pub fn on(mut self, method: &str, path: &str) -> Self {
        self.method = Some(method.to_owned());
        self.path = Some(path.to_owned());
        self
    }

    /// Meets paths with this piece (or regular expression) in them, whatever the method.
    #[must_use]
    pub fn at(mut self, path: &str) -> Self {
        self.path = Some(path.to_owned());
        self
    }

    /// Meets this many requests.
    #[must_use]
    pub fn times(mut self, times: u32) -> Self {
        self.times = times;
        self
    }

    /// Lets this many matching requests pass first.
    #[must_use]
    pub fn after(mut self, skip: u32) -> Self {
        self.skip = skip;
        self
    }

    /// Sends this `Retry-After` header with the status.
    #[must_use]
    pub fn retry_after(mut self, text: &str) -> Self {
        if let FaultKind::Status { retry_after, .. } = &mut self.kind {
            *retry_after = Some(text.to_owned());
        }
        self
    }

    fn meets(&self, method: &str, target: &str) -> bool {
        let method_fits = self
            .method
            .as_ref()
            .is_none_or(|wanted| wanted.eq_ignore_ascii_case(method));
        // A plain piece first: `$ref` is a name in Graph and an anchor in a regular expression.
        let path_fits = self.path.as_ref().is_none_or(|wanted| {
            target.contains(wanted) || Regex::new(wanted).is_ok_and(|pattern| pattern.is_match(target))
        });
        method_fits && path_fits
    }
}

/// The faults that are still to come, in the order they were asked for.
#[derive(Debug, Default)]
pub struct Faults(Vec<Fault>);

impl Faults {
    /// Orders a fault.
    pub fn add(&mut self, fault: Fault) {
        self.0.push(fault);
    }

    /// Forgets all faults.
    pub fn clear(&mut self) {
        self.0.clear();
    }

    /// The faults still to come.
    pub fn pending(&self) -> &[Fault] {
        &self.0
    }

    /// The fault that this request meets, if any. `target` is the decoded path and query.
    pub fn strike(&mut self, method: &str, target: &str) -> Option<FaultKind> {
        for fault in self
            .0
            .iter_mut()
            .filter(|fault| fault.times > 0 && fault.meets(method, target))
        {
            if fault.skip > 0 {
                fault.skip -= 1;
                continue;
            }
            fault.times -= 1;
            let kind = fault.kind.clone();
            self.0.retain(|left| left.times > 0);
            return Some(kind);
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_meets_what_it_names_after_its_skips_and_so_many_times() {
        let mut faults = Faults::default();
        faults.add(Fault::status(429).on("post", "members/$ref").after(1).times(2));
        let mut strike = |method| faults.strike(method, "/v1.0/groups/1/members/$ref").is_some();
        assert!(!strike("GET"));
        assert_eq!(
            [strike("POST"), strike("POST"), strike("POST"), strike("POST")],
            [false, true, true, false]
        );
        assert!(faults.pending().is_empty());
    }

    #[test]
    fn a_path_may_be_a_regular_expression() {
        let mut faults = Faults::default();
        faults.add(Fault::hang().on("GET", "^/v1.0/users/[^/]+$"));
        assert_eq!(faults.strike("GET", "/v1.0/users/1/memberOf"), None);
        assert_eq!(faults.strike("GET", "/v1.0/users/1"), Some(FaultKind::Hang));
    }

    #[test]
    fn faults_are_read_from_json() {
        let text = r#"{"method":"POST","path":"/users","kind":"status","status":429,"retry_after":"2.128"}"#;
        let fault: Fault = serde_json::from_str(text).unwrap();
        assert_eq!(
            fault,
            Fault::status(429).on("POST", "/users").retry_after("2.128")
        );
        assert!(serde_json::from_str::<Fault>(r#"{"kind":"drop_after","times":3}"#).is_ok());
    }
}
