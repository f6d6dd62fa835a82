//! Making calls: signed in, tried again where that is safe and worth it, every try noted.

use reqwest::Method;
use reqwest::header::{ACCEPT, AUTHORIZATION, CONTENT_LENGTH, CONTENT_TYPE, HeaderMap, HeaderValue};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use url::Url;

use crate::backend::{Stopwatch, crash_point};
use crate::domain::{Attempt, SecretText};

use super::answer::{Envelope, from_answer, retry_after_seconds, root_cause};
use super::endpoint::{Endpoints, same_origin, with_path, with_query};
use super::token::{SignInBody, Token};
use super::{GraphClient, GraphError, Operation};

/// One call, ready to be made.
pub(super) struct Call<'a> {
    pub(super) operation: Operation,
    pub(super) path: &'a [&'a str],
    pub(super) query: Vec<(&'static str, String)>,
    pub(super) body: Option<Value>,
    /// Whether a search or advanced filter is in it, for which Graph wants `ConsistencyLevel: eventual`.
    pub(super) advanced: bool,
    /// How many writes it counts as.
    writes: u32,
}

impl<'a> Call<'a> {
    pub(super) fn new(operation: Operation, path: &'a [&'a str]) -> Self {
        Self {
            operation,
            path,
            query: Vec::new(),
            body: None,
            advanced: false,
            writes: u32::from(operation.is_write()),
        }
    }

    /// Counts as so many writes.
    pub(super) fn writes(self, writes: u32) -> Self {
        Self { writes, ..self }
    }

    pub(super) fn query(mut self, key: &'static str, value: impl Into<String>) -> Self {
        self.query.push((key, value.into()));
        self
    }

    pub(super) fn body(self, body: Value) -> Self {
        Self {
            body: Some(body),
            ..self
        }
    }

    pub(super) fn advanced(self) -> Self {
        Self {
            advanced: true,
            ..self
        }
        .query("$count", "true")
    }

    /// What was asked, in one line, without its query: names of people may stand there.
    fn step(&self) -> String {
        format!("{} /{}", self.operation.method(), self.path.join("/"))
    }
}

/// A successful answer.
pub(super) struct Answer {
    body: Vec<u8>,
    request_id: Option<String>,
    operation: Operation,
}

impl Answer {
    /// Entra's id of the request.
    pub(super) fn request_id(&self) -> Option<String> {
        self.request_id.clone()
    }

    /// The answer's content. Where it can't be read, a call that changed something may have been done all the same.
    pub(super) fn json<T: DeserializeOwned>(&self) -> Result<T, GraphError> {
        serde_json::from_slice(&self.body).map_err(|why| {
            // Not the error's own text: it may quote a secret that stands in the answer.
            let detail = format!("line {}, column {} of the answer", why.line(), why.column());
            if self.operation.is_repeatable() {
                GraphError::Malformed { detail }
            } else {
                GraphError::Ambiguous {
                    operation: self.operation,
                    detail,
                    request_id: self.request_id.clone(),
                }
            }
        })
    }
}

impl GraphClient {
    /// Makes a call, again where that is safe and worth it.
    #[tracing::instrument(skip_all, fields(operation = ?call.operation))]
    pub(super) async fn send(&self, call: &Call<'_>) -> Result<Answer, GraphError> {
        self.send_to(&with_query(self.address(call.path), &call.query), call)
            .await
    }

    /// Makes a call that answers with pages, and reads them until there are `limit` rows.
    pub(super) async fn list<T: DeserializeOwned>(
        &self,
        call: &Call<'_>,
        limit: usize,
    ) -> Result<Vec<T>, GraphError> {
        let mut rows = Vec::new();
        self.each_page(call, |page| {
            rows.extend(page);
            rows.len() < limit
        })
        .await?;
        rows.truncate(limit);
        Ok(rows)
    }

