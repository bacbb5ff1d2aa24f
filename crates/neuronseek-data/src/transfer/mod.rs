//! From an address to a text or a file: retries, timeouts, resumed downloads.
//!
//! A file arrives in `NAME.part`, and `NAME.part.json` remembers of which address and version it
//! is. What a broken connection leaves is asked for from there on by `Range` with `If-Range`; a
//! server that answers with the whole file, or has another version, begins anew. The first request
//! allows compression, unless the file is wanted as it is stored there. A resumed one does not,
//! because a range counts the bytes of what is sent.

use std::fs::File;
use std::io::{Read, Write};
use std::path::Path;
use std::time::{Duration, Instant};

use neuronseek::observe::{Control, Event};
use ureq::http::Response;
use ureq::{Agent, Body};

use crate::DataError;

mod checked;
mod part;

pub(crate) use part::forget;
use part::{content_range, known, open, remember};

/// No file of a table or an image set is larger; an endless answer must not fill the disk.
const LARGEST_FILE: u64 = 4 << 30;
/// No description of a table is larger.
const LARGEST_TEXT: u64 = 8 << 20;
/// The longest wait between two tries.
const LONGEST_WAIT: Duration = Duration::from_secs(60);

/// How patiently a server is asked.
#[derive(Debug, Clone, Copy)]
pub struct Patience {
    /// How long to wait for a connection, an answer, or the next bytes.
    pub timeout: Duration,
    /// Tries after the first one; a try that brought bytes does not count.
    pub retries: usize,
    /// The wait before the second try, doubled before each later one.
    pub wait: Duration,
}

impl Default for Patience {
    fn default() -> Patience {
        Patience {
            timeout: Duration::from_secs(30),
            retries: 4,
            wait: Duration::from_millis(500),
        }
    }
}

/// Asks servers.
pub(crate) struct Client {
    agent: Agent,
    patience: Patience,
    /// Whether no compression for the way is allowed.
    plain: bool,
}

/// Why a try failed.
enum Trouble {
    /// Trying again would not help.
    Final(DataError),
    /// Another try may succeed.
    Again {
        reason: String,
        /// What the server asks to wait.
        wait: Option<Duration>,
        /// Whether bytes were gained.
        gained: bool,
    },
}

impl From<DataError> for Trouble {
    fn from(error: DataError) -> Trouble {
        Trouble::Final(error)
    }
}

impl Client {
    /// A client that with `https_only` follows no redirection to an unencrypted address.
    pub fn new(patience: Patience, https_only: bool) -> Client {
        let timeout = Some(patience.timeout);
        let config = Agent::config_builder()
            .user_agent(concat!("neuronseek/", env!("CARGO_PKG_VERSION")))
            .http_status_as_error(false)
            .https_only(https_only)
            .timeout_resolve(timeout)
            .timeout_connect(timeout)
            .timeout_recv_response(timeout)
            .timeout_per_read(timeout)
            .timeout_per_write(timeout)
            .build();
        Client {
            agent: config.into(),
            patience,
            plain: false,
        }
    }

    /// The client for files that are compressed already: some servers call such a file plain
    /// content that was compressed for the way, and it would be unpacked on arrival.
    pub fn without_compression(self) -> Client {
        Client {
            plain: true,
            ..self
        }
    }

    /// The text at an address.
    ///
    /// # Errors
    /// When the server refuses, stays away, or sends something else.
    pub fn text(&self, address: &str, control: &Control<'_>) -> Result<String, DataError> {
        self.tries(address, control, || {
            let response = self.agent.get(address).call();
            let mut response = answered(address, response)?;
            let text = response.body_mut().with_config().limit(LARGEST_TEXT);
            text.read_to_string()
                .map_err(|error| broken(address, error))
        })
    }

    /// Brings the file at an address to `part`, whose first bytes may be there from an earlier
    /// try; `name` is said with the progress. Whether it was put together of several answers.
    ///
    /// # Errors
    /// As [`Client::text`], and when the part cannot be written. The part stays for a later run.
    pub fn file(
        &self,
        address: &str,
        part: &Path,
        name: &str,
        control: &Control<'_>,
    ) -> Result<bool, DataError> {
        self.tries(address, control, || self.part(address, part, name, control))
    }

    fn tries<T>(
        &self,
        address: &str,
        control: &Control<'_>,
        mut once: impl FnMut() -> Result<T, Trouble>,
    ) -> Result<T, DataError> {
        let (mut tries, mut fruitless) = (0, 0);
        loop {
            if control.should_stop() {
                return Err(DataError::Stopped);
            }
            tries += 1;
            let (reason, wait) = match once() {
                Ok(value) => return Ok(value),
                Err(Trouble::Final(error)) => return Err(error),
                Err(Trouble::Again {
                    reason,
                    wait,
                    gained,
                }) => {
                    fruitless = if gained { 0 } else { fruitless + 1 };
                    (reason, wait)
                }
            };
            if fruitless > self.patience.retries || tries > 100 + self.patience.retries {
                return Err(DataError::Connection {
                    address: address.to_string(),
                    tries,
                    reason,
                });
            }
            let doubled = self.patience.wait * (1 << fruitless.saturating_sub(1).min(10));
            let wait = wait.unwrap_or(doubled).min(LONGEST_WAIT);
            pause(wait, control);
        }
    }

