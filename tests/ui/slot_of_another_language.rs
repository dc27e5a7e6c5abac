use dingtalk_core::Notification;

#[derive(Notification)]
#[dingtalk(text("{{host}} is down: {{ .Labels.host }}, {{host | upper}}"))]
struct Mustache {
    host: String,
}

#[derive(Notification)]
#[dingtalk(text("${host} is down"))]
struct Shell {
    host: String,
}

#[derive(Notification)]
#[dingtalk(text("{host}{% if urgent %}!{% endif %}"))]
struct Jinja {
    host: String,
}

fn main() {}
