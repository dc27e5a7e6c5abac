//! The Model Context Protocol: what a client may ask for, answered.

mod completion;
#[cfg(test)]
mod declared;
pub(crate) mod example;
mod handler;
mod instructions;
mod prompts;
pub(crate) mod request_id;
mod resources;
mod result;
mod robots;

pub(crate) use self::handler::Handler;
