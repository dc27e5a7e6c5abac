//! Asking a person before a message is sent that many people would notice.
//!
//! A client asks its person on our behalf, and can forge the answer. So an answer counts only if it is exactly what the
//! form offers for "yes": some clients accept every form with nothing in it, others declare that they can ask and always
//! decline. What cannot be asked is not sent.

mod form;
mod state;

use std::time::Duration;

use dingtalk_core::Message;
use rmcp::{
    RoleServer,
    model::{
        CallToolRequestParams, ClientCapabilities, ElicitRequest, InputRequest, InputRequests,
        InputRequiredResult, ProtocolVersion,
    },
    service::RequestContext,
};
use tokio::time::timeout;

use self::state::{Returned, States};
use crate::{AtAll, Confirm, calls::Ready, repeat::Key};

/// How long a person may take. An answer that comes later is void.
const PATIENCE: Duration = Duration::from_secs(45);

/// What the answer to our question is called in a request of the newer protocol.
const QUESTION: &str = "confirm";

/// When a person is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Policy {
    pub(crate) at_all: AtAll,
    pub(crate) confirm: Confirm,
}

/// What is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Question {
    /// May it notify everybody?
    AtAll,
    /// May it be sent?
    Send,
}

/// What came of it.
pub(crate) enum Consent {
    /// Nothing had to be asked, or a person said yes.
    Given,
    /// The client is to ask, and to call again with the answer.
    Ask(Box<InputRequiredResult>),
    /// It must not be sent; why, and what to do.
    Refused(Refusal),
    /// The answer comes with a state that was not given out for this call, which the protocol wants to be an error.
    Forged,
}

/// Why a message is not sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// The robot never notifies everybody.
    Denied,
    /// The client cannot ask, and this is when the robot has to.
    CannotAsk(Confirm),
    /// No "yes" came back in time, for whatever reason.
    NotConfirmed,
}

impl Refusal {
    /// The reason, as a word for programs.
    pub(crate) fn reason(self) -> &'static str {
        match self {
            Self::Denied => "at_all_denied",
            Self::CannotAsk(_) | Self::NotConfirmed => "not_confirmed",
        }
    }

    /// What to do about it.
    pub(crate) fn advice(self) -> &'static str {
        match self {
            Self::Denied => {
                "Nothing was sent: this robot is set never to notify everybody. Call again without it, and mention the \
                 people concerned instead."
            }
            Self::CannotAsk(Confirm::Always) => {
                "Nothing was sent: it was not confirmed, since this client cannot ask a person, and this robot asks before \
                 every message. Let the operator of the server change `confirm` of this robot, or call from a client that can \
                 ask."
            }
            Self::CannotAsk(Confirm::AtAll) => {
                "Nothing was sent: it was not confirmed, since this client cannot ask a person. Call again without \
                 notifying everybody, or let the operator of the server change `at_all` or `confirm` of this robot."
            }
            Self::NotConfirmed => {
                "Nothing was sent: it was not confirmed. Do not repeat the call as it is; ask the person in the \
                 conversation how to go on."
            }
        }
    }
}

/// Asks, and keeps what is needed to recognise an answer.
#[derive(Default)]
pub(crate) struct Consents {
    states: States,
}

impl Policy {
    /// What must be asked before this message is sent; an error if it must not be sent at all.
    fn question(self, message: &Message) -> Result<Option<Question>, Refusal> {
        let notifies_all = message.mentions().is_some_and(|mentions| mentions.all);
        match (notifies_all, self.at_all, self.confirm) {
            (true, AtAll::Deny, _) => Err(Refusal::Denied),
            (true, AtAll::Ask, _) => Ok(Some(Question::AtAll)),
            (_, _, Confirm::Always) => Ok(Some(Question::Send)),
            _ => Ok(None),
        }
    }
}

impl Consents {
    /// Finds out whether a message may be sent.
    pub(crate) async fn obtain(
        &self,
        ready: &Ready,
        request: &CallToolRequestParams,
        context: &RequestContext<RoleServer>,
    ) -> Consent {
        match ready.policy.question(&ready.message) {
            // Asking is rare and takes much room: in a box it does not make every call's future larger.
            Ok(Some(question)) => Box::pin(self.ask(question, ready, request, context)).await,
            Ok(None) => Consent::Given,
            Err(refusal) => Consent::Refused(refusal),
        }
    }

