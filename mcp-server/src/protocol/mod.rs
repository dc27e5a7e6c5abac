//! The Model Context Protocol: requests of clients, and their answers.

mod completion;
#[cfg(test)]
mod declared;
pub(crate) mod example;
mod handler;
mod instructions;
mod live;
pub(crate) mod message;
mod prompts;
pub(crate) mod request_id;
mod resources;
mod result;
mod robots;

pub(crate) use self::{handler::Handler, live::LiveHandler};
