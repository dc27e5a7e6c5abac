//! Requests that are not answered yet, alone and in batches.

use std::collections::HashSet;

use rmcp::model::RequestId;
use serde_json::Value;

/// Ids of requests without an answer, and the batches that they came in.
#[derive(Default)]
pub(super) struct Unanswered {
    /// One that was cancelled gets no answer, and its id is never used again.
    ids: HashSet<RequestId>,
    batches: Vec<Batch>,
}

/// A batch, answered as a whole: with one array.
struct Batch {
    waiting: HashSet<RequestId>,
    answers: Vec<Value>,
}

/// The way in which an answer is written.
#[derive(Debug, PartialEq)]
pub(super) enum Answered {
    /// The request came alone.
    Alone,
    /// The last answer of a batch: all of them.
    Batch(Vec<Value>),
    /// Other answers of the batch are missing.
    NotYet,
}

impl Unanswered {
    /// Notes a request. Reports whether its id is free: only one answer would have its reader.
    pub(super) fn begin(&mut self, id: &RequestId) -> bool {
        self.ids.insert(id.clone())
    }

    /// Notes that these requests, which have begun, are one batch, of which some answers are known.
    pub(super) fn begin_batch(&mut self, waiting: HashSet<RequestId>, answers: Vec<Value>) {
        self.batches.push(Batch { waiting, answers });
    }

    /// Ends a request with its answer, which is written as JSON only for a batch.
    pub(super) fn answer<E>(
        &mut self,
        id: &RequestId,
        answer: impl FnOnce() -> Result<Value, E>,
    ) -> Answered {
        self.ids.remove(id);
        let Some(index) = self.batches.iter_mut().position(|batch| batch.waiting.remove(id)) else {
            return Answered::Alone;
        };
        self.batches[index].answers.extend(answer().ok());
        self.complete(index).map_or(Answered::NotYet, Answered::Batch)
    }

    /// Ends the wait for the answer to a cancelled request. Returns the answers of its batch, if it was the last.
    pub(super) fn cancel(&mut self, id: &RequestId) -> Option<Vec<Value>> {
        let index = self.batches.iter_mut().position(|batch| batch.waiting.remove(id))?;
        self.complete(index).filter(|answers| !answers.is_empty())
    }

    /// Removes the batch if it is complete, and returns its answers.
    fn complete(&mut self, index: usize) -> Option<Vec<Value>> {
        self.batches[index].waiting.is_empty().then(|| self.batches.swap_remove(index).answers)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn id(number: i64) -> RequestId {
        RequestId::Number(number)
    }

    fn answer(unanswered: &mut Unanswered, number: i64, text: &str) -> Answered {
        unanswered.answer(&id(number), || serde_json::to_value(text))
    }

    #[test]
    fn a_batch_is_answered_when_it_is_complete() {
        let mut unanswered = Unanswered::default();
        assert!([1, 2, 3].iter().all(|number| unanswered.begin(&id(*number))));
        assert!(!unanswered.begin(&id(1)), "in progress");
        unanswered.begin_batch([id(2), id(3)].into(), vec![json!("refused")]);
        assert_eq!(answer(&mut unanswered, 1, "one"), Answered::Alone);
        assert!(unanswered.begin(&id(1)), "free again");
        assert_eq!(answer(&mut unanswered, 3, "three"), Answered::NotYet);
        let whole = vec![json!("refused"), json!("three"), json!("two")];
        assert_eq!(answer(&mut unanswered, 2, "two"), Answered::Batch(whole));
        assert!(unanswered.batches.is_empty());
    }

    #[test]
    fn a_cancelled_request_does_not_hold_up_its_batch() {
        let mut unanswered = Unanswered::default();
        unanswered.begin_batch([id(1), id(2)].into(), Vec::new());
        assert_eq!(answer(&mut unanswered, 1, "one"), Answered::NotYet);
        assert_eq!(unanswered.cancel(&id(7)), None);
        assert_eq!(unanswered.cancel(&id(2)), Some(vec![json!("one")]));
        unanswered.begin_batch([id(3)].into(), Vec::new());
        assert_eq!(unanswered.cancel(&id(3)), None, "nothing to answer");
        assert!(unanswered.batches.is_empty());
    }
}
