//! Which source wins, and what is refused.

use std::collections::HashMap;

use super::*;

fn resolve(flags: &CommonFlags, variables: &[(&str, &str)]) -> Result<Settings, SettingsError> {
    let variables: HashMap<_, _> = variables
        .iter()
        .map(|&(name, value)| (name.to_owned(), value.to_owned()))
        .collect();
    Settings::resolve(flags, &|name| variables.get(name).cloned())
}

fn file(text: &str) -> tempfile::NamedTempFile {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), text).unwrap();
    file
}

#[test]
fn without_a_word_the_defaults_hold() {
    let settings = resolve(&CommonFlags::default(), &[("LEASEHOLD_LISTEN", "")]).unwrap();
    assert_eq!(settings.listen.as_str(), "127.0.0.1:3000");
    assert_eq!(settings.data_dir, PathBuf::from("leasehold-data"));
    assert!((settings.writes_per_second - 18.0).abs() < f64::EPSILON);
    assert!(
        settings.public_url.is_none()
            && settings.bootstrap_token.is_none()
            && settings.admin_password.is_none()
    );
}

#[test]
fn flag_before_environment_before_file() {
    let file = file(
        "listen = '127.0.0.1:1'\npublic_url = 'http://file.example'\nwrites_per_second = 1\ndata_dir = '/file'\n",
    );
    let flags = CommonFlags {
        listen: Some("127.0.0.1:3".into()),
        config: Some(file.path().into()),
        ..CommonFlags::default()
    };
    let settings = resolve(
        &flags,
        &[
            ("LEASEHOLD_LISTEN", "127.0.0.1:2"),
            ("LEASEHOLD_PUBLIC_URL", "https://environment.example"),
            ("LEASEHOLD_CONFIG", "/nowhere"),
        ],
    )
    .unwrap();
    assert_eq!(settings.listen.as_str(), "127.0.0.1:3");
    assert_eq!(
        settings.public_url.unwrap().origin(),
        "https://environment.example"
    );
    assert_eq!(settings.data_dir, PathBuf::from("/file"));
    assert!((settings.writes_per_second - 1.0).abs() < f64::EPSILON);
}

#[test]
fn the_environment_names_the_file() {
    let file = file("admin_password = 'from the file'");
    let settings = resolve(
        &CommonFlags::default(),
        &[("LEASEHOLD_CONFIG", file.path().to_str().unwrap())],
    )
    .unwrap();
    assert_eq!(settings.admin_password.unwrap().expose(), "from the file");
}

#[test]
fn a_password_file_given_by_flag_wins_and_loses_its_line_break() {
    let file = file("from a file\r\n");
    let flags = CommonFlags {
        admin_password_file: Some(file.path().into()),
        ..CommonFlags::default()
    };
    let settings = resolve(&flags, &[("LEASEHOLD_ADMIN_PASSWORD", "from the environment")]).unwrap();
    assert_eq!(settings.admin_password.unwrap().expose(), "from a file");
}

#[test]
fn what_is_wrong_is_named() {
    for (variables, expected) in [
        (("LEASEHOLD_LISTEN", "3000"), "LEASEHOLD_LISTEN: "),
        (("LEASEHOLD_LISTEN", "localhost:http"), "LEASEHOLD_LISTEN: "),
        (
            ("LEASEHOLD_WRITES_PER_SECOND", "fast"),
            "LEASEHOLD_WRITES_PER_SECOND: \"fast\" is not a number",
        ),
        (
            ("LEASEHOLD_WRITES_PER_SECOND", "-1"),
            "LEASEHOLD_WRITES_PER_SECOND: ",
        ),
        (
            ("LEASEHOLD_WRITES_PER_SECOND", "NaN"),
            "LEASEHOLD_WRITES_PER_SECOND: ",
        ),
        (
            ("LEASEHOLD_PUBLIC_URL", "leasehold.example"),
            "LEASEHOLD_PUBLIC_URL: ",
        ),
        (
            ("LEASEHOLD_PUBLIC_URL", "ftp://leasehold.example"),
            "LEASEHOLD_PUBLIC_URL: ",
        ),
        (
            ("LEASEHOLD_PUBLIC_URL", "https://leasehold.example/console"),
            "LEASEHOLD_PUBLIC_URL: ",
        ),
        (
            ("LEASEHOLD_BOOTSTRAP_TOKEN", "too-short"),
            "LEASEHOLD_BOOTSTRAP_TOKEN: ",
        ),
        (
            ("LEASEHOLD_CONFIG", "/nowhere/leasehold.toml"),
            "/nowhere/leasehold.toml: ",
        ),
    ] {
        let error = resolve(&CommonFlags::default(), &[variables])
            .unwrap_err()
            .to_string();
        assert!(error.starts_with(expected), "{variables:?}: {error}");
        assert!(!error.contains("too-short"), "{error}");
    }
}

#[test]
fn a_name_that_the_file_can_not_hold_is_an_error_that_shows_no_value() {
    for (text, expected) in [
        ("listen = '127.0.0.1:1'\nlisten_to = 'canary'", "listen_to"),
        ("admin_password = 'canary", "line 1"),
        (
            "admin_password = 'canary'\nadmin_password_file = 'x'",
            "admin_password_file",
        ),
        ("writes_per_second = 'canary'", "line 1"),
        ("[canary]\nx = 1", "unknown field"),
    ] {
        let file = file(text);
        let flags = CommonFlags {
            config: Some(file.path().into()),
            ..CommonFlags::default()
        };
        let error = resolve(&flags, &[]).unwrap_err().to_string();
        assert!(error.contains(expected), "{text}: {error}");
        assert!(!error.contains("'canary"), "{error}");
    }
}

#[test]
fn the_command_line_reads_as_it_is_documented() {
    use clap::Parser as _;

    let CommandLine { command } =
        CommandLine::parse_from(["leasehold", "demo", "--listen", "127.0.0.1:0", "--open"]);
    assert!(matches!(
        command,
        Command::Demo(DemoFlags {
            listen: Some(_),
            open: true
        })
    ));
    let CommandLine { command } = CommandLine::parse_from([
        "leasehold",
        "serve",
        "--data-dir",
        "x",
        "--writes-per-second",
        "0",
    ]);
    assert!(matches!(command, Command::Serve(_)));
    assert!(CommandLine::try_parse_from(["leasehold", "serve", "--nonsense"]).is_err());
}
