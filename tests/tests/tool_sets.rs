//! Sets of tools that can be served together: errors of `ToolSet::new` for sets that `tools!` has not
//! rejected at compile time.

#![allow(clippy::unwrap_used, reason = "a test that cannot be set up has failed")]

use std::collections::HashMap;

use dingtalk_core::{
    Notification,
    tool::{ToolSet, ToolType},
    tools,
};
use schemars::JsonSchema;
use serde::Deserialize;

macro_rules! tool {
    ($name:ident, $documentation:literal, $($tool:tt)*) => {
        #[doc = $documentation]
        #[derive(Notification)]
        #[dingtalk(text("{host}"), tool($($tool)*))]
        struct $name {
            /// Host name as in the inventory, for example `web-3`.
            #[dingtalk(length(..=64))]
            host: String,
        }
    };
}

tool!(HostDown, "Warn that a host is down.", when = "a host does not answer", instead = DiskFull);
tool!(
    DiskFull,
    "Warn that a disk has no space left.",
    when = "a disk is full",
    not_when = "the host is down",
    instead = HostDown
);
tool!(Silent, "Say that a host is back.", title = "Host up");
tool!(SameName, "Say that a host is slow.", name = "send_host_down", when = "a host is slow");
tool!(SameTitle, "Say that a host is gone.", title = "Host down", when = "a host is gone");
tool!(SamePurpose, "Warn that a host is down.", when = "a host is offline");

fn problems<const N: usize>(tools: [ToolType; N]) -> Vec<String> {
    match ToolSet::new(tools) {
        Ok(_) => Vec::new(),
        Err(error) => {
            let problems: Vec<String> = error.problems().map(str::to_owned).collect();
            assert_eq!(error.to_string(), problems.join("; "));
            problems
        }
    }
}

/// The entry of a type without the check of `tools!`.
const fn of<T: dingtalk_core::tool::Tool>() -> ToolType {
    ToolType::of::<T>()
}

#[test]
fn distinct_tools_are_served_in_order() {
    let set = ToolSet::new(tools![DiskFull, HostDown,]).unwrap();
    let names: Vec<&str> = set.iter().map(|tool| tool.spec().name).collect();
    assert_eq!(names, ["send_disk_full", "send_host_down"]);
    assert!(set.get("send_disk_full").is_some() && set.get("send_cpu_alert").is_none());
    assert_eq!(ToolSet::new(tools![]).unwrap().iter().count(), 0);
}

#[test]
fn a_single_tool_needs_no_when() {
    assert_eq!(problems([of::<Silent>()]), [""; 0]);
}

#[test]
fn all_faults_of_a_set_are_reported() {
    assert_eq!(
        problems([
            of::<HostDown>(),
            of::<Silent>(),
            of::<SameName>(),
            of::<SameTitle>(),
            of::<SamePurpose>(),
            of::<HostDown>()
        ]),
        [
            "`send_host_down` points to `send_disk_full`, which is not in the set: add it, or remove `instead`",
            "`send_silent` does not say when to use it and not `send_host_down`: add `when = \"…\"`",
            "`send_host_down` is the name of two tools, \"Host down\" and \"Same name\": give one of them another name \
             with `name = \"…\"`",
            "`send_host_down` and `send_same_title` have the same title, \"Host down\": give one of them another title \
             with `title = \"…\"`",
            "`send_host_down` and `send_same_purpose` have the same description, \"Warn that a host is down.\": say \
             what sets them apart",
            "`send_host_down` is in the set twice: list it once",
            // The other three have the same texts, but each text is compared with its first tool alone.
            "`send_host_down` points to `send_disk_full`, which is not in the set: add it, or remove `instead`",
        ]
    );
}

/// Its documented variants become `oneOf` in schemars.
#[derive(Deserialize, JsonSchema)]
enum Level {
    /// Needs attention.
    High,
    /// Needs no attention.
    Low,
}

