//! Every setting with a variable, described once: help, pages and the registry entry are made from this table.

#![cfg_attr(
    not(feature = "program"),
    allow(dead_code, reason = "only the command line and the pages describe settings")
)]

/// One setting.
#[derive(Debug)]
pub(crate) struct Setting {
    /// Environment variable.
    pub(crate) variable: &'static str,
    /// Flag of the command line, which takes precedence over the variable.
    pub(crate) flag: Option<&'static str>,
    /// Key of the configuration file for the same setting.
    pub(crate) key: Option<&'static str>,
    /// Default; empty if there is no default.
    pub(crate) default: &'static str,
    /// Kind of the value.
    pub(crate) format: Format,
    /// Set if the value must never be shown.
    pub(crate) is_secret: bool,
    /// Description in English: a noun phrase.
    pub(crate) english: &'static str,
    /// Description in Chinese.
    pub(crate) chinese: &'static str,
}

/// Kind of a value, as the MCP registry distinguishes them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Format {
    Text,
    Number,
    Flag,
}

impl Setting {
    /// Creates a setting that has only a variable.
    const fn new(variable: &'static str, english: &'static str, chinese: &'static str) -> Self {
        Self {
            variable,
            flag: None,
            key: None,
            default: "",
            format: Format::Text,
            is_secret: false,
            english,
            chinese,
        }
    }
}

/// All settings, in the order of the help.
pub(crate) const ALL: [&Setting; 33] = [
    &ACCESS_TOKEN,
    &SECRET,
    &ACCESS_TOKEN_FILE,
    &SECRET_FILE,
    &BASE_URL,
    &PROXY,
    &PLAIN_HTTP,
    &RATE_PER_MINUTE,
    &KEYWORD,
    &CONFIG,
    &AT_ALL,
    &CONFIRM,
    &CALL_DEADLINE,
    &MAX_MENTIONS,
    &DRY_RUN,
    &STATE_DIR,
    &STATE_URL,
    &NO_STATE,
    &QUEUE,
    &TOOLS,
    &TOOL_PREFIX,
    &TIME_ZONE,
    &HTTP_TOKEN,
    &HTTP_TOKEN_FILE,
    &HTTP_HOSTS,
    &HTTP_ORIGINS,
    &HTTP_PATH_PREFIX,
    &HTTP_ADMIN,
    &HTTP_DRAIN_DELAY,
    &HTTP_SESSION_HOURS,
    &HTTP_SESSION_IDLE_MINUTES,
    &LANG,
    &LOG,
];

pub(crate) const ACCESS_TOKEN: Setting = Setting {
    key: Some("robots.NAME.access_token"),
    is_secret: true,
    ..Setting::new(
        "DINGTALK_BOT_ACCESS_TOKEN",
        "Access token of the robot, or its whole webhook; required unless the configuration file has robots",
        "机器人的 access_token，或完整的 Webhook 地址；配置文件里没有机器人时必填",
    )
};

pub(crate) const SECRET: Setting = Setting {
    key: Some("robots.NAME.secret"),
    is_secret: true,
    ..Setting::new(
        "DINGTALK_BOT_SECRET",
        "Signing secret (SEC…) of the robot, if signing is enabled",
        "加签密钥（SEC…），机器人启用加签时填写",
    )
};

pub(crate) const ACCESS_TOKEN_FILE: Setting = Setting {
    key: Some("robots.NAME.access_token"),
    ..Setting::new(
        "DINGTALK_BOT_ACCESS_TOKEN_FILE",
        "File that holds the access token instead, as containers mount secrets",
        "改为从这个文件读取 access_token，例如容器挂载的密钥",
    )
};

pub(crate) const SECRET_FILE: Setting = Setting {
    key: Some("robots.NAME.secret"),
    ..Setting::new(
        "DINGTALK_BOT_SECRET_FILE",
        "File that holds the signing secret instead",
        "改为从这个文件读取加签密钥",
    )
};

