//! Several calls in one request (Microsoft: combine multiple HTTP requests using JSON batching).
//!
//! Rule: one call after the other, each waiting for the one before, because writes on one object must not meet; what was not tried
//! because one before it failed is asked again. Each call in a batch counts as a write of its own.

use serde::Deserialize;
use serde_json::{Value, json};

use super::answer::{Envelope, from_answer, retry_after_seconds};
use super::send::Call;
use super::{GraphClient, GraphError, Operation};

/// Calls that one request may hold.
const LARGEST: usize = 20;
/// What Graph says of a call that was not tried, because one that it depends on failed.
const FAILED_DEPENDENCY: u16 = 424;

/// One call of a batch: a POST.
#[derive(Debug, Clone)]
pub(super) struct Part {
    /// The path, from the version on: `/applications/{id}/removePassword`.
    pub(super) path: String,
    /// The body.
    pub(super) body: Value,
}

#[derive(Deserialize)]
struct Responses {
    responses: Vec<Response>,
}

#[derive(Deserialize)]
struct Response {
    id: String,
    status: u16,
    #[serde(default)]
    headers: Option<Headers>,
    #[serde(default)]
    body: Value,
}

#[derive(Deserialize)]
struct Headers {
    #[serde(default, alias = "retry-after", alias = "Retry-After")]
    retry_after: Option<Value>,
}

impl GraphClient {
    /// Makes these calls, all of the same operation; one result each, in their order. The error is one of all of them: none is
    /// known to be done, and doing it again must do no harm.
    pub(super) async fn batch(
        &self,
        operation: Operation,
        parts: &[Part],
    ) -> Result<Vec<Result<(), GraphError>>, GraphError> {
        let mut results: Vec<Option<Result<(), GraphError>>> = parts.iter().map(|_| None).collect();
        loop {
            let open = (0..parts.len()).filter(|&index| results[index].is_none());
            let chunk: Vec<usize> = open.take(LARGEST).collect();
            if chunk.is_empty() {
                return Ok(results.into_iter().flatten().collect());
            }
            self.one_batch(operation, parts, &chunk, &mut results).await?;
            spread_outage(&mut results);
        }
    }

    async fn one_batch(
        &self,
        operation: Operation,
        parts: &[Part],
        chunk: &[usize],
        results: &mut [Option<Result<(), GraphError>>],
    ) -> Result<(), GraphError> {
        let requests: Vec<Value> = chunk
            .iter()
            .enumerate()
            .map(|(place, &index)| {
                let mut request = json!({
                    "id": index.to_string(),
                    "method": operation.method().as_str(),
                    "url": parts[index].path,
                    "headers": { "Content-Type": "application/json" },
                    "body": parts[index].body,
                });
                if place > 0 {
                    request["dependsOn"] = json!([chunk[place - 1].to_string()]);
                }
                request
            })
            .collect();
        let call = Call::new(operation, &["$batch"])
            .body(json!({ "requests": requests }))
            .writes(u32::try_from(chunk.len()).unwrap_or(u32::MAX));
        let answer = self.send(&call).await?;
        let request_id = answer.request_id();
        let Responses { responses } = answer.json()?;
        let mut heard = 0;
        for response in responses {
            let place = response.id.parse::<usize>().ok();
            let Some(index) = place.filter(|index| chunk.contains(index)) else {
                continue;
            };
            if response.status == FAILED_DEPENDENCY {
                continue;
            }
            heard += 1;
            results[index] = Some(response.read(operation, request_id.clone()));
        }
        if heard == 0 {
            return Err(GraphError::Malformed {
                detail: "the answer to a batch says nothing of its calls".to_owned(),
            });
        }
        Ok(())
    }
}

/// Where one call met an outage, what was not tried is not asked for now: it would meet the same.
fn spread_outage(results: &mut [Option<Result<(), GraphError>>]) {
    let outage = results.iter().flatten().find_map(|result| match result {
        Err(error) if error.is_outage() => Some(error.clone()),
        Ok(()) | Err(_) => None,
    });
    if let Some(outage) = outage {
        for untried in results.iter_mut().filter(|result| result.is_none()) {
            *untried = Some(Err(outage.clone()));
        }
    }
}

impl Response {
    fn read(self, operation: Operation, request_id: Option<String>) -> Result<(), GraphError> {
        if (200..300).contains(&self.status) {
            return Ok(());
        }
        let asked = self.headers.and_then(|headers| headers.retry_after);
        let envelope = Envelope {
            status: self.status,
            retry_after: asked.and_then(|asked| {
                asked
                    .as_f64()
                    .or_else(|| asked.as_str().and_then(retry_after_seconds))
            }),
            request_id,
        };
        Err(from_answer(
            operation,
            &envelope,
            self.body.to_string().as_bytes(),
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn after_an_outage_the_rest_is_not_asked() {
        let throttled = GraphError::Throttled {
            retry_after: Some(2.5),
            request_id: None,
        };
        let mut results = vec![Some(Ok(())), Some(Err(throttled.clone())), None, None];
        spread_outage(&mut results);
        assert_eq!(
            results[1..],
            [
                Some(Err(throttled.clone())),
                Some(Err(throttled.clone())),
                Some(Err(throttled))
            ]
        );
        assert_eq!(results[0], Some(Ok(())));
    }

    #[test]
    fn after_a_refusal_the_rest_is_asked() {
        let missing = GraphError::NotFound {
            operation: Operation::RemovePassword,
            message: String::new(),
            request_id: None,
        };
        let mut results = vec![Some(Err(missing)), None];
        spread_outage(&mut results);
        assert_eq!(results[1], None);
    }
}
