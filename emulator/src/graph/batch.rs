//! `$batch`: up to twenty requests in one, each with an answer of its own.

use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::{Answer, auth::Caller, dispatch, errors::GraphError, fault_answer, unreadable_body};
use crate::{
    faults::FaultKind,
    wire::{Request, Response},
    world::World,
};

/// How many requests fit into one.
const MOST: usize = 20;

#[derive(Deserialize)]
struct Batch {
    requests: Vec<Part>,
}

#[derive(Deserialize)]
struct Part {
    id: String,
    method: String,
    url: String,
    #[serde(default)]
    headers: Map<String, Value>,
    body: Option<Value>,
    #[serde(default, rename = "dependsOn")]
    depends_on: Vec<String>,
}

/// Answers `POST /v1.0/$batch`.
pub fn answer(world: &World, request: &Request, caller: &Caller, inner: &Value) -> Answer {
    if request.method != Method::POST {
        return Err(GraphError::wrong_method());
    }
    let batch: Batch = serde_json::from_slice(&request.body).map_err(|_| unreadable_body())?;
    check(&batch)?;
    let mut answers: Vec<(String, Response)> = Vec::new();
    for part in &batch.requests {
        // Parts are answered in order and may only depend on earlier ones, so every dependency is decided here.
        let failed = part.depends_on.iter().any(|id| {
            answers
                .iter()
                .any(|(answered, response)| answered == id && !response.status.is_success())
        });
        let response = if failed {
            let error = GraphError::new(
                StatusCode::FAILED_DEPENDENCY,
                "FailedDependency",
                "Failed Dependency",
            );
            error.answer(inner)
        } else {
            run(world, request, caller, part, inner)
        };
        answers.push((part.id.clone(), response));
    }
    let answers: Vec<Value> = answers
        .into_iter()
        .map(|(id, response)| show(&id, response))
        .collect();
    Ok(Response::json(StatusCode::OK, json!({"responses": answers})))
}

fn check(batch: &Batch) -> Result<(), GraphError> {
    let bad = |message: String| Err(GraphError::new(StatusCode::BAD_REQUEST, "BadRequest", message));
    if batch.requests.is_empty() || batch.requests.len() > MOST {
        return bad(format!(
            "Number of batch request steps must be between 1 and {MOST}."
        ));
    }
    let mut seen: Vec<&str> = Vec::new();
    for part in &batch.requests {
        if seen.contains(&part.id.as_str()) {
            return bad(format!("Request Id '{}' is used more than once.", part.id));
        }
        if let Some(missing) = part.depends_on.iter().find(|id| !seen.contains(&id.as_str())) {
            return bad(format!(
                "Request '{}' depends on '{missing}', which does not come before it.",
                part.id
            ));
        }
        if part.body.is_some()
            && !part
                .headers
                .keys()
                .any(|name| name.eq_ignore_ascii_case("content-type"))
        {
            return bad(format!(
                "Request '{}' has a body but no Content-Type header.",
                part.id
            ));
        }
        seen.push(&part.id);
    }
    Ok(())
}

fn run(world: &World, outer: &Request, caller: &Caller, part: &Part, inner: &Value) -> Response {
    let Ok(method) = Method::from_bytes(part.method.to_uppercase().as_bytes()) else {
        return GraphError::wrong_method().answer(inner);
    };
    let target = format!("/v1.0/{}", part.url.trim_start_matches('/'));
    let body = part
        .body
        .as_ref()
        .map(|body| body.to_string().into_bytes())
        .unwrap_or_default();
    let request = Request::new(method, outer.base.clone(), &target, headers(part), body);
    if request.segments.get(1).is_some_and(|segment| segment == "$batch") {
        return GraphError::no_such_segment("$batch").answer(inner);
    }
    // A part can be throttled on its own, but it has no connection of its own that could hang or break.
    let fault = world.faults().strike(request.method.as_str(), &target);
    if let Some(fault @ FaultKind::Status { .. }) = fault {
        let request_id = inner
            .get("request-id")
            .and_then(Value::as_str)
            .unwrap_or_default();
        return fault_answer(world, &request, request_id, &fault);
    }
    dispatch(world, &request, caller).unwrap_or_else(|error| error.answer(inner))
}

fn headers(part: &Part) -> HeaderMap {
    let header = |(name, value): (&String, &Value)| {
        let name = HeaderName::from_bytes(name.as_bytes()).ok()?;
        Some((name, HeaderValue::from_str(value.as_str()?).ok()?))
    };
    part.headers.iter().filter_map(header).collect()
}

fn show(id: &str, response: Response) -> Value {
    let mut headers = Map::new();
    if response.body.is_some() {
        headers.insert("Content-Type".into(), "application/json".into());
    }
    for (name, value) in response.headers {
        let name = if name == "retry-after" {
            "Retry-After"
        } else {
            name
        };
        headers.insert(name.into(), value.into());
    }
    let mut shown = json!({"id": id, "status": response.status.as_u16(), "headers": headers});
    if let Some(body) = response.body {
        shown["body"] = body;
    }
    shown
}
