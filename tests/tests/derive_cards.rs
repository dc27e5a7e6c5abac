//! Rendering of derived links and cards.

#![allow(clippy::unwrap_used, reason = "a test that cannot be set up has failed")]

use dingtalk_core::{
    FeedItem, Message, Mobile, Notification, Url, UserId,
    message::{self, ActionCard, Button, Buttons, CardButton, Link, Mentions, WireMessage},
    tool::{Tool, ToolSet, ToolType},
    tools,
};
use dingtalk_sandbox::Sandbox;
use serde_json::{Map, Value};

/// Schema of the arguments of a tool that can be served, as an agent reads it.
fn input_schema(tool: [ToolType; 1]) -> Map<String, Value> {
    ToolSet::new(tool).unwrap().iter().next().unwrap().spec().input_schema()
}

#[derive(Notification)]
#[dingtalk(link(
    title = "{name} {version}",
    text = "{notes}\n{breaking}",
    url = "{page}",
    picture = "{logo}"
))]
struct Release {
    name: &'static str,
    version: u32,
    notes: String,
    #[dingtalk(line = "Breaking: {}")]
    breaking: Option<&'static str>,
    page: Url,
    logo: Option<Url>,
}

fn release() -> Release {
    Release {
        name: "core *",
        version: 4,
        notes: "一\n二".into(),
        breaking: None,
        page: Url::new("https://example.com/a(1)").unwrap(),
        logo: None,
    }
}

#[test]
fn a_link_without_its_picture() {
    let page = Url::new("https://example.com/a(1)").unwrap();
    assert_eq!(release().message().unwrap(), Message::link("core * 4", "一\n二", page));
}

#[test]
fn a_link_with_its_picture() {
    let logo = Some(Url::new("https://example.com/logo.png").unwrap());
    let Message::Link(Link { picture, text, .. }) =
        Release { logo, breaking: Some("yes"), ..release() }.message().unwrap()
    else {
        unreachable!()
    };
    assert_eq!(picture.as_deref(), Some("https://example.com/logo.png"));
    assert_eq!(text, "一\n二\nBreaking: yes");
}

#[derive(Notification)]
#[dingtalk(action_card(
    title = "Deploy {version}?",
    text = "
        ### Deploy {version} to {target}?
        {commits}
    ",
    button("Approve {version}", url = "{approve}"),
    button("Docs", url = "https://example.com/docs"),
    button("Reject", url = "{reject}"),
    horizontal,
))]
struct Deploy {
    version: u32,
    target: String,
    #[dingtalk(line = "- {}")]
    commits: Vec<String>,
    approve: Url,
    reject: Option<Url>,
}

fn deploy(reject: Option<Url>) -> Deploy {
    Deploy {
        version: 4,
        target: "prod*".into(),
        commits: vec!["fix #1".into()],
        approve: Url::new("https://example.com/yes").unwrap(),
        reject,
    }
}

#[test]
fn a_card_omits_a_button_without_a_target() {
    let yes = Button::new("Approve 4", Url::new("https://example.com/yes").unwrap());
    let docs = Button::new("Docs", Url::new("https://example.com/docs").unwrap());
    let no = Button::new("Reject", Url::new("https://example.com/no").unwrap());
    let card = |buttons| {
        let text = "### Deploy 4 to prod\\*?\n\n- fix #1";
        let message = Message::action_card("Deploy 4?", text, Buttons::Several(buttons));
        let Message::ActionCard(mut card) = message else { unreachable!() };
        card.horizontal = true;
        Message::ActionCard(card)
    };
    assert_eq!(deploy(None).message().unwrap(), card(vec![yes.clone(), docs.clone()]));
    let reject = Url::new("https://example.com/no").unwrap();
    assert_eq!(deploy(Some(reject)).message().unwrap(), card(vec![yes, docs, no]));
}

#[derive(Notification)]
#[dingtalk(action_card(title = "{title}", text = "{title}", button("Open", url = "{page}"), hide_avatar))]
struct Single {
    title: String,
    page: Option<Url>,
}

