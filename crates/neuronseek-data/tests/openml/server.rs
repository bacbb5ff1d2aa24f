//! A small HTTP server that speaks as OpenML does, and misbehaves as a test wants.

#![allow(dead_code, missing_docs)]

use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::Duration;

/// What was asked for.
#[derive(Debug, Clone)]
pub struct Request {
    pub path: String,
    pub headers: Vec<(String, String)>,
}

impl Request {
    pub fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(key, _)| key == name);
        found.map(|(_, value)| value.as_str())
    }
}

/// What is answered, and how badly.
#[derive(Debug, Clone, Default)]
pub struct Reply {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
    /// The connection is closed after so many bytes of the body.
    pub cut: Option<usize>,
    /// The wait before the answer.
    pub wait: Duration,
    /// The body goes out in pieces of so many bytes with a wait after each.
    pub pace: Option<(usize, Duration)>,
}

impl Reply {
    pub fn new(status: u16, body: impl Into<Vec<u8>>) -> Reply {
        Reply {
            status,
            body: body.into(),
            ..Reply::default()
        }
    }

    pub fn with(mut self, name: &str, value: &str) -> Reply {
        self.headers.push((name.to_string(), value.to_string()));
        self
    }

    pub fn cut(mut self, bytes: usize) -> Reply {
        self.cut = Some(bytes);
        self
    }

    fn send(&self, stream: &mut TcpStream) -> std::io::Result<()> {
        std::thread::sleep(self.wait);
        let mut head = format!("HTTP/1.1 {} Whatever\r\nConnection: close\r\n", self.status);
        head += &format!("Content-Length: {}\r\n", self.body.len());
        for (name, value) in &self.headers {
            head += &format!("{name}: {value}\r\n");
        }
        stream.write_all(format!("{head}\r\n").as_bytes())?;
        let body = &self.body[..self.cut.unwrap_or(self.body.len()).min(self.body.len())];
        let Some((piece, wait)) = self.pace else {
            return stream.write_all(body);
        };
        for piece in body.chunks(piece) {
            stream.write_all(piece)?;
            std::thread::sleep(wait);
        }
        Ok(())
    }
}

/// A server on a free port; ends when it is dropped.
pub struct Server {
    socket: SocketAddr,
    requests: Arc<Mutex<Vec<Request>>>,
    ended: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Server {
    /// A server that answers by `answer`, given the request and how many of its path came before.
    pub fn start(answer: impl Fn(&Request, usize) -> Reply + Send + Sync + 'static) -> Server {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let socket = listener.local_addr().unwrap();
        let requests = Arc::new(Mutex::new(Vec::<Request>::new()));
        let ended = Arc::new(AtomicBool::new(false));
        let answer = Arc::new(answer);
        let (log, end) = (Arc::clone(&requests), Arc::clone(&ended));
        let thread = std::thread::spawn(move || {
            for stream in listener.incoming() {
                if end.load(Ordering::Relaxed) {
                    return;
                }
                let (log, answer) = (Arc::clone(&log), Arc::clone(&answer));
                std::thread::spawn(move || {
                    let mut stream = stream.unwrap();
                    let Some(request) = read(&stream) else {
                        return;
                    };
                    let before = {
                        let mut log = log.lock().unwrap();
                        let before = log.iter().filter(|r| r.path == request.path).count();
                        log.push(request.clone());
                        before
                    };
                    // The client may have gone away.
                    let _ = answer(&request, before).send(&mut stream);
                });
            }
        });
        Server {
            socket,
            requests,
            ended,
            thread: Some(thread),
        }
    }

    pub fn address(&self) -> String {
        format!("http://{}", self.socket)
    }

    /// The requests so far whose path contains `part`.
    pub fn requests(&self, part: &str) -> Vec<Request> {
        let log = self.requests.lock().unwrap();
        log.iter()
            .filter(|r| r.path.contains(part))
            .cloned()
            .collect()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.ended.store(true, Ordering::Relaxed);
        // Wakes the listener.
        let _ = TcpStream::connect(self.socket);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn read(stream: &TcpStream) -> Option<Request> {
    let mut lines = BufReader::new(stream).lines();
    let first = lines.next()?.ok()?;
    let path = first.split(' ').nth(1)?.to_string();
    let mut headers = Vec::new();
    for line in lines {
        let line = line.ok()?;
        let Some((name, value)) = line.split_once(':') else {
            break;
        };
        headers.push((name.trim().to_lowercase(), value.trim().to_string()));
    }
    Some(Request { path, headers })
}

/// A data set as OpenML serves it.
#[derive(Debug, Clone)]
pub struct DataSet {
    pub id: u64,
    pub arff: Vec<u8>,
    /// Empty: none.
    pub parquet: Vec<u8>,
    pub md5: String,
    pub etag: String,
    /// Whether a part of a file may be asked for.
    pub ranges: bool,
}

impl DataSet {
    pub fn answer(&self, request: &Request) -> Reply {
        let description = format!("/api/v1/json/data/{}", self.id);
        match request.path.as_str() {
            path if path == description => {
                let id = self.id;
                let parquet = match self.parquet.is_empty() {
                    true => String::new(),
                    false => format!(r#""parquet_url": "/data/{id}.pq","#),
                };
                Reply::new(
                    200,
                    format!(
                        r#"{{"data_set_description": {{"id": "{id}", "name": "some", "version": "1",
                        "format": "ARFF", "status": "active", {parquet}
                        "url": "/data/v1/download/{id}/some.arff", "md5_checksum": "{}"}}}}"#,
                        self.md5
                    ),
                )
            }
            path if path.ends_with("/some.arff") => self.file(&self.arff, request),
            path if path.ends_with(".pq") && !self.parquet.is_empty() => {
                self.file(&self.parquet, request)
            }
            _ => Reply::new(404, "<html>nothing here</html>"),
        }
    }

    /// A file, or the part of it that is asked for.
    pub fn file(&self, bytes: &[u8], request: &Request) -> Reply {
        let start = request.header("range").and_then(|range| {
            range
                .strip_prefix("bytes=")?
                .strip_suffix('-')?
                .parse::<usize>()
                .ok()
        });
        let same = request
            .header("if-range")
            .is_none_or(|tag| tag == self.etag);
        let reply = match start.filter(|_| self.ranges && same) {
            Some(start) if start >= bytes.len() => {
                Reply::new(416, "").with("Content-Range", &format!("bytes */{}", bytes.len()))
            }
            Some(start) => {
                let range = format!("bytes {start}-{}/{}", bytes.len() - 1, bytes.len());
                Reply::new(206, &bytes[start..]).with("Content-Range", &range)
            }
            None => Reply::new(200, bytes),
        };
        match self.etag.as_str() {
            "" => reply,
            tag => reply.with("ETag", tag),
        }
    }
}

/// A CSV text of plain numbers and words as an ARFF file.
pub fn arff(csv: &str) -> String {
    let mut lines = csv.lines();
    let mut text = String::from("% made of a CSV file\n@relation some\n");
    for name in lines.next().unwrap().split(',') {
        text += &format!("@attribute '{name}' numeric\n");
    }
    text += "@data\n";
    for line in lines {
        text += line;
        text += "\n";
    }
    text
}