pub(crate) const BASE_URL: Setting = Setting {
    key: Some("robots.NAME.base_url"),
    default: "https://oapi.dingtalk.com",
    ..Setting::new(
        "DINGTALK_BOT_BASE_URL",
        "Address of the robot's server: https://oapi.dingtalk.io outside China, or a sandbox",
        "机器人所在的地址：境外为 https://oapi.dingtalk.io，也可以是沙箱",
    )
};

pub(crate) const PROXY: Setting = Setting {
    key: Some("robots.NAME.proxy"),
    is_secret: true,
    ..Setting::new(
        "DINGTALK_BOT_PROXY",
        "Proxy for this robot alone: http://, https://, socks5:// or socks5h://, or none; by default that of HTTPS_PROXY, \
         ALL_PROXY and NO_PROXY",
        "只用于这个机器人的代理：http://、https://、socks5:// 或 socks5h://，none 表示不用；不填则按 HTTPS_PROXY、ALL_PROXY 和 NO_PROXY",
    )
};

pub(crate) const PLAIN_HTTP: Setting = Setting {
    key: Some("robots.NAME.plain_http"),
    default: "0",
    format: Format::Flag,
    ..Setting::new(
        "DINGTALK_BOT_PLAIN_HTTP",
        "Allow a base URL that begins with http:// on another machine: its network, and a proxy, see the access token",
        "允许以 http:// 开头、不在本机的地址：途经的网络和代理能看到 access_token",
    )
};

pub(crate) const RATE_PER_MINUTE: Setting = Setting {
    key: Some("robots.NAME.rate_per_minute"),
    default: "20",
    format: Format::Number,
    ..Setting::new(
        "DINGTALK_BOT_RATE_PER_MINUTE",
        "Maximum number of messages per minute; 0 for no limit, only if the server is not DingTalk's",
        "每分钟最多发送的条数；0 表示不限，不能用于钉钉本身",
    )
};

pub(crate) const KEYWORD: Setting = Setting {
    key: Some("robots.NAME.keyword"),
    ..Setting::new(
        "DINGTALK_BOT_KEYWORD",
        "Keyword that the robot requires; appended to messages that lack it",
        "机器人的自定义关键词；消息里没有时自动补在末尾",
    )
};

pub(crate) const CONFIG: Setting = Setting {
    flag: Some("--config"),
    ..Setting::new(
        "DINGTALK_NOTIFY_CONFIG",
        "TOML file with named robots, people and notifications: see docs/configuration.md",
        "TOML 配置文件：按名称列出的机器人、人员和通知类型，见 docs/configuration.md",
    )
};

pub(crate) const AT_ALL: Setting = Setting {
    key: Some("robots.NAME.at_all"),
    default: "ask",
    ..Setting::new(
        "DINGTALK_NOTIFY_AT_ALL",
        "Policy for messages that notify everybody: ask a person first, allow, or deny; applies to every robot, and the \
         stricter of this and the file wins",
        "@所有人的消息：ask 先征得人同意，allow 放行，deny 禁止；对所有机器人生效，与配置文件不同时取更严格的",
    )
};

pub(crate) const CONFIRM: Setting = Setting {
    key: Some("robots.NAME.confirm"),
    default: "at_all",
    ..Setting::new(
        "DINGTALK_NOTIFY_CONFIRM",
        "Messages that a person confirms first: at_all, those that notify everybody; always, all of them; the stricter of \
         this and the file wins",
        "哪些消息先征得人同意：at_all 只限 @所有人的消息，always 每条消息；与配置文件不同时取更严格的",
    )
};

pub(crate) const CALL_DEADLINE: Setting = Setting {
    default: "25",
    format: Format::Number,
    ..Setting::new(
        "DINGTALK_NOTIFY_CALL_DEADLINE",
        "Deadline of a call in seconds, including waiting and retries, 2 to 600",
        "一次调用的时限（秒），含等待和重试，2 到 600",
    )
};

pub(crate) const MAX_MENTIONS: Setting = Setting {
    default: "10",
    format: Format::Number,
    ..Setting::new(
        "DINGTALK_NOTIFY_MAX_MENTIONS",
        "Maximum number of people that a call may mention, up to 50",
        "一次调用最多 @ 多少人，不超过 50",
    )
};