#[test]
fn a_card_with_one_button_is_a_single_button_card() {
    let page = Url::new("dingtalk://dingtalkclient/page/link?url=x").unwrap();
    let message = Single { title: "t".into(), page: Some(page) }.message().unwrap();
    let json = serde_json::to_value(WireMessage::new(message)).unwrap();
    assert_eq!(
        json["actionCard"],
        serde_json::json!({
            "title": "t", "text": "t", "singleTitle": "Open",
            "singleURL": "dingtalk://dingtalkclient/page/link?url=x", "hideAvatar": "1"
        })
    );
}

#[test]
fn every_missing_value_is_named() {
    let invalid = Single { title: " ".into(), page: None }.message().unwrap_err();
    let faults: Vec<String> = invalid.faults().iter().map(ToString::to_string).collect();
    assert_eq!(
        faults,
        [
            "the message's title must not be empty",
            "the message's text must not be empty",
            "an action card needs at least one button with a link",
        ]
    );
}

#[derive(FeedItem)]
#[dingtalk(item(title = "{headline}", url = "{page}", picture = "{picture}"))]
struct News {
    #[dingtalk(length(..=8))]
    headline: String,
    page: Url,
    picture: Option<Url>,
}

#[derive(Notification)]
#[dingtalk(feed_card(items = news))]
struct Digest {
    #[dingtalk(max_items = 3)]
    news: Vec<News>,
}

#[derive(Notification)]
#[dingtalk(action_card(
    title = "Deploy {version}?",
    text = "{lead}, deploy {version}?",
    button("Approve", url = "https://example.com/approve/{version}"),
))]
struct Decide {
    version: u32,
    #[dingtalk(at)]
    lead: Option<UserId>,
    #[dingtalk(at)]
    people: Vec<UserId>,
}

/// DingTalk documents `@userId` in the text of a card, and no `at` beside it.
#[test]
fn a_card_mentions_user_ids_in_its_text_alone() {
    let [lead, other] = ["li_si", "wang-5"].map(|id| UserId::new(id).unwrap());
    let decide = Decide { version: 7, lead: Some(lead.clone()), people: vec![lead.clone(), other.clone()] };
    let message = decide.message().unwrap();
    assert_eq!(message.mentions().unwrap().user_ids, [lead, other]);
    assert_eq!(
        serde_json::to_value(WireMessage::new(message)).unwrap(),
        serde_json::json!({
            "msgtype": "actionCard",
            "actionCard": {
                "title": "Deploy 7?",
                "text": "@li_si, deploy 7?\n\n@wang-5",
                "singleTitle": "Approve",
                "singleURL": "https://example.com/approve/7",
            },
        })
    );
    let nobody = Decide { version: 7, lead: None, people: Vec::new() };
    let Message::ActionCard(card) = nobody.message().unwrap() else { panic!("a card is a card") };
    assert_eq!((&*card.text, card.user_ids()), (", deploy 7?", &[][..]));
}

#[test]
fn a_card_mentions_at_most_fifty_people() {
    let people = |count| (0..count).map(|number| UserId::new(format!("id{number}")).unwrap()).collect();
    let decide = |count| Decide { version: 7, lead: None, people: people(count) };
    assert!(decide(50).message().is_ok());
    assert!(decide(51).message().is_err());
    let lead = UserId::new("lead").unwrap();
    assert!(Decide { lead: Some(lead), ..decide(50) }.message().is_err());
}

/// Mobile numbers and a mention of everyone are left out, not written into the text.
#[test]
fn a_card_takes_only_user_ids_from_mentions() {
    let mut mentions = Mentions::mobiles([Mobile::new("13800000000").unwrap()]);
    mentions.merge(Mentions::everybody());
    mentions.merge(Mentions::user_ids([UserId::new("a").unwrap()]));
    let button = Button::new("Open", Url::new("https://example.com").unwrap());
    let card = Message::action_card("Deploy?", "Deploy?", Buttons::Single(button)).with_mentions(mentions);
    let Message::ActionCard(ActionCard { text, .. }) = &card else { panic!("a card is a card") };
    assert_eq!(text, "Deploy?\n\n@a");
    assert_eq!(card.mentions(), Some(&Mentions::user_ids([UserId::new("a").unwrap()])));
}

fn news(headline: &str, picture: bool) -> News {
    let url = |path| Url::new(format!("https://example.com/{path}")).unwrap();
    News { headline: headline.into(), page: url("1"), picture: picture.then(|| url("1.png")) }
}

