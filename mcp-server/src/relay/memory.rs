//! Memory for the bodies that all doors read at the same time.

use std::sync::Arc;

use axum::response::Response;
use hyper::{HeaderMap, StatusCode, header::CONTENT_LENGTH};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::reply;
use crate::transport::http::failure;

/// Size of all bodies together, in KiB.
const KIB: usize = 64 * 1024;

/// The memory that is left. Cheap to clone.
#[derive(Debug, Clone)]
pub(crate) struct Memory(Arc<Semaphore>);

impl Default for Memory {
    fn default() -> Self {
        Self(Arc::new(Semaphore::new(KIB)))
    }
}

impl Memory {
    /// Takes memory for a body of at most `most` bytes: as much as its header says, or for the largest one.
    pub(super) fn take(&self, headers: &HeaderMap, most: usize) -> Option<OwnedSemaphorePermit> {
        let length = headers.get(CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse().ok());
        let bytes: usize = length.unwrap_or(most).min(most);
        let kib = u32::try_from(bytes.div_ceil(1024).max(1)).unwrap_or(u32::MAX);
        Arc::clone(&self.0).try_acquire_many_owned(kib).ok()
    }

    /// As [`take`](Self::take), with the refusal of a request for which no memory is left.
    pub(super) fn take_or_refuse(
        &self,
        headers: &HeaderMap,
        most: usize,
    ) -> Result<OwnedSemaphorePermit, Box<Response>> {
        self.take(headers, most).ok_or_else(|| {
            let problem = "too many large requests are in progress: repeat the request in a moment";
            let refusal = failure(StatusCode::SERVICE_UNAVAILABLE, "temporarily_unavailable", problem);
            Box::new(reply::retry_after(refusal, None))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_bodies_together_have_64_mebibytes() {
        let memory = Memory::default();
        let with_length = |length: &str| HeaderMap::from_iter([(CONTENT_LENGTH, length.parse().unwrap())]);
        let most = 8 * 1024 * 1024;
        let taken: Vec<_> = (0..9).map_while(|_| memory.take(&HeaderMap::new(), most)).collect();
        assert_eq!(taken.len(), 8, "a body without a length may be as long as any");
        assert!(memory.take(&with_length("1"), most).is_none());
        drop(taken);
        let small: Vec<_> = (0..70_000).map_while(|_| memory.take(&with_length("1024"), most)).collect();
        assert_eq!(small.len(), 64 * 1024);
        drop(small);
        // A length that is not true is cut off where it is read.
        assert!(memory.take(&with_length("99999999999999999999"), most).is_some());
    }
}
