//! The help in Chinese. The English texts are beside the declarations of commands and options; the tests of
//! `command_line` find texts without Chinese.

use clap::{Arg, Command};

use super::send::FIELD;
use crate::settings::table;

/// The texts by position: the path of commands, and an option, a `<VALUE>`, or the end of the page.
///
/// An option of several commands has one text, at the command above them.
pub(super) const TEXTS: &[Entry] = &[
    ("--help", "显示帮助"),
    ("--version", "显示版本"),
    ("help", "显示本帮助，或某个子命令的帮助"),
    // Serving.
    ("--dry-run", table::DRY_RUN.chinese),
    ("--state-dir", table::STATE_DIR.chinese),
    ("--no-state", table::NO_STATE.chinese),
    ("--queue", table::QUEUE.chinese),
    ("--tools", table::TOOLS.chinese),
    ("--tool-prefix", table::TOOL_PREFIX.chinese),
    ("--time-zone", table::TIME_ZONE.chinese),
    ("--config", table::CONFIG.chinese),
    ("--http", "在这个地址上通过 Streamable HTTP 提供服务，例如 127.0.0.1:8100；路径为 /mcp"),
    ("--allow-host", table::HTTP_HOSTS.chinese),
    ("--allow-origin", table::HTTP_ORIGINS.chinese),
    ("--path-prefix", table::HTTP_PATH_PREFIX.chinese),
    ("--admin", table::HTTP_ADMIN.chinese),
    ("--drain-delay", table::HTTP_DRAIN_DELAY.chinese),
    ("--stateless", "不保存会话，供负载均衡后面的多台服务器使用"),
    ("--relay", "同时接收其他程序的通知和 webhook，与 `relay` 相同"),
    ("serve", "通过标准输入输出或 HTTP 提供 MCP 服务"),
    (
        "serve (end)",
        "\
示例：
  {program} serve --dry-run
  {program} serve --config robots.toml --http 127.0.0.1:8100

机器人、密钥以及其他设置由环境变量给出，见 `{program} --help`。",
    ),
    // Sending.
    ("send", "向群里发送一条消息"),
    (
        "send --sheet",
        "改为向这个机器人发送每种格式各一条消息，供拍照对比钉钉的显示：最多 15 条；先说明用量再询问",
    ),
    ("send --yes", "与 --sheet 一起使用：不询问"),
    ("send --pause", "与 --sheet 一起使用：两条消息之间的间隔，例如 3s"),
    ("send --robot", "由配置文件里的这个机器人发送"),
    ("send --id", "消息的标识：用同样的命令再次发送时，如果已送达就不再发送，否则用同一个消息 ID 重发"),
    ("send --at", "按手机号或配置文件里的名字 @ 人；多个用逗号分隔"),
    ("send --at-user", "按用户 ID @ 人；多个用逗号分隔"),
    ("send <TEXT>", "文本，或用 `@FILE` 从文件读取；省略或写 `-` 时从标准输入读取"),
    ("send --file", "从这个文件读取文本"),
    ("send --at-all", "@所有人"),
    ("send --queue", "存入队列，由正在运行的 `outbox run` 发送"),
    (
        "send --detach",
        "与 --queue 一起使用：在后台启动一个负责发送的进程，发完退出；已有这样的进程时不再启动",
    ),
    ("send --wait", "最多等待名额多久，例如 90s、2m 或 1h30m"),
    (
        "send --overflow",
        "超过 20,000 字节的消息怎样处理：拒绝、截短，或分成带编号的几条；默认按配置文件对机器人的设置",
    ),
    ("send --json", "以 JSON 输出发送结果"),
    ("send text", "纯文本"),
    ("send markdown", "Markdown"),
    ("send markdown --title", "标题，显示在会话列表里"),
    ("send link", "一个可以点开的网页链接"),
    ("send link --title", "标题"),
    ("send link --url", "要打开的网页"),
    ("send link --picture", "标题旁边的图片"),
    ("send action-card", "带按钮的 Markdown 卡片"),
    ("send action-card --title", "标题，显示在会话列表里"),
    ("send action-card --button", "按钮，写成 LABEL=URL（文字=链接）；可多次指定"),
    ("send feed-card", "多条带图片的链接"),
    ("send feed-card --item", "一条链接：标题、网页和图片；可多次指定"),
    (
        "send (end)",
        "\
示例：
  {program} send text \"磁盘已满\" --at 13800000000
  {program} send markdown --title \"每晚报告\" < report.md
  {program} send text \"备份完成\" --id backup-2026-11-29
  {program} send text \"磁盘已满\" --queue --detach
  {program} send disk_alert --host db-1 --percent 97 --config robots.toml

配置文件里声明的通知也是子命令：都列在上面，各有自己的 --help。

退出码：
  0  钉钉已接收消息，现在或以前用同一个 --id（或试运行已显示请求，或已用 --queue 存入队列）
  1  设置、文件或输入输出出错；原因见标准错误输出
  2  消息或参数有误；没有发送
  3  机器人设置有误，或没有进程负责发送 --queue 的消息；群里没有收到
  4  钉钉拒收；群里没有收到
  5  发得太频繁、当月调用次数已用完，或队列已满；群里没有收到
  6  连不上钉钉；没有发送
  7  可能已经送达：用同一个 --id 重新运行，否则重发之前先到群里看一眼
  130  等待时被中断；没有发送",
    ),
    // Other commands.
    ("check", "检查每个机器人，并说明如何修正；不发送任何消息"),
    ("check --robot", "只检查配置文件里的这个机器人"),
    ("check --send", "用每个机器人发送一条简短消息：access token、加签、关键词和 IP 地址只有这样才能确认"),
    ("check --json", "以 JSON 输出检查结果"),
    (
        "check (end)",
        "\
退出码：没有问题时为 0；否则以第一个问题为准，与 `{program} send` 的退出码相同：设置和时间为 3，连不上服务器为 6。",
    ),
    ("outbox", "发送和管理队列里的通知"),
    ("outbox run", "发送队列里的通知，收到信号时结束"),
    ("outbox run --drain", "这些机器人没有待发的通知时退出"),
    ("outbox run --detach", "在后台启动一个进程，没有待发的通知时退出；已有这样的进程时不再启动"),
    ("outbox run --detached", "就是这个进程"),
    (
        "outbox run --admin",
        "在这个地址提供 /healthz、/readyz 和 /metrics，例如 127.0.0.1:9100；从其他机器访问需要令牌",
    ),
    ("outbox list", "列出队列里的通知，不含内容"),
    ("outbox list --dead", "改为列出死信，即已放弃的通知"),
    ("outbox list --robot", "只列出配置文件里这个机器人的"),
    ("outbox list --limit", "最多列出多少条"),
    ("outbox list --full", "显示消息内容和完整的手机号"),
    ("outbox list --json", "以 JSON 输出"),
    ("outbox show", "显示一条通知的状态和原因"),
    ("outbox show <ID>", "通知的编号"),
    ("outbox show --full", "显示消息内容和完整的手机号"),
    ("outbox show --json", "以 JSON 输出"),
    ("outbox retry", "把死信放回队列"),
    ("outbox retry <ID>", "死信的编号"),
    ("outbox retry --json", "以 JSON 输出结果"),
    ("outbox drop", "永久删除通知，不再发送"),
    ("outbox drop <ID>", "通知、合并消息或死信的编号"),
    ("outbox drop --yes", "不询问"),
    ("outbox drop --json", "以 JSON 输出结果"),
    ("outbox purge", "永久删除较早的死信"),
    ("outbox purge --older-than", "死信至少已有多久，例如 12h 或 7d"),
    ("outbox purge --json", "以 JSON 输出条数"),
    ("outbox stats", "统计每个机器人的通知，并列出正在发送的进程"),
    ("outbox stats --json", "以 JSON 输出"),
    ("status", "显示每个机器人的频率、停发和当月计数，由本机各进程共享"),
    ("status --json", "以 JSON 输出"),
    ("state", "准备 PostgreSQL 数据库，供多台机器上的程序共享状态"),
    ("state sql", "打印建表或升级表的 SQL，由有权限的人执行"),
    ("state sql --schema", "表所在的 schema；默认用配置文件里的，否则为 `dingtalk`"),
    ("state sql --program-role", "使用这些表但不建表的程序的角色：同时打印它的授权；可多次指定"),
    ("state sql --enqueue-role", "只能添加通知的角色：同时打印它的授权；可多次指定"),
    ("tools", "打印客户端收到的工具定义"),
    ("tools --json", "以 JSON 输出：`tools/list` 的应答，或 `--lint` 的结果"),
    ("tools --lint", "只列出对定义的改进建议；只要有建议，退出码即为 1"),
    ("tools --render", "只显示一个通知的消息：名称后面写各字段，与 `send NAME` 相同；不写字段时显示示例"),
    ("relay", "通过 HTTP 接收其他程序的通知和 webhook，并负责发送"),
    ("relay --http", "在此地址接收通知，例如 127.0.0.1:8060"),
    ("relay preset", "列出或打印常见程序的预设"),
    ("relay preset list", "列出预设，以及录制过 payload 的版本"),
    ("relay preset show", "打印一个预设，格式与配置文件相同"),
    ("relay preset show <NAME>", "预设的名称，例如 grafana"),
    ("relay preset show --lang", "文字的语言；默认与本程序相同"),
    ("relay try", "显示 payload 会变成什么消息；不发送"),
    ("relay try <PAYLOAD>", "payload 的 JSON 文件；`-` 表示标准输入"),
    ("relay try --source", "配置文件里的 hook 或预设；默认为唯一的 hook"),
    ("relay try --header", "请求头，例如 'X-GitHub-Event: push'；可多次指定"),
    ("relay try --json", "以 JSON 输出"),
    ("relay check", "检查配置文件里的 hooks，并用录制的 payload 试验"),
    ("relay check --samples", "打印完整的消息，而不只是第一行"),
    ("relay token", "生成一个新的调用方 token"),
    ("hook", "把编程助手的状态告诉群里的人；由编程助手的 hook 调用"),
    ("hook <AGENT>", "调用本命令的编程助手"),
    ("hook <EVENT>", "JSON 格式的事件，Codex 以参数传入；默认从标准输入读取"),
    ("hook --try", "由人运行：报告结果，没有时间限制"),
    ("hook --dry-run", "与 --try 一起使用：只显示消息，不排队"),
    ("hook --install", "打印编程助手调用本命令所需的设置"),
    ("hook --write", "与 --install 一起使用：把设置写入编程助手的文件"),
    ("hook --uninstall", "从编程助手的文件里删除 --install --write 写入的内容"),
    ("hook --settings-file", "编程助手的设置文件，默认为 ~/.claude/settings.json 或 ~/.codex/hooks.json"),
    ("hook --show", "消息显示命令的哪一部分"),
    ("hook --after", "过了这段时间仍需要人处理才发送，例如 60s；会话之后的事件会取消它"),
    ("hook --per-minute", "一个项目每分钟最多几条消息；其余的在下一条里计数"),
    ("hook --robot", "使用配置文件里的这个机器人"),
    ("preview", "把所有通知写成一个网页，展示桌面端与手机端的样子"),
    ("preview --output", "要写入的 HTML 文件"),
    ("preview --outline", "改为写出消息的文本与结构，供测试比较"),
    ("sandbox", "在本机启动一个带聊天页面的机器人，代替钉钉接收消息"),
    ("sandbox --port", "127.0.0.1 上的端口；0 表示任选一个空闲端口"),
    ("sandbox --robots", "机器人的名称，以逗号分隔"),
    ("sandbox --token", "access_token；每个机器人一个，按顺序多次指定；默认是公开的开发用 token"),
    (
        "sandbox --secret",
        "加签密钥；每个机器人一个，按顺序多次指定；写空字符串表示不加签；默认是公开的开发用密钥",
    ),
    ("sandbox --keyword", "每个机器人的自定义关键词；可多次指定"),
    ("sandbox --address", "每个机器人只接受来自此 IP 地址的请求；可多次指定；默认不限"),
    ("sandbox --quota", "到沙箱结束为止每个机器人接受的消息数，相当于月额度"),
    ("sandbox --rate", "每个机器人每分钟接受的消息数；0 表示不限"),
    ("sandbox --window", "频率的“一分钟”：任意 60 秒（sliding），或逐分钟计数（fixed）"),
    ("sandbox --block-seconds", "发送过快的机器人被限流的秒数"),
    (
        "sandbox --fault",
        "请求遇到的故障，例如 throttle、status:502*3、hang@0.1，或带种子的 hang@0.1/7；可多次指定",
    ),
    ("sandbox --person", "群成员的姓名，显示在手机号或用户 ID 的位置，例如 13800000000=李四；可多次指定"),
    ("sandbox --config", "配置文件：提供人员姓名，以及 `--release` 的机器人"),
    ("sandbox --tail", "在终端里实时显示收到的消息和拒绝"),
    ("sandbox --release", "允许从页面把消息发给这个真实的机器人；发送前会显示目标和 @ 的人"),
    ("demo", "向沙箱群发送示例消息，其中一部分经由 MCP 客户端发出"),
    ("demo --once", "发完即退出；只有全部送达，退出码才是 0"),
    ("demo --config", "发送这个配置文件里声明的通知，内容取自各自的示例"),
    ("migrate", "把 prometheus-webhook-dingtalk 的配置转换为本程序的配置"),
    ("migrate <FILE>", "prometheus-webhook-dingtalk 的配置文件，通常是 config.yml"),
    ("migrate --out", "要写入的配置文件；已有的文件不会改动"),
    ("migrate --secrets", "密钥文件的目录，每个密钥一个文件；默认为配置文件旁边的 `secrets`"),
    ("migrate --http", "relay 的地址。在回环地址上，Alertmanager 不需要令牌"),
    ("migrate --dry-run", "打印配置文件，不写入"),
    ("completions", "生成 shell 的命令行补全脚本"),
    ("completions <SHELL>", "为哪种 shell 生成"),
    (
        "(end, in short)",
        "\
示例：
  {program} demo                         不需要机器人，先看效果
  {program} send text \"磁盘已满\"          发送一条消息
  {program} check                        检查机器人哪里不对、怎样改
  {program} serve --http 127.0.0.1:8100  改用 HTTP 提供服务，不用标准输入输出",
    ),
    (
        "(end)",
        "\
退出码：
  0  完成
  1  失败；原因和处理办法见标准错误输出
  2  命令行有误
  `send` 还有别的退出码，见 `{program} send --help`",
    ),
];

