use dingtalk_core::Notification;

/// Tell people that a host is down.
#[derive(Notification)]
#[dingtalk(text("{host} is down"), tool)]
struct OneOfTheHostsInTheInventoryOfThisOrganisationIsDown {
    /// Host name, for example `web-3`.
    #[dingtalk(length(..=64))]
    host: String,
}

fn main() {}
