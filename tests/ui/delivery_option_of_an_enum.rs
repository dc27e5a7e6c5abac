use dingtalk_core::Notification;

#[derive(Notification)]
#[dingtalk(group = "{hots}", digest = "{region}", throttle = "1 per 10m by host", keyword = "alert")]
enum Alert {
    #[dingtalk(text("alert: {host} is down\n{region}"))]
    Down {
        host: String,
        #[dingtalk(line = "in {}")]
        region: Option<String>,
    },
    #[dingtalk(text("{host} is up in {region}"))]
    Up { host: String, region: String },
    #[dingtalk(text("alert: test of {region}"))]
    Test { region: String },
}

#[derive(Notification)]
#[dingtalk(group = "{", digest = "{}")]
enum Malformed {
    #[dingtalk(text("{host} is down"))]
    Down { host: String },
    #[dingtalk(text("{host} is up"), group = "{hst}")]
    Up { host: String },
}

fn main() {}
