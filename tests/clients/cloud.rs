//! The AWS command line and docker.

use crate::common::desk::{Desk, make, optional};
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::TcpListener;

#[test]
fn aws() {
    if !optional("aws") {
        return;
    }
    let mut desk = Desk::new();
    let session = make("<b64:300>", "aws session");
    for profile in ["default", "work"] {
        let id = make("AKIA<b32:16>", profile);
        let secret = make("<b64:40>", profile);
        for (key, value) in
            [("aws_access_key_id", &id), ("aws_secret_access_key", &secret), ("region", &"eu-west-1".to_owned())]
        {
            let arguments = ["configure", "set", key, value, "--profile", profile];
            let output = desk.command("aws").args(arguments).output().unwrap();
            assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        }
        desk.expect(".aws/credentials", &secret, "aws-secret-access-key");
    }
    desk.run("aws", &["configure", "set", "aws_session_token", &session, "--profile", "work"]);
    desk.expect(".aws/credentials", &session, "aws-session-credential");
    let report = desk.check();
    // A key id belongs to its secret: one finding, two places.
    let pairs = report.findings.iter().filter(|f| f.rule == "aws-secret-access-key");
    assert!(pairs.clone().count() == 2 && pairs.clone().all(|f| f.related.len() == 1));
    for finding in pairs {
        let profile = finding.location.field.as_ref().unwrap().as_found().split('.').next().unwrap().to_owned();
        let key = &finding.related[0];
        assert_eq!(key.field.as_ref().unwrap().as_found(), format!("{profile}.aws_access_key_id"));
        let line = desk.text(".aws/credentials").lines().nth(key.region.unwrap().line as usize - 1).unwrap().to_owned();
        assert!(line.ends_with(&make("AKIA<b32:16>", &profile)), "the id of its own profile");
    }
}

/// docker keeps user and password as base64 of both.
#[test]
fn docker() {
    if !optional("docker") {
        return;
    }
    let mut desk = Desk::new();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let registry = listener.local_addr().unwrap().to_string();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            answer(stream.unwrap());
        }
    });
    let password = make("<an:24>", "docker");
    let mut command = desk.command("docker");
    // No daemon is asked, so that the command line logs in by itself.
    command.env("DOCKER_HOST", "unix:///nonexistent/docker.sock");
    command.args(["login", "-u", "ada", "--password-stdin", &registry]);
    assert!(desk.feed(&mut command, &password), "docker login");
    let auth = data_encoding::BASE64.encode(format!("ada:{password}").as_bytes());
    desk.expect(".docker/config.json", &auth, "docker-registry-login");
    desk.check();
}

/// A registry: basic authentication, any password.
fn answer(mut stream: std::net::TcpStream) {
    let mut reader = BufReader::new(stream.try_clone().unwrap());
    loop {
        let mut allowed = false;
        let mut line = String::new();
        loop {
            line.clear();
            if reader.read_line(&mut line).unwrap_or(0) == 0 {
                return;
            }
            allowed |= line.to_ascii_lowercase().starts_with("authorization: basic ");
            if line == "\r\n" {
                break;
            }
        }
        let head = if allowed {
            "HTTP/1.1 200 OK\r\n"
        } else {
            "HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Basic realm=\"registry\"\r\n"
        };
        let rest = "Docker-Distribution-Api-Version: registry/2.0\r\nContent-Length: 2\r\n\r\n{}";
        if stream.write_all(format!("{head}{rest}").as_bytes()).is_err() {
            return;
        }
    }
}
