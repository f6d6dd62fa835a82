//! A client that costs little, since it shares the processors with what it measures: one HTTP/1.1 connection that is kept, one
//! request at a time, no parsing beyond status and length.

use std::net::SocketAddr;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::Result;

/// A connection to a server.
pub struct Client {
    stream: TcpStream,
    /// Every header but the length.
    headers: String,
    sent: Vec<u8>,
    received: Vec<u8>,
    /// Where the body begins in what was received.
    body_at: usize,
}

impl Client {
    /// Connects; `token` is sent with every request.
    pub async fn connect(address: SocketAddr, token: Option<&str>) -> Result<Self> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        let token = token.map_or_else(String::new, |token| format!("authorization: Bearer {token}\r\n"));
        Ok(Self {
            stream,
            headers: format!("host: {address}\r\n{token}"),
            sent: Vec::new(),
            received: Vec::new(),
            body_at: 0,
        })
    }

    /// Posts JSON; gives the status. The answer stays here until the next request.
    pub async fn post(&mut self, path: &str, json: &str) -> Result<u16> {
        self.send("POST", path, "application/json", json).await
    }

    /// Sends a request; gives the status.
    pub async fn send(&mut self, method: &str, path: &str, kind: &str, body: &str) -> Result<u16> {
        use std::io::Write as _;

        self.sent.clear();
        write!(
            self.sent,
            "{method} {path} HTTP/1.1\r\n{}content-type: {kind}\r\ncontent-length: {}\r\n\r\n{body}",
            self.headers,
            body.len()
        )?;
        self.stream.write_all(&self.sent).await?;
        self.receive().await
    }

    /// The body of the last answer.
    pub fn body(&self) -> &[u8] {
        self.received.get(self.body_at..).unwrap_or_default()
    }

    /// The body of the last answer as JSON.
    pub fn json(&self) -> Result<serde_json::Value> {
        Ok(serde_json::from_slice(self.body())?)
    }

    async fn receive(&mut self) -> Result<u16> {
        self.received.clear();
        self.body_at = loop {
            let searched = self.received.len().saturating_sub(3);
            self.read_more().await?;
            let fresh = &self.received[searched..];
            if let Some(at) = fresh.windows(4).position(|four| four == b"\r\n\r\n") {
                break searched + at + 4;
            }
        };
        let head = std::str::from_utf8(&self.received[..self.body_at])?;
        let status = head.get(9..12).ok_or("an answer without a status")?.parse()?;
        let length = head.lines().find_map(|line| {
            let (name, value) = line.split_once(':')?;
            name.eq_ignore_ascii_case("content-length")
                .then(|| value.trim().parse::<usize>().ok())?
        });
        // 204 has no body and needs no length.
        let length = length
            .or((status == 204).then_some(0))
            .ok_or("an answer that does not tell its length")?;
        while self.received.len() < self.body_at + length {
            self.read_more().await?;
        }
        Ok(status)
    }

    async fn read_more(&mut self) -> Result<()> {
        if self.stream.read_buf(&mut self.received).await? == 0 {
            return Err("the server hung up".into());
        }
        Ok(())
    }
}