    /// Makes a call that answers with pages, and hands over one after the other, for as long as more are wanted.
    pub(super) async fn each_page<T: DeserializeOwned>(
        &self,
        call: &Call<'_>,
        mut take: impl FnMut(Vec<T>) -> bool,
    ) -> Result<(), GraphError> {
        #[derive(Deserialize)]
        struct Page<T> {
            value: Vec<T>,
            #[serde(rename = "@odata.nextLink")]
            next: Option<String>,
        }
        let mut url = with_query(self.address(call.path), &call.query);
        loop {
            let page: Page<T> = self.send_to(&url, call).await?.json()?;
            let more = take(page.value);
            let Some(next) = page.next.filter(|_| more) else {
                return Ok(());
            };
            let next = Url::parse(&next).ok();
            url = next
                .filter(|next| same_origin(next, &self.inner.endpoints.graph))
                .ok_or_else(|| GraphError::Malformed {
                    detail: "the link to the next page leads away from Graph".to_owned(),
                })?;
        }
    }

    async fn send_to(&self, url: &Url, call: &Call<'_>) -> Result<Answer, GraphError> {
        let watch = Stopwatch::start();
        let mut signed_in_anew = false;
        let mut tries = 0;
        loop {
            let failed = match self.token().await {
                Err(failed) => failed,
                Ok(token) => match self.send_once(url, call, &token).await {
                    Ok(answer) => return Ok(answer),
                    Err(failed) if failed.is_stale_token() && !signed_in_anew => {
                        signed_in_anew = true;
                        self.inner.tokens.forget(token.generation)?;
                        continue;
                    }
                    Err(failed) => failed,
                },
            };
            tries += 1;
            self.pause(&failed, tries, watch).await.ok_or(failed)?;
        }
    }

    /// Waits before the next try; nothing where there should be none.
    pub(super) async fn pause(&self, failed: &GraphError, tries: u32, watch: Stopwatch) -> Option<()> {
        if !failed.is_worth_repeating() {
            return None;
        }
        let timing = &self.inner.timing;
        let delay = timing.next_delay(tries, watch.elapsed(), failed.retry_after(), &self.inner.entropy)?;
        tracing::debug!(error = %failed.short(), ?delay, tries, "trying again");
        tokio::time::sleep(delay).await;
        Some(())
    }

    pub(super) async fn token(&self) -> Result<Token, GraphError> {
        let (at, watch) = (self.inner.clock.now(), Stopwatch::start());
        let timeout = self.inner.timing.request_timeout + self.inner.timing.connect_timeout;
        // Our own limit: a slow sign-in makes everybody wait who needs the same token.
        let result = tokio::time::timeout(timeout, self.inner.tokens.get()).await;
        let result = result.unwrap_or_else(|_| {
            Err(GraphError::Unreachable {
                detail: "signing in took too long".to_owned(),
            })
        });
        if let (Err(failed), Some(log)) = (&result, &self.log) {
            log.note(Attempt {
                at,
                step: format!("POST /{}/oauth2/v2.0/token", self.tenant_id()),
                outcome: failed.short(),
                status: failed.status(),
                request_id: failed.request_id().map(str::to_owned),
                millis: watch.millis(),
            });
        }
        result
    }

    /// One try, noted in the log.
    async fn send_once(&self, url: &Url, call: &Call<'_>, token: &Token) -> Result<Answer, GraphError> {
        if call.writes > 0 {
            self.inner.pace.turn(self.priority, call.writes).await;
        }
        let (at, watch) = (self.inner.clock.now(), Stopwatch::start());
        let client_request_id = self.inner.entropy.uuid();
        let mut envelope = Envelope {
            request_id: Some(client_request_id.clone()),
            ..Envelope::default()
        };
        crash_point::reached(format_args!("before {:?}", call.operation));
        let result = self
            .exchange(url, call, token, &client_request_id, &mut envelope)
            .await;
        crash_point::reached(format_args!("after {:?}", call.operation));
        if let Some(log) = &self.log {
            log.note(Attempt {
                at,
                step: call.step(),
                outcome: result
                    .as_ref()
                    .err()
                    .map_or_else(|| "ok".to_owned(), GraphError::short),
                status: (envelope.status != 0).then_some(envelope.status),
                request_id: envelope.request_id.clone(),
                millis: watch.millis(),
            });
        }
        result
    }

