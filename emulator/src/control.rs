//! `/_emulator`: how tests move the clock, order faults and ask for the truth, in JSON and without a token.
//!
//! To add a lever, add a line to [`answer`]; the handle in [`crate::Emulator`] offers the same ones in-process.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use http::{Method, StatusCode};
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::{Value, json};

use crate::{
    clock::{from_rfc3339, to_rfc3339},
    directory::object::{Kind, Object},
    entropy::new_id,
    faults::Fault,
    wire::{Request, Response},
    world::World,
};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct MoveClock {
    advance_seconds: Option<u64>,
    set: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SetLag {
    millis: u32,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Grant {
    client_id: String,
    roles: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Certificate {
    client_id: String,
    pem: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SignIn {
    user_principal_name: String,
    password: String,
}

/// Answers a request below `/_emulator`.
pub fn answer(world: &World, request: &Request) -> Response {
    let path: Vec<&str> = request.segments.iter().skip(1).map(String::as_str).collect();
    let done = || Ok(Response::empty(StatusCode::NO_CONTENT));
    let answered = match (&request.method, path.as_slice()) {
        (&Method::GET, ["clock"]) => Ok(clock(world)),
        (&Method::POST, ["clock"]) => read(request).and_then(|change| move_clock(world, &change)),
        (&Method::GET, ["lag"]) => Ok(show(&json!({"millis": world.directory().lag}))),
        (&Method::POST, ["lag"]) => read::<SetLag>(request).and_then(|lag| {
            world.directory().lag = lag.millis.into();
            done()
        }),
        (&Method::GET, ["faults"]) => Ok(show(&json!(world.faults().pending()))),
        (&Method::POST, ["faults"]) => read::<Fault>(request).and_then(|fault| {
            world.faults().add(fault);
            done()
        }),
        (&Method::DELETE, ["faults"]) => {
            world.faults().clear();
            done()
        }
        (&Method::GET, ["ledger"]) => Ok(show(&json!(world.directory().ledger()))),
        (&Method::GET, ["requests"]) => Ok(requests(world, request)),
        (&Method::DELETE, ["requests"]) => {
            world.log().clear();
            done()
        }
        (&Method::GET, ["tenant"]) => Ok(show(&json!(world.facts))),
        (&Method::POST, ["permissions"]) => read::<Grant>(request).and_then(|grant| {
            world.directory().grants.insert(grant.client_id, grant.roles);
            done()
        }),
        (&Method::POST, ["certificates"]) => read::<Certificate>(request).and_then(|sent| {
            register_certificate(world, &sent.client_id, &sent.pem).map_err(str::to_owned)?;
            done()
        }),
        (&Method::POST, ["sign-in"]) => read::<SignIn>(request).map(|sent| {
            let refused = world
                .directory()
                .sign_in(&sent.user_principal_name, &sent.password)
                .err();
            show(&json!({"ok": refused.is_none(), "error": refused.map(|number| format!("AADSTS{number}"))}))
        }),
        (&Method::POST, ["reset"]) => {
            world.reset();
            done()
        }
        _ => {
            let error = json!({"error": "the emulator has no such lever"});
            return Response::json(StatusCode::NOT_FOUND, error);
        }
    };
    answered.unwrap_or_else(|error| Response::json(StatusCode::BAD_REQUEST, json!({"error": error})))
}

fn show(body: &Value) -> Response {
    Response::json(StatusCode::OK, body.clone())
}

fn read<T: DeserializeOwned>(request: &Request) -> Result<T, String> {
    serde_json::from_slice(&request.body).map_err(|error| error.to_string())
}

fn clock(world: &World) -> Response {
    let now = world.clock.now_millis();
    show(&json!({"now": to_rfc3339(now), "millis": now}))
}

fn move_clock(world: &World, change: &MoveClock) -> Result<Response, String> {
    if let Some(date) = &change.set {
        let millis = from_rfc3339(date).ok_or("'set' must be an RFC 3339 date")?;
        world.clock.set_millis(millis);
    }
    if let Some(seconds) = change.advance_seconds {
        world.clock.advance(std::time::Duration::from_secs(seconds));
    }
    Ok(clock(world))
}

fn requests(world: &World, request: &Request) -> Response {
    let mut log = world.log();
    let answer = show(&json!(log.all()));
    if request.option("clear").is_some_and(|clear| clear == "true") {
        log.clear();
    }
    answer
}

/// Adds a certificate to an application, as an administrator would in the portal.
pub fn register_certificate(world: &World, client_id: &str, pem: &str) -> Result<(), &'static str> {
    let lines = pem
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty() && !line.starts_with("-----"));
    let key: String = lines.collect();
    STANDARD.decode(&key).map_err(|_| "the certificate is no PEM")?;
    let mut directory = world.directory();
    let found = directory.application(client_id).cloned();
    let mut application: Object = found.ok_or("no application has this client id")?;
    debug_assert_eq!(
        application.kind,
        Kind::Application,
        "only applications are found by client id here"
    );
    let keys = application
        .properties
        .entry("keyCredentials")
        .or_insert_with(|| json!([]));
    if let Some(keys) = keys.as_array_mut() {
        keys.push(json!({"type": "AsymmetricX509Cert", "usage": "Verify", "keyId": new_id(), "key": key}));
    }
    directory.put(application);
    Ok(())
}