#[test]
fn a_feed_card_of_typed_items() {
    let digest = Digest { news: vec![news("一 *", true), news("two", true)] };
    let url = |path| Url::new(format!("https://example.com/{path}")).unwrap();
    let item = |title: &str| message::FeedItem::new(title, url("1"), url("1.png"));
    assert_eq!(digest.message().unwrap(), Message::feed_card([item("一 *"), item("two")]));
}

#[test]
fn faults_of_items_have_their_path() {
    let faults = |news| -> Vec<String> {
        Digest { news }.message().unwrap_err().faults().iter().map(ToString::to_string).collect()
    };
    assert_eq!(faults(vec![]), ["`news` must have 1 to 3 items, not 0"]);
    assert_eq!(
        faults(vec![news("one", true), news("much too long", false)]),
        [
            "`news[1].headline` must have at most 8 characters, not \"much too long\" (13 characters)",
            "`news[1]` has an empty picture",
        ]
    );
}

#[tokio::test]
async fn the_sandbox_accepts_them() {
    use dingtalk_core::{DeliverExt as _, Robot};

    let sandbox = Sandbox::start().await.unwrap();
    let robot = Robot::from_webhook(sandbox.webhook()).secret(sandbox.secret().unwrap()).build().unwrap();
    robot.send(&release()).await.unwrap();
    robot.send(&deploy(None)).await.unwrap();
    robot.send(&Digest { news: vec![news("one", true)] }).await.unwrap();
    assert_eq!(sandbox.accepted().len(), 3);
}

/// Ask the group to choose.
#[derive(Notification, Debug)]
#[dingtalk(
    action_card(
        title = "{question}",
        text = "{question}",
        button("All answers", url = "https://example.com"),
        buttons = answers
    ),
    tool
)]
struct Poll {
    /// The decision, in one line.
    #[dingtalk(length(1..=60))]
    question: String,
    /// Buttons below the question.
    #[dingtalk(max_items = 2)]
    answers: Vec<CardButton>,
}

fn buttons(poll: &Poll) -> Buttons {
    let Message::ActionCard(card) = poll.message().unwrap() else { unreachable!() };
    card.buttons
}

#[test]
fn buttons_from_a_field_follow_those_of_the_attribute() {
    let page = Url::new("https://example.com/2").unwrap();
    let mut poll = Poll { question: "Lunch?".into(), answers: vec![CardButton::new(" a\nb ", page.clone())] };
    let all = Button::new("All answers", Url::new("https://example.com").unwrap());
    assert_eq!(buttons(&poll), Buttons::Several(vec![all.clone(), Button::new("a b", page)]));
    poll.answers.clear();
    assert_eq!(buttons(&poll), Buttons::Single(all));
}

#[test]
fn an_agent_gives_buttons_as_objects() {
    let schema = input_schema(tools![Poll]);
    assert_eq!(schema["properties"]["answers"]["items"]["required"], serde_json::json!(["label", "url"]));
    let arguments = serde_json::json!({"question": "Lunch?", "answers": [
        {"label": "", "url": "https://example.com"}, {"label": "b", "link": "https://example.com"}, {"label": "c"},
    ]});
    let faults = Poll::parse(arguments.as_object().unwrap()).unwrap_err();
    let faults: Vec<String> = faults.iter().map(ToString::to_string).collect();
    assert_eq!(
        faults,
        [
            "`answers[0].label` must have 1 to 40 characters, not \"\" (0 characters)",
            "`answers[1].link` is not a parameter; expected one of: label, url",
            "`answers[1].url` is missing: give a string",
            "`answers[2].url` is missing: give a string",
        ]
    );
    let arguments = serde_json::json!({"question": "Lunch?", "answers": [{"label": "x".repeat(40), "url": "https://e.com"}]});
    let poll = Poll::parse(arguments.as_object().unwrap()).unwrap();
    assert_eq!(poll.answers[0].url.as_str(), "https://e.com");
}

#[test]
fn every_button_of_a_field_is_checked() {
    let page = Url::new("https://example.com").unwrap();
    let answers = ["", "fine", &"x".repeat(41)].map(|label| CardButton::new(label, page.clone())).to_vec();
    let invalid = Poll { question: "Lunch?".into(), answers }.message().unwrap_err();
    let paths: Vec<&str> = invalid.faults().iter().map(|fault| &*fault.path).collect();
    assert_eq!(paths, ["answers", "answers[0].label", "answers[2].label"]);
}