pub(crate) const DRY_RUN: Setting = Setting {
    flag: Some("--dry-run"),
    default: "0",
    format: Format::Flag,
    ..Setting::new(
        "DINGTALK_NOTIFY_DRY_RUN",
        "Send nothing, and show the request instead",
        "试运行：什么也不发，只显示将要发送的内容",
    )
};

pub(crate) const STATE_DIR: Setting = Setting {
    flag: Some("--state-dir"),
    key: Some("state.dir"),
    ..Setting::new(
        "DINGTALK_NOTIFY_STATE_DIR",
        "Directory of the state that the processes of this machine share, so that a robot keeps its rate whoever sends; \
         by default in the user's state directory: see docs/outbox.md",
        "本机各进程共享状态的目录，无论由谁发送都不会超出机器人的频率限制；默认在用户的状态目录里，见 docs/outbox.md",
    )
};

pub(crate) const STATE_URL: Setting = Setting {
    key: Some("state.url"),
    is_secret: true,
    ..Setting::new(
        "DINGTALK_NOTIFY_STATE_URL",
        "URL of a PostgreSQL database for the state that programs on several machines share: see docs/scale.md",
        "多台机器上的程序共享状态所用的 PostgreSQL 数据库 URL，见 docs/scale.md",
    )
};

pub(crate) const NO_STATE: Setting = Setting {
    flag: Some("--no-state"),
    key: Some("state.enabled"),
    default: "0",
    format: Format::Flag,
    ..Setting::new(
        "DINGTALK_NOTIFY_NO_STATE",
        "Share no state, and count only the messages of this process",
        "不共享状态，只计本进程发送的消息",
    )
};

pub(crate) const QUEUE: Setting = Setting {
    flag: Some("--queue"),
    key: Some("outbox.calls"),
    default: "0",
    format: Format::Flag,
    ..Setting::new(
        "DINGTALK_NOTIFY_QUEUE",
        "For `serve`: queue messages that would have to wait longer than a call does, deliver them later, and report their \
         status; needs the shared state: see docs/outbox.md",
        "用于 `serve`：等待时间超出一次调用的消息先排队，稍后发送，并可查询状态；需要共享状态，见 docs/outbox.md",
    )
};

pub(crate) const TOOLS: Setting = Setting {
    flag: Some("--tools"),
    ..Setting::new(
        "DINGTALK_NOTIFY_TOOLS",
        "Names of the tools to serve, separated by commas; all by default",
        "只使用这些工具，用逗号分隔；不填则为全部",
    )
};

pub(crate) const TOOL_PREFIX: Setting = Setting {
    flag: Some("--tool-prefix"),
    ..Setting::new(
        "DINGTALK_NOTIFY_TOOL_PREFIX",
        "Prefix of all tool names, for clients that mix the tools of several servers",
        "给每个工具名加上前缀，以免在客户端里与其他服务器的工具重名",
    )
};

pub(crate) const TIME_ZONE: Setting = Setting {
    flag: Some("--time-zone"),
    key: Some("time_zone"),
    ..Setting::new(
        "DINGTALK_NOTIFY_TIME_ZONE",
        "Time zone in which messages show points in time, for example Asia/Shanghai or +08:00; by default the machine's",
        "消息里的时间按哪个时区显示，例如 Asia/Shanghai 或 +08:00；不填则用本机的时区",
    )
};

pub(crate) const HTTP_TOKEN: Setting = Setting {
    is_secret: true,
    ..Setting::new(
        "DINGTALK_NOTIFY_HTTP_TOKEN",
        "For `serve --http`: token that clients send as `Authorization: Bearer …`; required if other machines can connect",
        "用于 `serve --http`：客户端以 `Authorization: Bearer …` 发来的令牌；其他机器能连上时必填",
    )
};

pub(crate) const HTTP_TOKEN_FILE: Setting = Setting::new(
    "DINGTALK_NOTIFY_HTTP_TOKEN_FILE",
    "File that holds this token instead",
    "改为从这个文件读取该令牌",
);

