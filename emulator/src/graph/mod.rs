//! Microsoft Graph v1.0, as far as a broker of credentials needs it.
//!
//! [`answer`] finds out who calls and hands the request to the module of its resource. To add an operation, add a
//! line to [`route`] and a function to that module; the function asks [`auth::Caller::require`] for the permission
//! first, then judges the request, then changes the directory.

pub mod applications;
pub mod auth;
mod batch;
mod deleted;
pub mod errors;
mod groups;
pub mod odata;
mod organization;
mod password_rules;
mod references;
mod roles;
pub mod schema;
mod secrets;
mod service_principals;
mod user_changes;
mod users;

use http::{Method, StatusCode};
use serde_json::{Map, Value, json};

use crate::{
    clock,
    directory::Directory,
    faults::FaultKind,
    wire::{Request, Response},
    world::World,
};
use auth::Caller;
use errors::GraphError;

/// What an operation answers.
pub type Answer = Result<Response, GraphError>;

/// A request, who makes it, and the tenant it is about.
pub struct Call<'a> {
    /// The request.
    pub request: &'a Request,
    /// Who makes it.
    pub caller: &'a Caller,
    /// The tenant.
    pub directory: &'a mut Directory,
}

impl Call<'_> {
    /// The request's body as a JSON object.
    pub fn body(&self) -> Result<Map<String, Value>, GraphError> {
        match serde_json::from_slice(&self.request.body) {
            Ok(Value::Object(map)) => Ok(map),
            _ => Err(unreadable_body()),
        }
    }
}

fn unreadable_body() -> GraphError {
    GraphError::new(
        StatusCode::BAD_REQUEST,
        "BadRequest",
        "Unable to read JSON request payload. Please ensure Content-Type header is set and payload is of valid JSON \
         format.",
    )
}

/// `204 No Content`.
pub fn done() -> Response {
    Response::empty(StatusCode::NO_CONTENT)
}

/// Answers a request to `/v1.0/...`. `request_id` is what errors are marked with.
pub fn answer(world: &World, request: &Request, request_id: &str) -> Response {
    let inner = || inner_error(world, request, request_id);
    let answer = Caller::of(world, request).and_then(|caller| {
        if request.segments.get(1).is_some_and(|segment| segment == "$batch") {
            batch::answer(world, request, &caller, &inner())
        } else {
            dispatch(world, request, &caller)
        }
    });
    answer.unwrap_or_else(|error| {
        let response = error.answer(&inner());
        if error.status == StatusCode::UNAUTHORIZED {
            let authority = format!("{}/common/oauth2/authorize", request.base);
            return response.with(
                "www-authenticate",
                format!("Bearer realm=\"\", authorization_uri=\"{authority}\""),
            );
        }
        response
    })
}

/// The answer of an ordered fault.
pub fn fault_answer(world: &World, request: &Request, request_id: &str, fault: &FaultKind) -> Response {
    let FaultKind::Status { status, retry_after } = fault else {
        return Response::empty(StatusCode::INTERNAL_SERVER_ERROR);
    };
    let response = GraphError::of_fault(*status).answer(&inner_error(world, request, request_id));
    match retry_after {
        Some(text) => response.with("retry-after", text),
        None => response,
    }
}

/// The answer to a change of an object that is busy with another.
pub fn overlap_answer(world: &World, request: &Request, request_id: &str) -> Response {
    let inner = inner_error(world, request, request_id);
    GraphError::of_fault(StatusCode::CONFLICT.as_u16()).answer(&inner)
}

/// What every error says about the request that met it.
fn inner_error(world: &World, request: &Request, request_id: &str) -> Value {
    let date = clock::to_rfc3339(world.clock.now_millis());
    json!({
        "date": date.trim_end_matches('Z'),
        "request-id": request_id,
        "client-request-id": request.header("client-request-id").unwrap_or(request_id),
    })
}

fn dispatch(world: &World, request: &Request, caller: &Caller) -> Answer {
    let mut directory = world.directory();
    route(&mut Call {
        request,
        caller,
        directory: &mut directory,
    })
}

/// Finds the operation for a request.
fn route(call: &mut Call<'_>) -> Answer {
    let request = call.request;
    let segments: Vec<&str> = request.segments.iter().skip(1).map(String::as_str).collect();
    match (&request.method, segments.as_slice()) {
        (&Method::GET, ["organization"]) => organization::list(call),
        (&Method::GET, ["organization", id]) => organization::get(call, id),
        (&Method::GET, ["domains"]) => organization::domains(call),
        (&Method::GET, ["domains", id]) => organization::domain(call, id),

        (&Method::GET, ["users"]) => users::list(call),
        (&Method::GET, ["users", "$count"]) => users::count(call),
        (&Method::POST, ["users"]) => users::create(call),
        (&Method::GET, ["users", id]) => users::get(call, id),
        (&Method::PATCH, ["users", id]) => user_changes::update(call, id),
        (&Method::DELETE, ["users", id]) => user_changes::delete(call, id),
        (&Method::GET, ["users", id, "memberOf"] | ["users", id, "memberOf", "microsoft.graph.group"]) => {
            users::member_of(call, id)
        }
        (&Method::POST, ["users", id, "checkMemberGroups"]) => users::check_member_groups(call, id),
        (
            &Method::POST,
            [
                "users",
                id,
                "revokeSignInSessions" | "microsoft.graph.revokeSignInSessions",
            ],
        ) => user_changes::revoke_sessions(call, id),

        (&Method::GET, ["groups"]) => groups::list(call),
        (&Method::GET, ["groups", "$count"]) => groups::count(call),
        (&Method::GET, ["groups", id]) => groups::get(call, id),
        (&Method::GET, ["groups", id, "members"]) => groups::members(call, id),
        (&Method::POST, ["groups", id, "members", "$ref"]) => groups::add_member(call, id),
        (&Method::DELETE, ["groups", id, "members", member, "$ref"]) => {
            groups::remove_member(call, id, member)
        }

        (method, ["roleManagement", "directory", rest @ ..]) => match (method, rest) {
            (&Method::GET, ["roleDefinitions"]) => roles::definitions(call),
            (&Method::GET, ["roleDefinitions", id]) => roles::definition(call, id),
            (&Method::GET, ["roleAssignments"]) => roles::assignments(call),
            (&Method::POST, ["roleAssignments"]) => roles::assign(call),
            (&Method::GET, ["roleAssignments", id]) => roles::assignment(call, id),
            (&Method::DELETE, ["roleAssignments", id]) => roles::unassign(call, id),
            _ => Err(lost(&segments)),
        },

        (method, ["applications", rest @ ..]) => applications::route(call, method, rest),
        (method, ["servicePrincipals", rest @ ..]) => service_principals::route(call, method, rest),
        (method, ["directory", "deletedItems", rest @ ..]) => deleted::route(call, method, rest),
        _ => Err(lost(&segments)),
    }
}

/// No operation is here: because of the path, or because of the method.
fn lost(segments: &[&str]) -> GraphError {
    const KNOWN: [&str; 8] = [
        "organization",
        "domains",
        "users",
        "groups",
        "roleManagement",
        "applications",
        "servicePrincipals",
        "directory",
    ];
    match segments {
        [first, rest @ ..] if KNOWN.contains(first) && rest.len() < 2 => GraphError::wrong_method(),
        [.., last] => GraphError::no_such_segment(last),
        [] => GraphError::no_such_segment(""),
    }
}
