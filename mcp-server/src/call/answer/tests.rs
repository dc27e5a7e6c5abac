use dingtalk_core::{
    Message,
    delivery::Outcome,
    message::{Fault, Faults, WireMessage},
    tool::ToolSet,
};
use serde_json::json;

use super::*;
use crate::{Deployment, builtin_tools, call::standing::Waiting};

const ID: &str = "01J0000000000000000000000B";

fn receipt(outcome: Outcome) -> Receipt {
    let mut receipt = Receipt::new("01J0000000000000000000000A", outcome);
    receipt.robot = Some("operations".to_owned());
    receipt
}

fn delivery(outcome: DeliveryOutcome) -> CallOutcome {
    CallOutcome::Delivery { id: ID.to_owned(), outcome }
}

fn duplicate() -> CallOutcome {
    let receipt = Box::new(receipt(Outcome::Delivered));
    CallOutcome::Duplicate { receipt, age: Duration::from_millis(12_300) }
}

fn dry_run(message: Message) -> CallOutcome {
    CallOutcome::DryRun(vec![WireMessage::with_id(message, ID)])
}

/// One answer of each kind.
pub(crate) fn all() -> Vec<Answer> {
    let mut faults = Faults::default();
    faults.push(Fault::new("title", "is missing: give a string"));
    faults.push(Fault::new("atAll", "must be a boolean").given("the string \"yes\""));
    let mut outcomes = vec![
        delivery(DeliveryOutcome::Delivered(receipt(Outcome::Delivered))),
        delivery(DeliveryOutcome::Delivered(receipt(Outcome::Queued))),
        duplicate(),
        dry_run(Message::text("a \"b\"\nc")),
        CallOutcome::Invalid(faults),
        CallOutcome::Unsendable(Error::new(ErrorKind::TooLong, "20001 bytes")),
        CallOutcome::Refused(Refusal::Denied),
        CallOutcome::Refused(Refusal::NotConfirmed),
    ];
    let waiting =
        Waiting { position: Some(3), wait: Some(Duration::from_millis(6_100)), ..Waiting::default() };
    for (standing, earlier) in
        [(Some(Standing::Waiting(waiting)), false), (Some(Standing::Sending), true), (None, false)]
    {
        let queued = Box::new(Queued { standing, earlier });
        outcomes.push(delivery(DeliveryOutcome::Queued(queued)));
    }
    outcomes.push(delivery(DeliveryOutcome::Suppressed));
    for stop in [Stop::NoQueue, Stop::GivenUp] {
        outcomes.push(delivery(DeliveryOutcome::Unknown(stop)));
    }
    for stop in [Stop::Cancelled, Stop::Overdue, Stop::Lost] {
        outcomes.extend([DeliveryOutcome::NotSent(stop), DeliveryOutcome::Unknown(stop)].map(delivery));
    }
    let broken = Error::new(ErrorKind::Store, "state.db: a cause");
    outcomes.extend([DeliveryOutcome::NotRecorded(broken), DeliveryOutcome::OtherMessage].map(delivery));
    outcomes.push(delivery(DeliveryOutcome::Unknown(Stop::Elsewhere)));
    for kind in [
        ErrorKind::Configuration,
        ErrorKind::NotSent,
        ErrorKind::Unknown,
        ErrorKind::Signature,
        ErrorKind::Throttled,
        ErrorKind::RateLimited,
        ErrorKind::Busy,
        ErrorKind::QuotaExhausted,
    ] {
        let outcome = DeliveryOutcome::Failed(Error::new(kind, "a cause").with_id(ID));
        outcomes.extend([outcome.clone(), DeliveryOutcome::StillUnknown(Box::new(outcome))].map(delivery));
    }
    outcomes.iter().map(|outcome| Answer::new(outcome).safe_to_show(&Hidden::default())).collect()
}

fn facts(answer: &Answer) -> Value {
    serde_json::to_value(answer).unwrap()
}

/// Somebody else's reading of the schema: clients refuse a result that does not conform to it.
#[test]
fn every_answer_is_valid_by_the_output_schema() {
    let schema = Value::Object(output_schema());
    let validator = jsonschema::draft202012::new(&schema).unwrap();
    let mentioned = vec!["@all".to_owned(), "Ann".to_owned()];
    for answer in all() {
        for answer in [answer.clone(), answer.mention(mentioned.clone())] {
            let facts = facts(&answer);
            let errors: Vec<_> = validator.iter_errors(&facts).map(|error| error.to_string()).collect();
            assert!(errors.is_empty(), "{facts}: {errors:?}");
        }
    }
    assert!(
        !validator.is_valid(&json!({"status": "delivered", "mentioned": "Ann"})),
        "the schema is checked"
    );
    assert!(!validator.is_valid(&json!({"status": "lost"})));
}

/// Facts that an agent does not act on: they are in answers, but not in the output schema.
const BESIDE_THE_SCHEMA: [&str; 2] = ["robot", "request"];