pub(crate) const HTTP_HOSTS: Setting = Setting {
    flag: Some("--allow-host"),
    ..Setting::new(
        "DINGTALK_NOTIFY_HTTP_HOSTS",
        "Host names that clients use for the server, separated by commas, for example mcp.example.com",
        "客户端访问服务器所用的主机名，用逗号分隔，例如 mcp.example.com",
    )
};

pub(crate) const HTTP_ORIGINS: Setting = Setting {
    flag: Some("--allow-origin"),
    ..Setting::new(
        "DINGTALK_NOTIFY_HTTP_ORIGINS",
        "Origins of pages that may call the server, separated by commas, for example `https://example.com:443`",
        "允许来自这些源的网页访问，用逗号分隔，例如 `https://example.com:443`",
    )
};

pub(crate) const HTTP_PATH_PREFIX: Setting = Setting {
    flag: Some("--path-prefix"),
    ..Setting::new(
        "DINGTALK_NOTIFY_HTTP_PATH_PREFIX",
        "Path below which everything is served as well, for a proxy that does not strip it: with /dingtalk, MCP is at \
         /dingtalk/mcp",
        "在这个路径前缀下也提供服务，供不会去掉前缀的代理使用：设为 /dingtalk 时，MCP 的路径为 /dingtalk/mcp",
    )
};

pub(crate) const HTTP_ADMIN: Setting = Setting {
    flag: Some("--admin"),
    ..Setting::new(
        "DINGTALK_NOTIFY_HTTP_ADMIN",
        "Another address for /healthz, /readyz and /metrics, apart from the clients, for example 127.0.0.1:9100",
        "/healthz、/readyz 和 /metrics 的另一个地址，与客户端分开，例如 127.0.0.1:9100",
    )
};

pub(crate) const HTTP_DRAIN_DELAY: Setting = Setting {
    flag: Some("--drain-delay"),
    default: "0",
    format: Format::Number,
    ..Setting::new(
        "DINGTALK_NOTIFY_HTTP_DRAIN_DELAY",
        "Seconds between a signal to stop, at which /readyz fails, and the end of new connections, 0 to 20",
        "收到停止信号后 /readyz 即报告未就绪，再过多少秒不再接受新连接，0 到 20",
    )
};

pub(crate) const HTTP_SESSION_HOURS: Setting = Setting {
    default: "720",
    format: Format::Number,
    ..Setting::new(
        "DINGTALK_NOTIFY_HTTP_SESSION_HOURS",
        "Hours for which a client can use a session that it has begun, 1 to 8760; a session survives restarts",
        "客户端建立的会话可以使用多少小时，1 到 8760；重启不影响会话",
    )
};

pub(crate) const HTTP_SESSION_IDLE_MINUTES: Setting = Setting {
    default: "15",
    format: Format::Number,
    ..Setting::new(
        "DINGTALK_NOTIFY_HTTP_SESSION_IDLE_MINUTES",
        "Minutes after which an unused session leaves memory, 1 to 1440; its client can go on using it",
        "会话闲置多少分钟后移出内存，1 到 1440；客户端仍可继续使用",
    )
};

pub(crate) const LANG: Setting = Setting::new(
    "DINGTALK_NOTIFY_LANG",
    "Language of help and advice: zh for Chinese, en for English; by default that of LC_ALL, LC_MESSAGES or LANG",
    "帮助和提示的语言：zh 为中文，en 为英文；不填则取自 LC_ALL、LC_MESSAGES 或 LANG",
);

pub(crate) const LOG: Setting = Setting {
    default: "warn",
    ..Setting::new(
        "DINGTALK_NOTIFY_LOG",
        "Log filter for stderr: `calls` (a line of JSON for each call, without its content), `info`, `dingtalk_core=debug`; \
         separate several with commas",
        "标准错误输出里的日志：`calls`（每次调用一行 JSON，不含消息内容）、`info`、`dingtalk_core=debug`；多项用逗号分隔",
    )
};
