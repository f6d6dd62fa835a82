//! The log of what clients asked: tests read from it how often, and with what headers, a client called.

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

/// The log, oldest first.
#[derive(Debug, Default)]
pub struct RequestLog(Vec<LoggedRequest>);

impl RequestLog {
    /// Writes a request down before it is answered.
    pub fn open(&mut self, request: LoggedRequest) {
        self.0.push(request);
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

    /// Everything so far.
    pub fn all(&self) -> &[LoggedRequest] {
        &self.0
    }

    /// Forgets everything.
    pub fn clear(&mut self) {
        self.0.clear();
    }
}
