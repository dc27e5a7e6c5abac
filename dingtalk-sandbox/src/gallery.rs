//! One page with all notifications of a program, as desktop and phone show them.

use std::any::type_name;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use dingtalk_core::{Message, Notification, message::WireMessage};
use sha2::{Digest as _, Sha256};

use crate::{
    render::{Client, Drawing, Element, Finding, Language, Look, Names, colour_rules, escape, style_sheet},
    validation::MAX_BYTES,
    view::grouped,
};

const STYLE: &str = include_str!("gallery.css");

/// A page with notifications, as desktop and phone show them: one HTML file without scripts, pictures or other files.
///
/// The same notifications make the same file, so a change of a template is seen as a change of the file. A test
/// compares the [outline](Self::outline), which has the text and structure without the style.
///
/// ```
/// use dingtalk_core::{Message, Notification, message::Invalid};
/// use dingtalk_sandbox::Gallery;
///
/// struct Outage {
///     shop: &'static str,
/// }
///
/// impl Notification for Outage {
///     fn message(&self) -> Result<Message, Invalid> {
///         Ok(Message::text(format!("{} is down", self.shop)))
///     }
/// }
///
/// let gallery = Gallery::new("shop").with(&Outage { shop: "Shoes" });
/// assert!(gallery.html().contains("Shoes is down"));
/// assert_eq!(gallery.outline(), "# Outage (text)\n\nlist: shop: Shoes is down\ntext: Shoes is down\n");
/// ```
#[derive(Debug, Clone)]
#[must_use]
pub struct Gallery {
    title: String,
    language: Language,
    names: Names,
    sections: Vec<Section>,
}

#[derive(Debug, Clone)]
struct Section {
    name: String,
    about: String,
    variants: Vec<Variant>,
}

#[derive(Debug, Clone)]
struct Variant {
    name: String,
    message: Result<Message, String>,
}

impl Gallery {
    /// Creates a gallery without notifications. The title is also the robot's name.
    pub fn new(title: impl Into<String>) -> Self {
        Self { title: title.into(), language: Language::English, names: Names::new(), sections: Vec::new() }
    }

    /// Sets the language of what is not part of a message (English by default).
    pub fn language(mut self, language: Language) -> Self {
        self.language = language;
        self
    }

    /// Adds a member of the group: mentions of this mobile number or user id show the name, as DingTalk does.
    pub fn person(mut self, id: impl Into<String>, name: impl Into<String>) -> Self {
        self.names.insert(id.into(), name.into());
        self
    }

    /// Adds an example of a notification, below the name of its type.
    pub fn with<N: Notification>(self, notification: &N) -> Self {
        let path = type_name::<N>();
        let parameters = path.find('<').unwrap_or(path.len());
        let name = path[..parameters].rsplit("::").next().unwrap_or(path).to_owned();
        self.with_named(&name, "", notification)
    }

    /// Adds an example of a notification below a name, as one of its variants. Variants of one name that follow each
    /// other stand together.
    pub fn with_named(self, name: &str, variant: &str, notification: &(impl Notification + ?Sized)) -> Self {
        let message = notification.message().map_err(|error| error.to_string());
        self.with_message(name, "", variant, message)
    }

    /// Adds a message, or the reason why it cannot be made, below a name and its description.
    pub fn with_message(
        mut self,
        name: &str,
        about: &str,
        variant: &str,
        message: Result<Message, String>,
    ) -> Self {
        let variant = Variant { name: variant.to_owned(), message };
        match self.sections.last_mut().filter(|section| section.name == name) {
            Some(section) => section.variants.push(variant),
            None => {
                let (name, about) = (name.to_owned(), about.to_owned());
                self.sections.push(Section { name, about, variants: vec![variant] });
            }
        }
        self
    }

    /// Returns the page.
    #[must_use]
    pub fn html(&self) -> String {
        let sections: Vec<_> =
            self.sections.iter().enumerate().map(|(at, section)| self.section(at, section)).collect();
        let style = format!("\n{}{STYLE}{}", style_sheet(), colour_rules(&sections));
        let hash = STANDARD.encode(Sha256::digest(style.as_bytes()));
        let contents = self.sections.iter().enumerate().map(|(at, section)| {
            let link = Element::new("a").with("href", format!("#n{at}")).text(&section.name);
            Element::new("li").child(link)
        });
        let contents = Element::new("nav")
            .with("aria-label", self.language.say(["Notifications", "通知"]))
            .child(Element::new("ul").children(contents));
        let main = Element::new("main")
            .child(Element::new("h1").text(&self.title))
            .child(contents)
            .children(sections);
        let (mut body, mut title) = (String::new(), String::new());
        main.write(&mut body);
        escape(&self.title, &mut title);
        let lang = self.language.tag();
        format!(
            "<!doctype html>\n<html lang=\"{lang}\" data-theme=\"auto\">\n<head>\n<meta charset=\"utf-8\">\n\
             <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'sha256-{hash}'\">\n\
             <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
             <meta name=\"referrer\" content=\"no-referrer\">\n<title>{title}</title>\n<style>{style}</style>\n\
             </head>\n<body>\n{body}\n</body>\n</html>\n"
        )
    }

