//! Confirmation by a person, before a message is sent that many people would notice.
//!
//! A client asks its person on our behalf, and can forge the answer. An answer counts only if it is exactly the form's
//! "yes": some clients accept every form with nothing in it, others declare that they can ask and always decline. If
//! the client cannot ask, the message is not sent.

mod form;
mod links;
mod shown;
mod state;
mod words;

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

/// Name of the answer to our question in a request of the newer protocol.
const QUESTION: &str = "confirm";

/// Result of asking for confirmation.
pub(crate) enum Consent {
    /// No question was required, or a person said yes.
    Given,
    /// The client must ask, and call again with the answer.
    Ask(Box<InputRequiredResult>),
    /// The message must not be sent, for this reason.
    Refused(Refusal),
    /// The answer has a state that was not issued for this call, which is an error in the protocol.
    Forged,
}

/// Asks for confirmation, and keeps the states that recognise an answer.
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
        let Ready { envelope, call, robot, policy, hidden, language, .. } = ready;
        let key = call.key;
        if !context.client_capabilities().as_ref().is_some_and(can_ask) {
            return Consent::Refused(Refusal::CannotAsk(policy.confirm));
        }
        let form =
            || form::form(question, &envelope.message, robot.as_deref(), *language, |text| hidden.hide(text));
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

    /// Reads the answer in a request of the newer protocol; `None` if it has no answer that counts.
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

/// Reports whether the client can show a form. A client that declares neither kind of question can (2025-06-18).
fn can_ask(capabilities: &ClientCapabilities) -> bool {
    capabilities.elicitation.as_ref().is_some_and(|asking| asking.form.is_some() || asking.url.is_none())
}
