//! Result of a delivery, fault by fault: written into `docs/delivery.md` with `UPDATE_EXPECT=1`, compared
//! otherwise.

#![allow(clippy::unwrap_used, reason = "a broken set-up is a failed test")]

mod canary;

use std::{
    env, fs,
    net::TcpListener,
    path::{Path, PathBuf},
    time::{Duration, SystemTime},
};

use canary::{SECRET, TOKEN, assert_error_silent, assert_silent, log_everything};
use dingtalk_core::{
    DeliverExt as _, Error, ErrorKind, Message, Receipt, Robot,
    delivery::{Guarantee, Pace, RobotBuilder},
};
use dingtalk_sandbox::{Fault, RobotConfig, Sandbox};

/// Kind of a fault.
#[derive(Clone)]
enum Trouble {
    Fault(Fault),
    /// No server reads requests there.
    Nowhere(String),
    /// The settings of the robot are wrong.
    Settings(fn(RobotBuilder) -> RobotBuilder),
    /// Another sender has used up the robot's minute.
    MinuteUsedUp,
}

use Trouble::{MinuteUsedUp, Nowhere, Settings};

/// One row: the fault in words, and the fault itself.
struct Row {
    words: &'static str,
    trouble: Trouble,
}

fn fault(words: &'static str, fault: Fault) -> Row {
    Row { words, trouble: Trouble::Fault(fault) }
}

fn accepted(words: &'static str, then: Fault) -> Row {
    fault(words, Fault::AcceptThen(Box::new(then)))
}

fn reply(words: &'static str, body: &str) -> Row {
    fault(words, Fault::Reply(body.to_owned()))
}

fn code(words: &'static str, code: i64, message: &str) -> Row {
    reply(words, &serde_json::json!({"errcode": code, "errmsg": message}).to_string())
}