    fn section(&self, at: usize, section: &Section) -> Element {
        let mut element = Element::new("section")
            .with("id", format!("n{at}"))
            .child(Element::new("h2").text(&section.name));
        if !section.about.is_empty() {
            element = element.child(Element::of("p", "about").text(&section.about));
        }
        element.children(section.variants.iter().map(|variant| self.variant(variant)))
    }

    fn variant(&self, variant: &Variant) -> Element {
        let mut element = Element::of("article", "variant");
        if !variant.name.is_empty() {
            element = element.child(Element::new("h3").text(&variant.name));
        }
        let message = match &variant.message {
            Ok(message) => message,
            Err(error) => return element.child(Element::of("p", "invalid").text(error)),
        };
        let wire = WireMessage::new(message.clone());
        let drawing = Drawing::new(&wire, &self.names);
        let clients = Client::ALL.map(|client| {
            let mut look = Look::new(client, self.language);
            look.heading = 4;
            let caption = self.language.say(match client {
                Client::Desktop => ["Desktop", "桌面端"],
                Client::Phone => ["Phone", "手机端"],
            });
            Element::of("div", "client dt-chat")
                .with("data-client", client.name())
                .child(Element::of("p", "caption").text(caption))
                .child(drawing.post(&self.title, look))
        });
        let group = self.language.say(["Group", "群聊"]);
        let list =
            Element::of("div", "list").child(drawing.list_row(group, &self.title, Element::new("time")));
        let bytes = grouped(serde_json::to_vec(&wire).map_or(0, |body| body.len()));
        let (kind, limit) = (message.kind(), grouped(MAX_BYTES));
        let size = match self.language {
            Language::English => format!("{kind} · {bytes} of {limit} bytes"),
            Language::Chinese => format!("{kind} · {bytes} / {limit} 字节"),
        };
        let facts = Element::of("div", "facts").child(Element::of("p", "caption").text(size)).child(list);
        let facts = match self.findings(&drawing.findings(&wire)) {
            Some(findings) => facts.child(findings),
            None => facts,
        };
        element.child(Element::of("div", "clients").children(clients).child(facts))
    }

    fn findings(&self, findings: &[Finding]) -> Option<Element> {
        let warnings: Vec<_> = findings.iter().filter(|finding| !finding.is_hint).collect();
        if warnings.is_empty() {
            return None;
        }
        let item = |finding: &&Finding| {
            let [english, chinese] = &finding.problem;
            let problem = self.language.say([english.as_str(), chinese]);
            Element::new("li").text(format!("{problem} {}", self.language.say(finding.remedy)))
        };
        Some(Element::of("ul", "warnings").children(warnings.iter().map(item)))
    }

    /// Returns the text and structure of all messages, to be compared in a test. The measures of the style have no part
    /// in it.
    #[must_use]
    pub fn outline(&self) -> String {
        let mut outline = String::new();
        for section in &self.sections {
            for variant in &section.variants {
                if !outline.is_empty() {
                    outline.push('\n');
                }
                let kind = variant.message.as_ref().map_or("invalid", Message::kind);
                let name = [section.name.as_str(), &variant.name];
                let name = name.into_iter().filter(|it| !it.is_empty()).collect::<Vec<_>>().join(": ");
                outline.push_str(&format!("# {name} ({kind})\n\n"));
                match &variant.message {
                    Ok(message) => self.outline_of(message, &mut outline),
                    Err(error) => outline.push_str(&format!("{error}\n")),
                }
            }
        }
        outline
    }

    fn outline_of(&self, message: &Message, outline: &mut String) {
        let drawing = Drawing::of(message, &self.names);
        let mark = drawing.preview.mark.map_or_else(String::new, |mark| format!("{} ", mark.chinese()));
        outline.push_str(&format!("list: {mark}{}: {}\n", self.title, drawing.preview.text));
        let bubble = |client| drawing.bubble(Look::new(client, self.language)).outline();
        outline.push_str(&bubble(Client::Desktop));
        if !drawing.is_alike() {
            outline.push_str(&format!("on a phone:\n{}", bubble(Client::Phone)));
        }
        let wire = WireMessage::new(message.clone());
        for finding in drawing.findings(&wire).iter().filter(|finding| !finding.is_hint) {
            outline.push_str(&format!("warning: {}\n", finding.problem[0]));
        }
    }
}
