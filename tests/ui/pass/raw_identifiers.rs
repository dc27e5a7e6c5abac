//! Keywords as names.

use dingtalk_core::{Notification, tool::Tool};

/// Tell people what changed.
#[derive(Notification)]
#[dingtalk(text("{type} {match:04}\n{fn}"), tool, rename_all = "camelCase")]
struct r#Enum {
    /// Changed item, for example `config`.
    #[dingtalk(length(..=64))]
    r#type: String,
    /// Number of matching lines, for example 3.
    r#match: u32,
    /// The function that it concerns, for example `main`.
    #[dingtalk(line = "in {}", length(..=64))]
    r#fn: Option<String>,
    #[dingtalk(skip)]
    _dyn: u8,
}

#[expect(non_camel_case_types, reason = "a keyword is lower case")]
mod keyword {
    use super::{Notification, Tool};

    /// Tell people about an async job.
    #[derive(Notification)]
    #[dingtalk(text("{job}"), tool)]
    pub(super) struct r#async {
        /// Name of the job, for example `backup`.
        #[dingtalk(length(1..=64))]
        pub(super) job: String,
    }

    #[test]
    fn the_name_of_a_type_has_no_prefix() {
        assert_eq!(r#async::NAME, "send_async");
        assert_eq!(r#async::SPEC.title, "async");
        let invalid = r#async { job: String::new() }.message().unwrap_err();
        assert!(invalid.to_string().contains("async"), "{invalid}");
        assert!(!invalid.to_string().contains("r#"), "{invalid}");
    }
}

#[test]
fn templates_and_parameters_have_no_prefix() {
    let change = Enum { r#type: "config".into(), r#match: 3, r#fn: Some("main".into()), _dyn: 0 };
    assert_eq!(super::body(&change), "config 0003\nin main");
    let names: Vec<&str> = Enum::SPEC.parameters.iter().map(|parameter| parameter.field.name).collect();
    assert_eq!(names, ["type", "match", "fn"]);
}