    /// One try to bring the rest of a file; whether a part was there.
    fn part(
        &self,
        address: &str,
        part: &Path,
        name: &str,
        control: &Control<'_>,
    ) -> Result<bool, Trouble> {
        let (version, have) = known(address, part);
        let mut request = self.agent.get(address);
        if have > 0 || self.plain {
            request = request.header("Accept-Encoding", "identity");
        }
        if have > 0 {
            request = request.header("Range", format!("bytes={have}-"));
            if let Some(tag) = &version.tag {
                request = request.header("If-Range", tag);
            }
        }
        let response = request.call().map_err(|error| broken(address, error))?;
        let status = response.status().as_u16();
        let range = header(&response, "content-range");
        let (start, total) = range.as_deref().map_or((None, None), content_range);
        if status == 416 && have > 0 && total == Some(have) {
            return Ok(true);
        }
        if status == 416 || (status == 206 && start != Some(have)) {
            forget(part);
            return Err(again(
                "the server does not go on where the file ends",
                have > 0,
            ));
        }
        let response = answered(address, Ok(response))?;
        let start = if status == 206 { have } else { 0 };
        let length = header(&response, "content-length").and_then(|text| text.parse::<u64>().ok());
        let total = total.or(length.map(|length| start + length));
        let file = open(part, start).map_err(|cause| DataError::file("write", part, cause))?;
        if start == 0 {
            remember(address, &response, part)?;
        }
        let mut body = Arriving {
            file,
            part,
            name,
            have: start,
            total,
        };
        body.receive(address, response, control)?;
        Ok(start > 0)
    }
}

/// A file that is arriving.
struct Arriving<'a> {
    file: File,
    part: &'a Path,
    name: &'a str,
    have: u64,
    total: Option<u64>,
}

impl Arriving<'_> {
    fn receive(
        &mut self,
        address: &str,
        response: Response<Body>,
        control: &Control<'_>,
    ) -> Result<(), Trouble> {
        let start = self.have;
        let mut body = response
            .into_body()
            .into_with_config()
            .limit(LARGEST_FILE + (1 << 20))
            .reader();
        let mut block = vec![0; 1 << 16];
        loop {
            if control.should_stop() {
                return Err(DataError::Stopped.into());
            }
            let length = match body.read(&mut block) {
                Ok(0) => break,
                Ok(length) => length,
                Err(error) => return Err(again(error, self.have > start)),
            };
            let written = self.file.write_all(&block[..length]);
            written.map_err(|cause| DataError::file("write", self.part, cause))?;
            self.have += length as u64;
            self.say(control);
            if self.have > LARGEST_FILE {
                return Err(Trouble::Final(DataError::Answer {
                    address: address.to_string(),
                    reason: format!("the file does not end after {LARGEST_FILE} bytes"),
                }));
            }
        }
        match self.total {
            Some(total) if total != self.have => Err(again(
                format!("the connection ended after {} of {total} bytes", self.have),
                self.have > start,
            )),
            _ => Ok(()),
        }
    }

    fn say(&self, control: &Control<'_>) {
        let kilobytes = |bytes: u64| (bytes / 1000) as usize;
        control.observer.notice(&Event::Progress {
            name: self.name,
            done: kilobytes(self.have),
            total: kilobytes(self.total.unwrap_or(self.have)),
            message: "kB",
        });
    }
}

/// The answer, if it is one that carries what was asked for.
fn answered(
    address: &str,
    response: Result<Response<Body>, ureq::Error>,
) -> Result<Response<Body>, Trouble> {
    let mut response = response.map_err(|error| broken(address, error))?;
    let status = response.status().as_u16();
    match status {
        200 | 206 => Ok(response),
        408 | 429 | 500.. => Err(Trouble::Again {
            reason: format!("the server answers {status}"),
            wait: header(&response, "retry-after")
                .and_then(|seconds| seconds.parse().ok())
                .map(Duration::from_secs),
            gained: false,
        }),
        _ => {
            let body = response
                .body_mut()
                .with_config()
                .limit(1 << 16)
                .read_to_string();
            Err(Trouble::Final(DataError::Status {
                address: address.to_string(),
                status,
                message: body.map(|body| message(&body)).unwrap_or_default(),
            }))
        }
    }
}

/// What OpenML says in an error: `{"error": {"code": "111", "message": "Unknown dataset"}}`.
fn message(body: &str) -> String {
    let document: serde_json::Value = serde_json::from_str(body).unwrap_or_default();
    let message = document["error"]["message"].as_str().unwrap_or_default();
    message
        .chars()
        .filter(|letter| !letter.is_control())
        .take(200)
        .collect()
}

/// What an error of the connection means for another try.
fn broken(address: &str, error: ureq::Error) -> Trouble {
    use ureq::Error;
    match error {
        Error::BadUri(reason) => Trouble::Final(DataError::Address {
            address: address.to_string(),
            reason,
        }),
        Error::HostNotFound
        | Error::InvalidProxyUrl
        | Error::TooManyRedirects
        | Error::RedirectFailed
        | Error::RequireHttpsOnly(_)
        | Error::BodyExceedsLimit(_)
        | Error::Tls(_)
        | Error::Rustls(_) => Trouble::Final(DataError::Connection {
            address: address.to_string(),
            tries: 1,
            reason: error.to_string(),
        }),
        error => again(error, false),
    }
}

fn again(reason: impl ToString, gained: bool) -> Trouble {
    Trouble::Again {
        reason: reason.to_string(),
        wait: None,
        gained,
    }
}

/// Waits, unless the work should end.
fn pause(wait: Duration, control: &Control<'_>) {
    let end = Instant::now() + wait;
    while !control.should_stop() {
        let left = end.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return;
        }
        std::thread::sleep(left.min(Duration::from_millis(50)));
    }
}

fn header(response: &Response<Body>, name: &str) -> Option<String> {
    let value = response.headers().get(name)?;
    value.to_str().ok().map(str::to_string)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_openml_says() {
        let body = r#"{"error":{"code":"111","message":"Unknown dataset"}}"#;
        assert_eq!(message(body), "Unknown dataset");
        assert_eq!(message("<html>"), "");
    }
}