/// A position, and its text.
pub(super) type Entry = (&'static str, &'static str);

/// Description of `dingtalk-notify`. Other programs have their own descriptions.
const ABOUT: &str = "MCP 服务器：向钉钉群发送通知。可以直接用现成的工具，也可以提供自己声明的通知类型";

const WITHOUT_A_COMMAND: &str = "不带子命令时，通过标准输入输出提供 MCP 服务，MCP 客户端就是这样启动它的。";

/// Translates the help of the command line into Chinese.
pub(super) fn translate(mut command: Command, name: &str, about: &'static str) -> Command {
    // Adds `--help`, `--version` and `help`.
    command.build();
    let about = if about == env!("CARGO_PKG_DESCRIPTION") { ABOUT } else { about };
    let long = format!("{}\n\n{WITHOUT_A_COMMAND}", about.trim());
    let end = |place: &str| end(place, name);
    page(command, "").about(about).long_about(long).after_help(end("(end, in short)")).mut_subcommands(
        |command| match command.get_name() {
            command_name @ ("check" | "send" | "serve") => {
                let text = end(&format!("{command_name} (end)"));
                command.after_help(text)
            }
            _ => command,
        },
    )
}

/// Returns the end of the long help, before the settings.
pub(super) fn end_of_long_help(name: &str) -> String {
    format!("{}\n\n{}", end("(end, in short)", name), end("(end)", name))
}