/// Recursive: its schema needs `$ref`.
#[derive(Deserialize, JsonSchema)]
struct Tree {
    #[allow(dead_code, reason = "only its schema matters")]
    branches: Vec<Tree>,
}

#[derive(Deserialize, JsonSchema)]
struct Range {
    #[allow(dead_code, reason = "only its schema matters")]
    end: Option<u32>,
}

macro_rules! shown {
    ($($type:ty),*) => {$(
        impl std::fmt::Display for $type {
            fn fmt(&self, _: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                Ok(())
            }
        }
    )*};
}

shown!(Level, Tree, Range, Labels);

#[derive(Deserialize, JsonSchema)]
struct Labels(#[allow(dead_code, reason = "only its schema matters")] HashMap<String, String>);

/// Warn with values of types from elsewhere.
#[derive(Notification)]
#[dingtalk(text("{level} {tree} {labels} {anything}\n{ranges}"), tool)]
struct Foreign {
    /// Urgency of the message.
    level: Level,
    /// Dependencies of the host.
    tree: Tree,
    /// Labels of the alert.
    labels: Labels,
    /// Further details.
    anything: serde_json::Value,
    /// Start and end of the route.
    #[dingtalk(line = "{}", max_items = 3)]
    ranges: Vec<Range>,
}

#[test]
fn unportable_schemas_are_named_with_their_tool_and_parameter() {
    let refused = |parameter: &str, found: &str| {
        format!(
            "the parameter `{parameter}` of `send_foreign` has {found} in its schema, which some clients refuse: use a type \
             whose schema is a plain string, number or flag"
        )
    };
    assert_eq!(
        problems(tools![Foreign]),
        [
            refused("level", "the keyword `oneOf`"),
            refused("tree", "the keyword `$ref`"),
            refused("labels", "an object that does not name its properties"),
            refused("anything", "no type"),
        ]
    );
}

macro_rules! many {
    ($($name:ident)*) => {
        $(
            #[doc = concat!("Warn that the part ", stringify!($name), " of the machine has failed.")]
            #[derive(Notification)]
            #[dingtalk(text("Failed"), tool(when = "the part has failed"))]
            struct $name;
        )*

        /// The compiler stops a check whose time grows with the square of the number of tools.
        fn many() -> Vec<ToolType> {
            tools![$($name),*].to_vec()
        }
    };
}

many! {
    T0 T1 T2 T3 T4 T5 T6 T7 T8 T9 T10 T11 T12 T13 T14 T15 T16 T17 T18 T19 T20 T21 T22 T23 T24 T25 T26 T27 T28 T29
    T30 T31 T32 T33 T34 T35 T36 T37 T38 T39 T40 T41 T42 T43 T44 T45 T46 T47 T48 T49 T50 T51 T52 T53 T54 T55 T56
    T57 T58 T59 T60 T61 T62 T63 T64 T65 T66 T67 T68 T69 T70 T71 T72 T73 T74 T75 T76 T77 T78 T79 T80 T81 T82 T83
    T84 T85 T86 T87 T88 T89 T90 T91 T92 T93 T94 T95 T96 T97 T98 T99 T100 T101 T102 T103 T104 T105 T106 T107 T108
    T109 T110 T111 T112 T113 T114 T115 T116 T117 T118 T119 T120 T121 T122 T123 T124 T125 T126 T127 T128 T129 T130
    T131 T132 T133 T134 T135 T136 T137 T138 T139 T140 T141 T142 T143 T144 T145 T146 T147 T148 T149
}

#[test]
fn a_large_set_is_checked_at_compile_time_and_at_run_time() {
    let tools = many();
    assert_eq!(ToolSet::new(tools.clone()).unwrap().iter().len(), 150);
    let repeated = tools.iter().take(2).cloned().chain(tools.clone());
    let error = ToolSet::new(repeated).unwrap_err();
    assert_eq!(
        error.problems().collect::<Vec<_>>(),
        ["`send_t0` is in the set twice: list it once", "`send_t1` is in the set twice: list it once"]
    );
}