fn rows() -> Vec<Row> {
    let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let row = |words, trouble| Row { words, trouble };
    vec![
        row("connection refused", Nowhere(format!("http://{closed}"))),
        // The name is reserved for never being resolved (RFC 2606).
        row("name not resolved", Nowhere("https://robot.invalid".to_owned())),
        row("server without TLS", Nowhere("https".to_owned())),
        fault("reset before the request is read", Fault::ResetOnConnect),
        fault("reset after the request was read", Fault::ResetBeforeAnswer),
        fault("reset after the message was accepted", Fault::AcceptThenReset),
        fault("silence", Fault::Hang),
        fault("silence after the message was accepted", Fault::AcceptThenHang),
        fault("accepted, answered one byte a second", Fault::SlowAnswer),
        fault("incomplete answer", Fault::Truncate),
        accepted("accepted, incomplete answer", Fault::Truncate),
        fault("bytes that are not HTTP", Fault::Garbage(b"\x16\x03\x01 hello".to_vec())),
        fault("endless answer", Fault::Huge),
        fault("accepted, compressed answer", Fault::Gzip),
        reply("broken JSON", "{\"errcode\":0"),
        reply("JSON without errcode", "{\"errmsg\":\"ok\"}"),
        accepted("accepted, HTTP 502", Fault::Status(502)),
        fault("HTTP 502", Fault::Status(502)),
        fault("HTTP 404", Fault::Status(404)),
        fault("HTTP 429", Fault::Status(429)),
        fault("HTTP 302 to a page that says ok", Fault::Redirect),
        fault("a web page with HTTP 200", Fault::Html),
        accepted("accepted, a web page with HTTP 200", Fault::Html),
        reply("`status` 1111 without errcode", r#"{"status":1111,"wait":5,"source":"x5","punish":"deny"}"#),
        accepted("accepted, errcode \"0\" as a string", Fault::Reply("{\"errcode\":\"0\"}".to_owned())),
        code("-1", -1, "系统繁忙"),
        code("500100", 500_100, "系统异常，请稍后再试"),
        code("90018", 90_018, ""),
        code("130101", 130_101, "send too fast, exceed 20 times per minute"),
        code("410100", 410_100, "发送速度太快而限流"),
        row("130101 and a block, minute used up by others", MinuteUsedUp),
        code("90030", 90_030, "webhook over limit"),
        row(
            "310000, local clock two hours slow",
            Settings(|robot| robot.clock(|| SystemTime::now() - Duration::from_secs(7200))),
        ),
        row("310000, wrong secret", Settings(|robot| robot.secret("SECanother"))),
        code("310000 keyword", 310_000, "keywords not in content"),
        code(
            "310000 signature, in Chinese",
            310_000,
            "description:机器人发送签名不匹配;solution:请确认签名和生成签名的时间戳必须都放在调用的网址中;",
        ),
        code(
            "310000 address, newer English",
            310_000,
            "ip 203.0.113.7 not in whitelist, more: [https://ding-doc.dingtalk.com/doc#/serverapi2/qf2nxq]",
        ),
        code("310000 with an unknown wording", 310_000, "?"),
        code("300001 token", 300_001, "token is not exist"),
        code("300005 token", 300_005, "token is not exist"),
        code("400101", 400_101, "access_token不存在"),
        code("400102", 400_102, "机器人已停用"),
        code("400106", 400_106, "机器人不存在"),
        code("400013", 400_013, "群已被解散"),
        code("400105", 400_105, "不支持的消息类型"),
        code("400402", 400_402, "miss param : markdown->title"),
        code("40035", 40_035, "缺少参数 json"),
        code("43004", 43_004, "无效的HTTP HEADER Content-Type"),
        code("460101", 460_101, "message too long, exceed 20000 bytes"),
        code("101002", 101_002, "message is too long"),
        code("430101", 430_101, "不安全的外链"),
        code("an unknown code", 123_456, "?"),
    ]
}

/// Frequency of the fault, and the robot's guarantee.
#[derive(Clone, Copy, PartialEq)]
enum Case {
    Once,
    Always,
    /// Always, with a robot that retries nothing that may have arrived. The server does not recognise duplicates.
    AtMostOnce,
}

fn robot(base_url: &str) -> RobotBuilder {
    Robot::builder(TOKEN)
        .secret(SECRET)
        .base_url(base_url)
        .name("ops")
        .backoff(Duration::from_millis(1), Duration::from_millis(1))
}

/// Sends through a robot with this fault, and returns one cell of the table.
async fn cell(trouble: Trouble, case: Case) -> String {
    let rate = if matches!(trouble, MinuteUsedUp) { Some(1) } else { None };
    let sandbox = Sandbox::builder()
        .robot(RobotConfig::new(TOKEN).secret(SECRET))
        .rate_per_minute(rate)
        .deduplicate(case != Case::AtMostOnce)
        .start()
        .await
        .unwrap();
    let base_url = sandbox.base_url();
    let mut ours = robot(&base_url);
    if case == Case::AtMostOnce {
        ours = ours.guarantee(Guarantee::AtMostOnce);
    }
    match &trouble {
        Nowhere(_) | Settings(_) | MinuteUsedUp if case == Case::Once => return "–".to_owned(),
        Nowhere(address) if address == "https" => ours = ours.base_url(base_url.replace("http:", "https:")),
        Nowhere(address) => ours = ours.base_url(address),
        Settings(set) => ours = set(ours),
        MinuteUsedUp => {
            robot(&base_url).build().unwrap().send(&Message::text("another program's")).await.unwrap();
        }
        Trouble::Fault(fault) => {
            if matches!(fault, Fault::Hang | Fault::AcceptThenHang | Fault::SlowAnswer) {
                ours = ours.timeout(Duration::from_secs(2));
            }
            match case {
                Case::Once => sandbox.fault_next(1, fault.clone()),
                Case::Always | Case::AtMostOnce => sandbox.fault(fault.clone()),
            }
        }
    }
    let before = (sandbox.requests(), sandbox.accepted().len());
    let ours = ours.build().unwrap();
    let result = ours.send(&Message::text("hello")).await;
    let requests = sandbox.requests() - before.0;
    let shown = sandbox.accepted().len() - before.1;
    check(&result, requests, shown, case);
    assert_eq!(sandbox.redirects_followed(), 0);
    assert_silent(&format!("{ours:?} {ours:#?} {result:?}"));
    match result {
        Ok(_) => format!("delivered · {requests} · {shown}"),
        Err(error) => {
            if error.retry_after().is_some() {
                rests(&ours, &sandbox).await;
            }
            format!("`{:?}` · {requests} · {shown}", error.kind())
        }
    }
}

/// Properties of the result of every fault.
fn check(result: &Result<Receipt, Error>, requests: u64, shown: usize, case: Case) {
    assert!(shown <= 1, "the group sees a message twice");
    match result {
        Ok(receipt) => {
            assert_eq!(shown, 1, "delivered, and not in the group");
            assert_eq!(u64::from(receipt.attempts), requests);
        }
        Err(error) => {
            assert_error_silent(error);
            assert!(shown == 0 || error.kind() == ErrorKind::Unknown, "in the group, and called {error}");
            assert!(requests == 0 || u64::from(error.attempts()) == requests, "{error:?}");
            assert!(case != Case::AtMostOnce || error.kind() != ErrorKind::Unknown || requests == 1);
        }
    }
}

/// A robot that rests makes no request for another message.
async fn rests(robot: &Robot, sandbox: &Sandbox) {
    let before = sandbox.requests();
    let error = robot.send(&Message::text("again")).await.unwrap_err();
    let resting = [ErrorKind::Throttled, ErrorKind::AddressBlocked, ErrorKind::QuotaExhausted];
    assert!(resting.contains(&error.kind()) && error.attempts() == 0, "{error}");
    assert_eq!(sandbox.requests(), before);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_table_of_faults() {
    let log = log_everything();
    // All rows concurrently: most of the time they wait for silence to end.
    let tasks: Vec<_> = rows()
        .into_iter()
        .map(|Row { words, trouble }| {
            let cells = [Case::Once, Case::Always, Case::AtMostOnce]
                .map(|case| tokio::spawn(cell(trouble.clone(), case)));
            (words, cells)
        })
        .collect();
    let mut table = String::from("| fault | once | always | always, `AtMostOnce` |\n|---|---|---|---|\n");
    for (words, cells) in tasks {
        table.push_str(&format!("| {words} |"));
        for cell in cells {
            table.push_str(&format!(" {} |", cell.await.unwrap_or_else(|error| panic!("{words}: {error}"))));
        }
        table.push('\n');
    }
    compare("fault table", &table);
    assert_silent(&log.text());
    assert!(log.text().contains("TRACE"), "the log was not at TRACE");
}

/// Compares a section of `docs/delivery.md` with the expected text, or writes it.
fn compare(part: &str, expected: &str) {
    let path: PathBuf = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/delivery.md");
    let page = fs::read_to_string(&path).unwrap();
    let (begin, end) = (format!("<!-- {part}: begin -->\n\n"), format!("\n<!-- {part}: end -->"));
    let (before, rest) = page.split_once(&begin).unwrap();
    let (found, after) = rest.split_once(&end).unwrap();
    if env::var_os("UPDATE_EXPECT").is_some() {
        fs::write(&path, format!("{before}{begin}{expected}{end}{after}")).unwrap();
    } else {
        assert_eq!(found, expected, "run this test with UPDATE_EXPECT=1 and read what has changed");
    }
}

#[tokio::test]
async fn the_clock_error_states_the_deviation() {
    for (clock, words) in [
        ((|| SystemTime::now() - Duration::from_secs(7205)) as fn() -> SystemTime, "2 h behind"),
        (|| SystemTime::now() + Duration::from_secs(4 * 86_400 + 5), "4 d ahead of"),
    ] {
        let sandbox = Sandbox::builder().robot(RobotConfig::new(TOKEN).secret(SECRET)).start().await.unwrap();
        let robot = robot(&sandbox.base_url()).clock(clock).build().unwrap();
        let error = robot.send(&Message::text("hello")).await.unwrap_err();
        assert_eq!((error.kind(), error.attempts()), (ErrorKind::Clock, 2));
        assert!(
            error.to_string().contains(&format!("this machine's clock is {words} DingTalk's")),
            "{error}"
        );
    }
}

/// Robots with the default pauses outlast a gateway that fails for three seconds, or that nobody reaches.
#[tokio::test]
async fn a_gateway_that_is_down_for_three_seconds_loses_nothing() {
    const DOWN: Duration = Duration::from_secs(3);
    let robot = |base_url: &str| Robot::builder(TOKEN).secret(SECRET).base_url(base_url).build().unwrap();
    let gateway = || Sandbox::builder().robot(RobotConfig::new(TOKEN).secret(SECRET));

    let failing = gateway().start().await.unwrap();
    failing.fault(Fault::Status(502));
    let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let (through_failing, through_absent) = (robot(&failing.base_url()), robot(&format!("http://{address}")));
    let hello = Message::text("hello");
    let sends = async { tokio::join!(through_failing.send(&hello), through_absent.send(&hello)) };
    let repair = async {
        tokio::time::sleep(DOWN).await;
        failing.heal();
        gateway().port(address.port()).start().await.unwrap()
    };
    let ((failed, absent), repaired) = tokio::join!(sends, repair);
    for (receipt, sandbox) in [(failed.unwrap(), &failing), (absent.unwrap(), &repaired)] {
        assert!(receipt.attempts > 1);
        assert_eq!(sandbox.accepted().len(), 1);
    }
}

/// The sandbox blocks a robot that sends more than its limit in 60 seconds: a paced robot is never blocked.
#[tokio::test]
async fn a_burst_is_never_blocked() {
    let sandbox = Sandbox::builder().robot(RobotConfig::new(TOKEN).secret(SECRET)).start().await.unwrap();
    let robot = robot(&sandbox.base_url()).pace(Pace::new().max_wait(Duration::ZERO)).build().unwrap();
    let mut delivered = 0;
    for _ in 0..30 {
        match robot.send(&Message::text("hello")).await {
            Ok(_) => delivered += 1,
            Err(error) => assert_eq!(error.kind(), ErrorKind::RateLimited),
        }
    }
    assert_eq!((delivered, sandbox.requests()), (18, 18));
    assert!(sandbox.log().iter().all(|entry| entry.refusal().is_none()));
}

#[test]
fn a_panic_shows_no_secret() {
    let (say, heard) = std::sync::mpsc::channel();
    let before = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |info| drop(say.send(info.to_string()))));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let robot = robot("http://127.0.0.1:9").clock(|| panic!("the clock is broken")).build().unwrap();
    let panicked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        runtime.block_on(robot.send(&Message::text("hello")))
    }));
    std::panic::set_hook(before);
    assert!(panicked.is_err());
    let heard: String = heard.try_iter().collect();
    assert!(heard.contains("the clock is broken"));
    assert_silent(&heard);
}
