//! The program itself, as a process: what it prints, how it stops, what it leaves behind.

use std::path::Path;
use std::process::Command;

use reqwest::StatusCode;

use crate::process::{PROGRAM, Running};

async fn status(url: &str, path: &str) -> StatusCode {
    reqwest::get(format!("{url}{path}")).await.unwrap().status()
}

fn is_empty(folder: &Path) -> bool {
    std::fs::read_dir(folder).unwrap().next().is_none()
}

#[tokio::test]
async fn the_demo_tells_how_to_sign_in_and_leaves_nothing_behind() {
    let folder = tempfile::tempdir().unwrap();
    let variables = [
        ("TMPDIR", folder.path().to_str().unwrap()),
        ("LEASEHOLD_ADMIN_PASSWORD", "a password for this test"),
    ];
    let demo = Running::start(&["demo", "--listen", "127.0.0.1:0"], &variables);
    assert_eq!(
        (
            status(&demo.url, "/healthz").await,
            status(&demo.url, "/readyz").await
        ),
        (StatusCode::OK, StatusCode::OK)
    );
    assert!(!is_empty(folder.path()));
    let url = demo.url.clone();
    assert!(!url.ends_with(":0"));
    let rest = demo.stop();
    for expected in [
        url.as_str(),
        "admin",
        "a password for this test",
        "emulator",
        "tenant id",
        "client id",
        "client secret",
    ] {
        assert!(rest.contains(expected), "no {expected:?} in {rest}");
    }
    assert!(is_empty(folder.path()), "the demo's folder stays");
}

#[tokio::test]
async fn the_first_start_alone_prints_the_password() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let arguments = [
        "serve",
        "--listen",
        "127.0.0.1:0",
        "--data-dir",
        data.to_str().unwrap(),
    ];
    let first = Running::start(&arguments, &[]);
    assert!(
        first.said.iter().any(|line| line.contains("password")),
        "{:?}",
        first.said
    );
    assert_eq!(status(&first.url, "/readyz").await, StatusCode::OK);
    first.stop();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        assert_eq!(
            std::fs::metadata(&data).unwrap().permissions().mode() & 0o777,
            0o700
        );
    }
    let second = Running::start(&arguments, &[]);
    assert_eq!(second.said.len(), 1, "{:?}", second.said);
    second.stop();
}

#[tokio::test]
async fn what_keeps_it_from_starting_is_said_on_standard_error() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    for (arguments, expected) in [
        (vec!["serve", "--listen", address.as_str()], "can't listen on"),
        (vec!["serve", "--listen", "nonsense"], "--listen: "),
        (
            vec!["serve", "--listen", "127.0.0.1:0", "--data-dir", "/dev/null/x"],
            "/dev/null/x",
        ),
    ] {
        let ended = Command::new(PROGRAM)
            .args(&arguments)
            .env_clear()
            .current_dir(folder.path())
            .output()
            .unwrap();
        let said = String::from_utf8(ended.stderr).unwrap();
        assert_eq!(ended.status.code(), Some(1), "{arguments:?}: {said}");
        assert!(said.contains(expected), "{arguments:?}: {said}");
        assert!(!data.exists());
    }
}

#[tokio::test]
async fn a_second_server_on_the_same_folder_is_refused_and_the_first_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let data_dir = folder.path().to_str().unwrap();
    let arguments = ["serve", "--listen", "127.0.0.1:0", "--data-dir", data_dir];
    let first = Running::start(&arguments, &[]);
    let second = Command::new(PROGRAM)
        .args(arguments)
        .env_clear()
        .output()
        .unwrap();
    assert!(!second.status.success());
    let said = String::from_utf8_lossy(&second.stderr).into_owned();
    assert!(said.contains("in use by another running Leasehold"), "{said}");
    assert_eq!(status(&first.url, "/readyz").await, StatusCode::OK);
    first.stop();
}
