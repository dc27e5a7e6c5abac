//! Asking a person before a message is sent that many people would notice.
//!
//! A client asks its person on our behalf, and can forge the answer. So an answer counts only if it is exactly what the
//! form offers for "yes": some clients accept every form with nothing in it, others declare that they can ask and always
//! decline. What cannot be asked is not sent.

mod form;
mod state;

use rmcp::{
    RoleServer,
    model::{
        CallToolRequestParams, ClientCapabilities, ElicitRequest, InputRequest, InputRequests,
        InputRequiredResult, ProtocolVersion,
    },
    service::RequestContext,
};
use tokio::time::timeout;

use self::state::{PATIENCE, Returned, States};
use super::{
    Ready,
    policy::{Question, Refusal},
    repeat::Key,
};

/// What the answer to our question is called in a request of the newer protocol.
const QUESTION: &str = "confirm";

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

/// Asks, and keeps what is needed to recognise an answer.
#[derive(Default)]
pub(crate) struct Consents {
    states: States,
}

impl Consents {
    /// Asks the person whose client made the call.
    pub(crate) async fn ask(
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
