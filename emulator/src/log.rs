//! The log of what clients asked: tests read from it how often, and with what headers, a client called.
//!
//! Rule: it keeps the latest 10,000 requests, so that an emulator under load does not grow; older ones are forgotten.

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};

/// One request that reached the token endpoint or Graph.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LoggedRequest {
    /// When, on the emulator's clock.
    pub at: String,
    /// The method.
    pub method: String,
    /// The path and query, decoded.
    pub path: String,
    /// The status of the answer; absent while there is none, and when the connection was dropped.
    pub status: Option<u16>,
    /// The id that the emulator gave the request.
    pub request_id: String,
    /// The id that the client gave the request.
    pub client_request_id: Option<String>,
    /// The client id of the application that called, where the request says it.
    pub app_id: Option<String>,
}

/// How many requests are kept.
const KEPT: usize = 10_000;

/// The log, oldest first.
#[derive(Debug, Default)]
pub struct RequestLog(VecDeque<LoggedRequest>);

impl RequestLog {
    /// Writes a request down before it is answered.
    pub fn open(&mut self, request: LoggedRequest) {
        if self.0.len() == KEPT {
            self.0.pop_front();
        }
        self.0.push_back(request);
    }

    /// Adds the answer's status to a request.
    pub fn close(&mut self, request_id: &str, status: u16) {
        if let Some(request) = self
            .0
            .iter_mut()
            .rev()
            .find(|request| request.request_id == request_id)
        {
            request.status = Some(status);
        }
    }

    /// Everything that is kept.
    pub fn all(&self) -> &VecDeque<LoggedRequest> {
        &self.0
    }

    /// Forgets everything.
    pub fn clear(&mut self) {
        self.0.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_latest_requests_are_kept_and_the_oldest_forgotten() {
        let mut log = RequestLog::default();
        let request = |number: usize| LoggedRequest {
            at: String::new(),
            method: "GET".into(),
            path: "/".into(),
            status: None,
            request_id: number.to_string(),
            client_request_id: None,
            app_id: None,
        };
        for number in 0..KEPT + 3 {
            log.open(request(number));
        }
        log.close("0", 200);
        log.close("5", 200);
        let all = log.all();
        let answered: Vec<&str> = all
            .iter()
            .filter(|request| request.status == Some(200))
            .map(|request| request.request_id.as_str())
            .collect();
        assert_eq!(
            (all.len(), all[0].request_id.as_str(), answered),
            (KEPT, "3", vec!["5"])
        );
    }
}
