//! Subjects of the measurement: a robot, and a minimal replacement for it.

use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use bytes::Bytes;
use dingtalk_core::{
    DeliverExt as _, Message, Robot,
    delivery::{Pace, Signer},
    message::WireMessage,
};
use hmac::{Hmac, KeyInit as _};
use reqwest::{Client, header::CONTENT_TYPE};
use sha2::Sha256;
use tokio::task::JoinSet;

use crate::Result;

pub(crate) const SECRET: &str = "SEC0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
pub(crate) const TIMESTAMP_MS: u64 = 1_700_000_000_000;

const TOKEN: &str = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
const TEXT: &str = "备份完成: backup of orders_2026 finished, 1834.5 MB in 412 s";

pub(crate) fn signer() -> Signer {
    Signer::new(SECRET)
}

#[expect(clippy::expect_used, reason = "HMAC takes a key of any length")]
pub(crate) fn prepared_key() -> Hmac<Sha256> {
    Hmac::new_from_slice(SECRET.as_bytes()).expect("any length")
}

pub(crate) fn signed_bytes() -> Vec<u8> {
    format!("{TIMESTAMP_MS}\n{SECRET}").into_bytes()
}

/// A sender of messages.
pub(crate) enum Subject {
    /// One prepared body for one prepared address.
    Bare {
        client: Client,
        url: String,
        body: Bytes,
    },
    Robot(Robot),
}

impl Subject {
    pub(crate) fn bare(robot: SocketAddr) -> Result<Arc<Self>> {
        let client =
            Client::builder().no_proxy().tls_certs_only([]).timeout(Duration::from_secs(10)).build()?;
        let signature = signer().sign(TIMESTAMP_MS).to_query();
        let url = format!(
            "http://{robot}/robot/send?access_token={TOKEN}&timestamp={TIMESTAMP_MS}&sign={signature}"
        );
        let wire = WireMessage::with_id(Message::text(TEXT), "01ARZ3NDEKTSV4RRFFQ69G5FAV");
        Ok(Arc::new(Self::Bare { client, url, body: serde_json::to_vec(&wire)?.into() }))
    }

    /// A robot that signs.
    pub(crate) fn unpaced(robot: SocketAddr) -> Result<Arc<Self>> {
        let builder = Robot::builder(TOKEN).secret(SECRET).base_url(format!("http://{robot}"));
        Ok(Arc::new(Self::Robot(builder.pace(None).build()?)))
    }

    /// The same with a pace that never makes it wait, and a log with as many entries as DingTalk's window allows.
    pub(crate) fn paced(robot: SocketAddr) -> Result<Arc<Self>> {
        let builder = Robot::builder(TOKEN).secret(SECRET).base_url(format!("http://{robot}"));
        let pace = Pace::new().limit(u32::MAX).window(Duration::from_millis(1));
        Ok(Arc::new(Self::Robot(builder.pace(pace).build()?)))
    }

    async fn send(&self) -> Result<()> {
        match self {
            Self::Bare { client, url, body } => {
                let request = client.post(url).header(CONTENT_TYPE, "application/json").body(body.clone());
                let answer = request.send().await?.bytes().await?;
                if !answer.starts_with(b"{\"errcode\":0") {
                    return Err("refused".into());
                }
            }
            Self::Robot(robot) => drop(robot.send(&Message::text(TEXT)).await?),
        }
        Ok(())
    }

    /// Sends `sends` messages, `concurrent` of them at a time.
    pub(crate) async fn send_all(self: &Arc<Self>, sends: u32, concurrent: usize) -> Result<()> {
        let sent = Arc::new(AtomicU32::new(0));
        let mut workers = JoinSet::<Result<()>>::new();
        for _ in 0..concurrent {
            let (subject, sent) = (Arc::clone(self), Arc::clone(&sent));
            workers.spawn(async move {
                while sent.fetch_add(1, Ordering::Relaxed) < sends {
                    subject.send().await?;
                }
                Ok(())
            });
        }
        while let Some(done) = workers.join_next().await {
            done??;
        }
        Ok(())
    }
}