    async fn ask(
        &self,
        question: Question,
        ready: &Ready,
        request: &CallToolRequestParams,
        context: &RequestContext<RoleServer>,
    ) -> Consent {
        let Ready { message, key, robot, policy, .. } = ready;
        let key = *key;
        if !context.client_capabilities().as_ref().is_some_and(can_ask) {
            return Consent::Refused(Refusal::CannotAsk(policy.confirm));
        }
        let form = || form::form(question, message, robot.as_deref());
        let modern =
            context.protocol_version().is_some_and(|version| version >= ProtocolVersion::V_2026_07_28);
        if modern {
            return self.answered(key, request).unwrap_or_else(|| {
                let mut requests = InputRequests::new();
                requests.insert(QUESTION.to_owned(), InputRequest::Elicitation(ElicitRequest::new(form())));
                Consent::Ask(Box::new(InputRequiredResult::new(Some(requests), Some(self.states.seal(key)))))
            });
        }
        let asked = timeout(PATIENCE, context.peer.create_elicitation(form()));
        let answer = tokio::select! {
            answer = asked => answer,
            () = context.ct.cancelled() => return Consent::Refused(Refusal::NotConfirmed),
        };
        match answer {
            Ok(Ok(answer)) if form::is_yes(&answer) => Consent::Given,
            _ => Consent::Refused(Refusal::NotConfirmed),
        }
    }

    /// What the answer in a request of the newer protocol says; `None` if there is none that counts.
    fn answered(&self, key: Key, request: &CallToolRequestParams) -> Option<Consent> {
        let state = request.request_state.as_deref()?;
        match self.states.redeem(state, key) {
            Returned::Good => {}
            Returned::Void => return None,
            Returned::Foreign => return Some(Consent::Forged),
        }
        let answer = request.input_responses.as_ref().and_then(|answers| answers.get(QUESTION));
        let answer = answer.and_then(|answer| serde_json::from_value(answer.clone()).ok());
        Some(match answer {
            Some(answer) if form::is_yes(&answer) => Consent::Given,
            _ => Consent::Refused(Refusal::NotConfirmed),
        })
    }
}

/// Can the client show a form? One that declares neither kind of question shows forms (2025-06-18).
fn can_ask(capabilities: &ClientCapabilities) -> bool {
    capabilities.elicitation.as_ref().is_some_and(|asking| asking.form.is_some() || asking.url.is_none())
}

#[cfg(test)]
mod tests {
    use dingtalk_core::Mentions;

    use super::*;

    #[test]
    fn when_a_person_is_asked() {
        let everybody = Message::text("Come").with_mentions(Mentions { all: true, ..Mentions::default() });
        let nobody = Message::text("Come");
        for (at_all, confirm, for_everybody, for_nobody) in [
            (AtAll::Ask, Confirm::AtAll, Ok(Some(Question::AtAll)), Ok(None)),
            (AtAll::Allow, Confirm::AtAll, Ok(None), Ok(None)),
            (AtAll::Deny, Confirm::AtAll, Err(Refusal::Denied), Ok(None)),
            (AtAll::Ask, Confirm::Always, Ok(Some(Question::AtAll)), Ok(Some(Question::Send))),
            (AtAll::Allow, Confirm::Always, Ok(Some(Question::Send)), Ok(Some(Question::Send))),
            (AtAll::Deny, Confirm::Always, Err(Refusal::Denied), Ok(Some(Question::Send))),
        ] {
            let policy = Policy { at_all, confirm };
            assert_eq!(policy.question(&everybody), for_everybody, "{policy:?}");
            assert_eq!(policy.question(&nobody), for_nobody, "{policy:?}");
        }
    }

    #[test]
    fn who_is_asked_before_every_message_is_told_no_way_around_it() {
        assert!(Refusal::CannotAsk(Confirm::AtAll).advice().contains("without notifying everybody"));
        assert!(!Refusal::CannotAsk(Confirm::Always).advice().contains("everybody"));
    }

    #[test]
    fn no_words_claim_that_a_person_said_no() {
        for refusal in [
            Refusal::Denied,
            Refusal::CannotAsk(Confirm::AtAll),
            Refusal::CannotAsk(Confirm::Always),
            Refusal::NotConfirmed,
        ] {
            let words = refusal.advice();
            assert!(words.starts_with("Nothing was sent"), "{words}");
            for claim in ["refused", "declined", "rejected"] {
                assert!(!words.contains(claim), "{words}");
            }
        }
    }
}
