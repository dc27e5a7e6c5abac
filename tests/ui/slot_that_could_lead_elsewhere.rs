use dingtalk_core::{Notification, Url};

#[derive(Notification)]
#[dingtalk(markdown(title = "alert", text = "
    [page](https://{host}.example.com/)
    [page]({base}/hosts)
    [page](https://example.com:{port}/hosts)
    [page]({scheme}://example.com/hosts)
    [page](https://{host}@example.com/hosts)
    [page](ftp://example.com/{host})
    [page](https://example.com/%{host})
"))]
struct Alert {
    host: String,
    base: Url,
    port: u16,
    scheme: String,
}

#[derive(Notification)]
#[dingtalk(link(title = "{host}", text = "{host}", url = "https://example.com{host}", picture = "{base}/{host}.png"))]
struct Page {
    host: String,
    base: Url,
}

fn main() {}