fn end(place: &str, name: &str) -> String {
    entry(place).map_or("", |(_, text)| text).replace("{program}", name)
}

fn page(command: Command, place: &str) -> Command {
    let mut command = command.mut_args(|arg| argument(arg, place)).mut_subcommands(|command| {
        let place = below(place, command.get_name());
        page(command, &place)
    });
    if let Some((_, about)) = found(place, None) {
        command = command.about(*about);
    }
    let template = template(&command);
    command.help_template(template)
}

/// Returns a template with Chinese headings: clap's own are English.
fn template(command: &Command) -> String {
    // clap indents the further lines of the usage by seven columns.
    let mut template = "{about-with-newline}\n用法： {usage}".to_owned();
    for (heading, list, is_there) in [
        ("命令", "subcommands", command.has_subcommands()),
        ("参数", "positionals", command.get_positionals().any(|value| !value.is_hide_set())),
        ("选项", "options", true),
    ] {
        if is_there {
            template.push_str(&format!("\n\n{heading}：\n{{{list}}}"));
        }
    }
    template + "{after-help}"
}

fn argument(arg: Arg, place: &str) -> Arg {
    // A field has the description of its notification.
    if arg.get_id().as_str().starts_with(FIELD) {
        return arg;
    }
    let Some((_, text)) = found(place, Some(&arg)) else { return arg };
    let mut text = (*text).to_owned();
    let values = |values: Vec<String>| values.join("、");
    let defaults = arg.get_default_values().iter().map(|value| value.to_string_lossy().into_owned());
    let defaults: Vec<String> = defaults.collect();
    let possible = arg.get_possible_values();
    let takes_values = arg.get_action().takes_values();
    if takes_values && !defaults.is_empty() && !arg.is_hide_default_value_set() {
        text.push_str(&format!(" [默认：{}]", values(defaults)));
    }
    if takes_values && !possible.is_empty() {
        let possible = possible.iter().map(|value| value.get_name().to_owned()).collect();
        text.push_str(&format!(" [可选：{}]", values(possible)));
    }
    // A long help would make clap spread out the whole page.
    let arg = if arg.get_long_help().is_some() { arg.long_help(text.clone()) } else { arg };
    arg.help(text).hide_default_value(true).hide_possible_values(true)
}

/// Returns the text at a position: its own, or that of a command above it.
pub(super) fn found(place: &str, arg: Option<&Arg>) -> Option<&'static Entry> {
    // `send help text` is about `send text`, and `send help` about `help`.
    let place = &if place.ends_with("help") { "help".to_owned() } else { place.replace("help ", "") };
    let Some(arg) = arg else { return entry(place) };
    let name = arg.get_long().map_or_else(|| format!("<{}>", value_name(arg)), |long| format!("--{long}"));
    let mut above = Some(place.as_str());
    while let Some(place) = above {
        if let Some(entry) = entry(&below(place, &name)) {
            return Some(entry);
        }
        above = (!place.is_empty()).then(|| place.rsplit_once(' ').map_or("", |(above, _)| above));
    }
    None
}

fn value_name(arg: &Arg) -> &str {
    arg.get_value_names().and_then(<[_]>::first).map_or("", |name| name.as_str())
}

pub(super) fn below(place: &str, name: &str) -> String {
    format!("{place} {name}").trim_start().to_owned()
}

fn entry(place: &str) -> Option<&'static Entry> {
    TEXTS.iter().find(|(known, _)| *known == place)
}
