//! A server on the loopback that wants a login: what npm and git talk to.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

/// What a request asks for and the login it brings.
pub struct Request {
    pub path: String,
    pub authorization: Option<String>,
}

/// Status, content type, body.
pub type Answer = (u16, &'static str, Vec<u8>);

pub struct Server {
    pub port: u16,
    wanted: Arc<Mutex<String>>,
}

impl Server {
    /// Answers `200` with `answer` to whoever sends the header `Authorization: wanted`, and `401` to others.
    pub fn start(wanted: String, answer: fn(&Request) -> Answer) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let wanted = Arc::new(Mutex::new(wanted));
        let shared = Arc::clone(&wanted);
        // Ends with the process.
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let wanted = shared.lock().unwrap().clone();
                std::thread::spawn(move || serve(stream, &wanted, answer));
            }
        });
        Self { port, wanted }
    }

    /// From now on only this header is right.
    pub fn wants(&self, authorization: String) {
        *self.wanted.lock().unwrap() = authorization;
    }

    pub fn host(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }
}

fn serve(stream: TcpStream, wanted: &str, answer: fn(&Request) -> Answer) {
    let Some(request) = read(&stream) else { return };
    let (status, kind, body) = if request.authorization.as_deref() == Some(wanted) {
        answer(&request)
    } else {
        (401, "text/plain", b"a login is needed".to_vec())
    };
    let mut stream = stream;
    let head = format!(
        "HTTP/1.1 {status} x\r\nContent-Type: {kind}\r\nContent-Length: {}\r\nConnection: close\r\n\
         WWW-Authenticate: Basic realm=\"x\"\r\nCache-Control: no-cache\r\n\r\n",
        body.len()
    );
    let _ = stream.write_all(&[head.into_bytes(), body].concat());
}

fn read(stream: &TcpStream) -> Option<Request> {
    let mut reader = BufReader::new(stream);
    let mut line = String::new();
    reader.read_line(&mut line).ok()?;
    let path = line.split(' ').nth(1)?.to_owned();
    let (mut authorization, mut length) = (None, 0);
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line).ok()? == 0 || line.trim_end().is_empty() {
            break;
        }
        let (name, value) = line.trim_end().split_once(':')?;
        match name.to_ascii_lowercase().as_str() {
            "authorization" => authorization = Some(value.trim().to_owned()),
            "content-length" => length = value.trim().parse().ok()?,
            _ => {}
        }
    }
    reader.take(length).read_to_end(&mut Vec::new()).ok()?;
    Some(Request { path, authorization })
}
