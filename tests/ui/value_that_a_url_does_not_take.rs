use dingtalk_core::{Markdown, Notification, UserId};

#[derive(Notification)]
#[dingtalk(markdown(title = "alert", text = "
    [page](https://example.com/{region}?on={urgent}#{notes})
    [page](https://example.com/{hosts}/{people}?{hots})
    {run}
    {runs}
"))]
struct Alert {
    region: Option<String>,
    urgent: bool,
    notes: Markdown,
    #[dingtalk(line = "- {}")]
    hosts: Vec<String>,
    #[dingtalk(at)]
    people: Vec<UserId>,
    #[dingtalk(line = "[log](https://example.com/{})", truncate = 20)]
    run: Option<String>,
    #[dingtalk(line = "[{:.1}](https://example.com/{})")]
    runs: Vec<f64>,
}

fn main() {}
