//! The sandbox in tests of a Rust program.

use dingtalk_core::{DeliverExt as _, ErrorKind, Message, delivery::Pace};
use dingtalk_sandbox::{Fault, FaultRule, RobotConfig, Sandbox};

async fn two_robots() -> Sandbox {
    let ops = RobotConfig::random().name("ops");
    let dev = RobotConfig::random().name("dev").keyword("dev").quota(1);
    Sandbox::builder().robot(ops).robot(dev).start().await.expect("a sandbox")
}

#[tokio::test]
async fn a_ready_robot_for_each_name() {
    let sandbox = two_robots().await;
    sandbox.robot("ops").send(&Message::text("one")).await.unwrap();
    let dev = sandbox.robot("dev");
    dev.send(&Message::text("dev: two")).await.unwrap();
    sandbox.expect(&[&Message::text("one"), &Message::text("dev: two")]);
    let robots: Vec<_> = sandbox.log().into_iter().map(|entry| entry.robot.unwrap()).collect();
    assert_eq!(robots, ["ops", "dev"]);
    let full = dev.send(&Message::text("dev: three")).await.unwrap_err();
    assert_eq!(full.kind(), ErrorKind::QuotaExhausted);
}

#[tokio::test]
#[should_panic(expected = "has no robot \"opps\", but [\"ops\", \"dev\"]")]
async fn an_unknown_robot_is_named() {
    let _ = two_robots().await.robot("opps");
}

#[tokio::test]
#[should_panic(expected = "- text.content: two\n  + text.content: one")]
async fn a_difference_is_shown() {
    let sandbox = two_robots().await;
    sandbox.robot("ops").send(&Message::text("one")).await.unwrap();
    sandbox.expect(&[&Message::text("two")]);
}

#[tokio::test]
async fn an_address_that_is_not_listed_is_refused() {
    let robot = RobotConfig::random().name("ops").address([10, 0, 0, 1]);
    let sandbox = Sandbox::builder().robot(robot).start().await.unwrap();
    let refused = sandbox.robot("ops").send(&Message::text("x")).await.unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::IpNotAllowed);
    let listed = RobotConfig::random().name("ops").address([127, 0, 0, 1]);
    let sandbox = Sandbox::builder().robot(listed).start().await.unwrap();
    sandbox.robot("ops").send(&Message::text("x")).await.unwrap();
}

#[tokio::test]
async fn the_same_seed_injects_the_same_faults() {
    let run = async |seed| {
        let sandbox = Sandbox::builder().robot(RobotConfig::random().name("ops")).rate_per_minute(None);
        let sandbox = sandbox.start().await.unwrap();
        sandbox.fault_rule(FaultRule::by_chance(0.5, seed, Fault::Reply("{\"errcode\":400102}".to_owned())));
        let robot = sandbox.robot("ops");
        for n in 0..24 {
            let _ = robot.send(&Message::text(n.to_string())).await;
        }
        sandbox.log().iter().map(|entry| entry.fault.is_some()).collect::<Vec<_>>()
    };
    let first = run(1).await;
    assert_eq!(first, run(1).await);
    assert!(first.contains(&true) && first.contains(&false), "{first:?}");
    assert_ne!(first, run(2).await);
}

#[tokio::test]
async fn a_block_is_ended_by_the_test() {
    let sandbox = Sandbox::builder().robot(RobotConfig::random().name("ops")).rate_per_minute(Some(1));
    let sandbox = sandbox.start().await.unwrap();
    let robot = sandbox.robot_builder("ops").pace(None::<Pace>).attempts(1).build().unwrap();
    robot.send(&Message::text("1")).await.unwrap();
    assert_eq!(robot.send(&Message::text("2")).await.unwrap_err().kind(), ErrorKind::Throttled);
    assert!(sandbox.unblock("ops"));
    robot.send(&Message::text("3")).await.unwrap();
}

/// Twenty sandboxes at once, each with a robot of the same name and token.
#[tokio::test(flavor = "multi_thread")]
async fn parallel_sandboxes_do_not_see_each_other() {
    let one = async |n: usize| {
        let sandbox = Sandbox::builder().robot(RobotConfig::development("ops")).start().await.unwrap();
        let is_faulty = n.is_multiple_of(2);
        if is_faulty {
            sandbox.fault(Fault::Throttle);
        }
        let text = Message::text(format!("only {n}"));
        let sent = sandbox.robot("ops").send(&text).await;
        assert_ne!(sent.is_ok(), is_faulty);
        if is_faulty { sandbox.expect(&[]) } else { sandbox.expect(&[&text]) }
    };
    let mut tasks = tokio::task::JoinSet::new();
    for n in 0..20 {
        tasks.spawn(one(n));
    }
    while let Some(done) = tasks.join_next().await {
        done.unwrap();
    }
}
