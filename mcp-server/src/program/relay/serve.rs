//! `dingtalk-notify relay --http ADDRESS`: the doors, and the delivery of what they accept.

use super::{
    super::{
        Program, Result,
        service::{Parts, Service},
    },
    arguments::DoorArguments,
};

pub(super) async fn run(program: &Program, arguments: &DoorArguments) -> Result<()> {
    let Some(address) = &arguments.http else { return Err("--http is missing".into()) };
    let settings = || arguments.settings();
    let service =
        Service { program, settings: &settings, parts: Parts::Relay, stateless: false, remote_clients: true };
    service.run(address).await
}