#[test]
fn every_fact_fits_the_output_schema() {
    let set = ToolSet::new(builtin_tools()).unwrap();
    let schema = &Deployment::new().definitions(&set)[0].output_schema;
    let properties = schema["properties"].as_object().unwrap();
    for answer in all() {
        let facts = facts(&answer);
        for (name, value) in facts.as_object().unwrap() {
            let Some(property) = properties.get(name) else {
                assert!(BESIDE_THE_SCHEMA.contains(&&**name), "{name} is not in the schema");
                continue;
            };
            let kind = match value {
                Value::Array(_) => "array",
                Value::Number(_) => "integer",
                _ => "string",
            };
            assert_eq!(property["type"], kind, "{name}");
        }
        assert!(properties["status"]["enum"].as_array().unwrap().contains(&facts["status"]));
    }
}

#[test]
fn every_unsuccessful_answer_states_the_outcome() {
    for answer in all() {
        let (status, advice) = (answer.status, answer.advice.unwrap_or_default());
        match status {
            CallStatus::Delivered => assert_eq!(advice, ""),
            // Through a queue in place of the robot, nobody can ask about it.
            CallStatus::Queued if answer.detail.is_none() => assert_eq!(advice, ""),
            CallStatus::Queued => {
                assert!(advice.starts_with("Not sent yet: "), "{advice}");
                assert!(advice.contains("Do not repeat the call."), "{advice}");
            }
            CallStatus::Unknown => {
                assert!(advice.starts_with("May have arrived; do not repeat."), "{advice}");
            }
            CallStatus::Refused | CallStatus::Throttled => {
                assert!(
                    advice.starts_with("Not sent.") || advice.starts_with("Nothing was sent"),
                    "{advice}"
                );
            }
            _ => assert!(advice.starts_with("Nothing was sent"), "{advice}"),
        }
    }
}

#[test]
fn a_message_that_may_have_arrived_is_not_refused() {
    for (kind, status) in [
        (ErrorKind::NotSent, "refused"),
        (ErrorKind::Busy, "unknown"),
        (ErrorKind::Unknown, "unknown"),
        (ErrorKind::AddressBlocked, "throttled"),
        (ErrorKind::QuotaExhausted, "refused"),
    ] {
        let failed = delivery(DeliveryOutcome::Failed(Error::new(kind, "")));
        assert_eq!(Answer::new(&failed).status.as_str(), status, "{kind:?}");
    }
}

#[test]
fn a_message_that_may_have_arrived_earlier_is_not_throttled() {
    let throttled = DeliveryOutcome::Failed(Error::new(ErrorKind::Throttled, "a cause"));
    let answer = Answer::new(&delivery(DeliveryOutcome::StillUnknown(Box::new(throttled))));
    assert_eq!((answer.status, answer.id.as_deref()), (CallStatus::Unknown, Some(ID)));
    let detail = answer.detail.unwrap();
    assert!(detail.starts_with(
        "an earlier identical call may have delivered it; this time it was not sent: the robot"
    ));
}

#[test]
fn a_duplicate_says_how_to_send_it_again() {
    let answer = Answer::new(&duplicate());
    assert_eq!((answer.status, answer.retry_after_seconds), (CallStatus::Duplicate, Some(48)));
    assert_eq!(answer.id.as_deref(), Some("01J0000000000000000000000A"));
    let advice = answer.advice.unwrap();
    assert!(advice.contains("12 s ago") && advice.contains("change the text"), "{advice}");
}

#[test]
fn a_dry_run_shows_the_request() {
    let facts = facts(&Answer::new(&dry_run(Message::text("a \"b\"\nstatus: delivered"))));
    assert_eq!(facts["request"]["text"]["content"], "a \"b\"\nstatus: delivered");
    assert_eq!(facts["request"]["msgUuid"], ID);
}

#[test]
fn no_answer_contains_numbers_of_named_people() {
    use crate::{
        Person,
        call::people::{People, kind_of},
    };

    let oncall = Person::Mobile(dingtalk_core::Mobile::new("13800000000").unwrap());
    let people = People::new([("oncall".to_owned(), oncall)]).unwrap();
    let set = ToolSet::new(builtin_tools()).unwrap();
    let tool = set.get("send_text_message").unwrap();
    let arguments = json!({"text": "x", "atMobiles": ["oncall"]}).as_object().cloned().unwrap();
    let mut hidden = Hidden::default();
    let call = tool.read(arguments, |text| {
        let (name, person) = people.find(text)?;
        hidden.add(name, person);
        Some((kind_of(person), person.as_str().to_owned()))
    });
    let message = call.unwrap().message;
    let answer = facts(&Answer::new(&dry_run(message)).safe_to_show(&hidden));
    assert!(!answer.to_string().contains("13800000000"), "{answer}");
    assert_eq!(answer["request"]["at"]["atMobiles"], json!(["<oncall>"]));
}