    async fn exchange(
        &self,
        url: &Url,
        call: &Call<'_>,
        token: &Token,
        client_request_id: &str,
        envelope: &mut Envelope,
    ) -> Result<Answer, GraphError> {
        let mut request = self
            .inner
            .http
            .request(call.operation.method(), url.clone())
            .header(ACCEPT, "application/json")
            .header("client-request-id", client_request_id)
            .header(AUTHORIZATION, bearer(&token.text)?);
        if call.advanced {
            request = request.header("ConsistencyLevel", "eventual");
        }
        if let Some(body) = &call.body {
            request = request
                .header(CONTENT_TYPE, "application/json")
                .body(body.to_string());
        } else if call.operation.method() == Method::POST {
            // Some proxies refuse a POST that does not say how long it is.
            request = request.header(CONTENT_LENGTH, 0);
        }
        let lost = |why: reqwest::Error| lost(call.operation, client_request_id, why);
        let response = request.send().await.map_err(lost)?;
        envelope.status = response.status().as_u16();
        let headers = response.headers();
        envelope.retry_after = text_of(headers, "retry-after").and_then(|text| retry_after_seconds(&text));
        if let Some(id) = text_of(headers, "request-id") {
            envelope.request_id = Some(id);
        }
        let is_success = response.status().is_success();
        let body = response.bytes().await.map_err(lost)?;
        if is_success {
            return Ok(Answer {
                body: body.to_vec(),
                request_id: envelope.request_id.clone(),
                operation: call.operation,
            });
        }
        Err(from_answer(call.operation, envelope, &body))
    }

    /// Whether Entra takes a client secret: one try at the token endpoint. A secret that was just added is refused for some seconds.
    ///
    /// Errors: any other answer than "yes" and "wrong secret" (AADSTS7000215), such as an application without service principal.
    #[tracing::instrument(skip_all)]
    pub async fn accepts_secret(&self, client_id: &str, secret: &SecretText) -> Result<bool, GraphError> {
        const WRONG_SECRET: u32 = 7_000_215;
        let Endpoints { authority, scope, .. } = &self.inner.endpoints;
        let form = [
            ("client_id", client_id),
            ("client_secret", secret.expose()),
            ("grant_type", "client_credentials"),
            ("scope", scope),
        ];
        let url = with_path(authority, &[self.tenant_id(), "oauth2", "v2.0", "token"]);
        let unreachable = |why: reqwest::Error| GraphError::Unreachable {
            detail: root_cause(&why.without_url()),
        };
        let response = self
            .inner
            .http
            .post(url)
            .form(&form)
            .send()
            .await
            .map_err(unreachable)?;
        let status = response.status().as_u16();
        let retry_after =
            text_of(response.headers(), "retry-after").and_then(|text| retry_after_seconds(&text));
        let body = response.bytes().await.map_err(unreachable)?;
        match status {
            200 => Ok(true),
            429 => Err(GraphError::Throttled {
                retry_after,
                request_id: None,
            }),
            500.. => Err(GraphError::Unavailable {
                status,
                retry_after,
                request_id: None,
            }),
            _ => {
                let body: SignInBody = serde_json::from_slice(&body).unwrap_or_default();
                let refused = body.into_error();
                let wrong = matches!(
                    refused,
                    GraphError::TokenRefused {
                        aadsts: WRONG_SECRET,
                        ..
                    }
                );
                if wrong { Ok(false) } else { Err(refused) }
            }
        }
    }
}

/// The error of a request without an answer. One that never left is no ambiguity, whatever it asked for.
fn lost(operation: Operation, client_request_id: &str, why: reqwest::Error) -> GraphError {
    let never_sent = why.is_connect() || why.is_builder();
    let timed_out = why.is_timeout();
    let cause = root_cause(&why.without_url());
    let detail = if timed_out {
        format!("no answer in time ({cause})")
    } else {
        cause
    };
    if never_sent || operation.is_repeatable() {
        GraphError::Unreachable { detail }
    } else {
        GraphError::Ambiguous {
            operation,
            detail,
            request_id: Some(client_request_id.to_owned()),
        }
    }
}

fn bearer(token: &SecretText) -> Result<HeaderValue, GraphError> {
    let mut value =
        HeaderValue::from_str(&format!("Bearer {}", token.expose())).map_err(|_| GraphError::Malformed {
            detail: "the access token can't stand in a header".to_owned(),
        })?;
    value.set_sensitive(true);
    Ok(value)
}

fn text_of(headers: &HeaderMap, name: &str) -> Option<String> {
    headers
        .get(name)
        .and_then(|value| value.to_str().ok())
        .map(str::to_owned)
}
