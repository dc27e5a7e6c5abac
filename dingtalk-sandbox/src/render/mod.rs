//! The renderer: from a message to a tree, and from the tree to HTML or JSON.
//!
//! A [`Drawing`] is the tree: what DingTalk draws, with names in place of numbers. The page, the gallery and the
//! terminal are made from it. [`Drawing::bubble`] makes [elements](Element) for one client, which become
//! [HTML](Element::html), or [JSON](Element::json) from which the page's script builds the same elements.
//!
//! All that DingTalk does not document is a constant with its source: [`MEASURES`], [`ASSUMPTIONS`] and the table of
//! [constructs](Construct) that not every client draws.
//!
//! ```
//! use dingtalk_core::{Message, message::WireMessage};
//! use dingtalk_sandbox::render::{Client, Drawing, Language, Look, Names};
//!
//! let message = WireMessage::new(Message::markdown("Disk", "Disk of **db-1** is <full>"));
//! let drawing = Drawing::new(&message, &Names::new());
//! let html = drawing.bubble(Look::new(Client::Desktop, Language::English)).html();
//! assert!(html.contains("Disk of <strong>db-1</strong> is &lt;full&gt;"));
//! ```

mod address;
mod capability;
mod draw;
mod drawing;
mod element;
mod finding;
mod markdown;
mod measure;
mod mentions;
mod preview;
mod style;
mod tree;
mod words;

pub use self::{
    capability::{Capability, Client, Construct, Support},
    draw::Look,
    drawing::Drawing,
    element::Element,
    finding::{Finding, Target},
    measure::{ASSUMPTIONS, Assumption, Certainty, MEASURES, Measure},
    preview::{Mark, Preview},
    style::{colour_rules, style_sheet},
    tree::{Arrangement, Block, Body, CardButton, FeedRow, Inline, Mention, Names, Picture},
    words::Language,
};

pub(crate) use self::{
    draw::{avatar, icon},
    element::escape,
};

#[cfg(test)]
mod tests;
