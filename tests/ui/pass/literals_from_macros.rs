//! Types, literals and bounds that a `macro_rules!` passes on.

use dingtalk_core::Notification;

macro_rules! notification {
    ($name:ident, $title:literal, $text:expr, $line:literal, $most:literal, $list:ty, $maybe:ty, $flag:ty) => {
        #[derive(Notification)]
        #[dingtalk(markdown(title = $title, text = $text))]
        struct $name {
            host: String,
            #[dingtalk(line = $line, length(..=$most), max_items = $most)]
            notes: $list,
            #[dingtalk(line = $line)]
            reason: $maybe,
            #[dingtalk(line = "now")]
            urgent: $flag,
        }
    };
}

notification!(
    HostDown,
    "{host} is down",
    "{host}\n{notes}\n{reason}\n{urgent}",
    "- {}",
    9,
    Vec<String>,
    Option<&'static str>,
    bool
);

#[test]
fn they_mean_the_same() {
    let down = HostDown {
        host: "web-3".into(),
        notes: vec!["a".into(), "b".into()],
        reason: Some("c"),
        urgent: true,
    };
    assert_eq!(super::body(&down), "web-3 is down\n---\nweb-3\n\n- a\n- b\n- c\n\nnow");
    let too_long = HostDown { notes: vec!["0123456789".into()], ..down };
    assert!(too_long.message().is_err());
}
