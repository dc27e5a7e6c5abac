//! Each type and construct as HTML, and hostile texts.

use dingtalk_core::message::WireMessage;
use serde_json::json;

use super::*;

fn wire(body: serde_json::Value) -> WireMessage {
    serde_json::from_value(body).unwrap()
}

fn markdown(text: &str) -> WireMessage {
    wire(json!({"msgtype": "markdown", "markdown": {"title": "t", "text": text}}))
}

fn html_on(message: &WireMessage, client: Client) -> String {
    Drawing::new(message, &Names::new()).bubble(Look::new(client, Language::English)).html()
}

fn body(text: &str) -> String {
    let html = html_on(&markdown(text), Client::Desktop);
    let inner = html.strip_prefix("<div class=\"dt-bubble\"><div class=\"dt-md\">").unwrap();
    inner.strip_suffix("</div></div>").unwrap().replace(" dir=\"auto\"", "").replace(" aria-level=\"3\"", "")
}

#[test]
fn the_documented_subset_is_drawn() {
    assert_eq!(body("# One\n###### Six"), "<h1>One</h1><h6>Six</h6>");
    assert_eq!(body("> quote\n> more"), "<blockquote><p>quote more</p></blockquote>");
    assert_eq!(body("**bold** *italic* _it_"), "<p><strong>bold</strong> <em>italic</em> <em>it</em></p>");
    assert_eq!(body("- a\n- b\n  - c"), "<ul><li>a</li><li>b<ul><li>c</li></ul></li></ul>");
    assert_eq!(body("3. a\n4. b"), "<ol start=\"3\"><li>a</li><li>b</li></ol>");
    assert_eq!(body("a  \nb\nc\\\nd"), "<p>a<br>b c<br>d</p>");
    assert_eq!(
        body("[a](https://a.example)"),
        "<p><a class=\"dt-a\" href=\"https://a.example\" title=\"https://a.example\" target=\"_blank\" \
         rel=\"noopener noreferrer\">a</a></p>"
    );
}

#[test]
fn a_client_that_does_not_draw_a_construct_shows_its_source() {
    let table = markdown("| a | b |\n|---|---|\n| 1 | 2 |");
    assert!(html_on(&table, Client::Desktop).contains("<td dir=\"auto\">1</td>"));
    assert!(
        html_on(&table, Client::Phone)
            .contains("<p class=\"dt-raw\" dir=\"auto\">| a | b |\n|---|---|\n| 1 | 2 |</p>")
    );
    let code = markdown("```\nx < y\n```");
    assert!(html_on(&code, Client::Desktop).contains("x &lt; y</pre>"));
    assert!(html_on(&code, Client::Phone).contains("```\nx &lt; y\n```</p>"));
    assert_eq!(body("`x` ~~y~~"), "<p>`x` ~~y~~</p>");
    assert_eq!(body("    indented"), "<p class=\"dt-raw\">    indented</p>".replace("    i", "i"));
}

#[test]
fn every_warning_comes_from_a_row() {
    let text = "| a |\n|---|\n\n```\nx\n```\n\n    y\n\n`z`\n\n---\n\n<font color=red>r</font> ~~s~~\n\n<div>h</div>";
    let message = markdown(text);
    let drawing = Drawing::new(&message, &Names::new());
    assert_eq!(drawing.constructs(), Construct::ALL);
    let findings = drawing.findings(&message);
    for construct in Construct::ALL {
        let remedy = construct.capability().remedy;
        assert!(findings.iter().any(|it| it.remedy == remedy), "{construct:?}");
    }
    assert!(!drawing.is_alike());
    assert!(Drawing::new(&markdown("plain **text**"), &Names::new()).is_alike());
}

#[test]
fn colours_are_colours_and_nothing_else() {
    assert_eq!(
        body("<font color=\"#FF0000\">a **b**</font> c"),
        "<p><span class=\"dt-colour\" data-colour=\"#ff0000\">a <strong>b</strong></span> c</p>"
    );
    assert_eq!(body("x <font color=red>a"), "<p>x &lt;font color=red&gt;a</p>");
    for hostile in ["red;background:url(x)", "#12", "url(x)", "expression(1)", "var(--x)", "#fffffg"] {
        let drawn = body(&format!("x <font color=\"{hostile}\">a</font>"));
        assert!(!drawn.contains("data-colour"), "{drawn}");
    }
}

#[test]
fn mentions_are_names() {
    let message = wire(json!({"msgtype": "text", "text": {"content": "@13800138000 @138001380001 @all hi"},
        "at": {"atMobiles": ["13800138000"], "isAtAll": true}}));
    let names = Names::from([("13800138000".to_owned(), "刘炜".to_owned())]);
    let drawing = Drawing::new(&message, &names);
    let html = drawing.bubble(Look::new(Client::Desktop, Language::English)).html();
    assert!(
        html.contains("<span class=\"dt-mention\" title=\"13800138000\">@刘炜</span> @138001380001 "),
        "{html}"
    );
    assert!(html.contains(">@所有人</span> hi"), "{html}");
    assert_eq!(drawing.preview.text, "@刘炜 @138001380001 @所有人 hi");
    assert_eq!(drawing.preview.mark, Some(Mark::Everyone));
    let one = wire(
        json!({"msgtype": "markdown", "markdown": {"title": "t", "text": "@13800138000 **@13800138000**"},
        "at": {"atMobiles": ["13800138000"]}}),
    );
    let drawing = Drawing::new(&one, &Names::new());
    assert_eq!(drawing.preview.mark, Some(Mark::You));
    let html = drawing.bubble(Look::new(Client::Phone, Language::English)).html();
    assert_eq!(html.matches("dt-mention").count(), 2, "{html}");
}

#[test]
fn buttons_stand_as_dingtalk_draws_them() {
    let card = |extra: serde_json::Value| {
        let mut card = json!({"title": "t", "text": "![c](https://a.example/c.png)\n\n### Deploy?"});
        card.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
        html_on(&wire(json!({"msgtype": "actionCard", "actionCard": card})), Client::Desktop)
    };
    let button = |n: u8| json!({"title": n.to_string(), "actionURL": "https://a.example"});
    let single = card(json!({"singleTitle": "Read", "singleURL": "https://a.example"}));
    assert!(single.starts_with("<div class=\"dt-bubble\"><span class=\"dt-cover dt-nopicture\""), "{single}");
    assert!(single.contains("dt-buttons dt-single") && single.contains("<svg"), "{single}");
    let two = card(json!({"btnOrientation": "1", "btns": [button(1), button(2)]}));
    assert!(two.contains("dt-buttons dt-horizontal"), "{two}");
    let three = card(json!({"btnOrientation": "1", "btns": [button(1), button(2), button(3)]}));
    assert!(three.contains("dt-buttons dt-vertical"), "{three}");
}

#[test]
fn hostile_texts_are_text() {
    for text in [
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "<svg onload=alert(1)>",
        "<a href=\"javascript:alert(1)\">x</a>",
        "[x](javascript:alert(1))",
        "[x](data:text/html,<script>alert(1)</script>)",
        "![x](data:image/svg+xml;base64,PHN2Zz4=)",
        "![x](javascript:alert(1))",
        "[x](https://a.example/\"onmouseover=\"alert(1))",
        "<font color=\"red\" onclick=alert(1)>x</font>",
        "\u{202e}gnp.exe",
    ] {
        let html = html_on(&markdown(text), Client::Desktop);
        for live in [
            "<script",
            "<img",
            "<svg onload",
            "href=\"javascript",
            "href=\"data",
            " src=\"",
            " onmouseover=\"",
            "<font",
        ] {
            assert!(!html.contains(live), "{text} became {html}");
        }
        let findings = Drawing::new(&markdown(text), &Names::new()).findings(&markdown(text));
        assert!(!findings.is_empty() || text.starts_with("[x](https"), "{text}: {findings:?}");
    }
}

#[test]
fn nesting_is_bounded() {
    for text in [
        ">".repeat(10_000) + " x",
        "- ".repeat(9_000) + "x",
        "*a ".repeat(3_000) + &"b* ".repeat(3_000),
        "[".repeat(10_000),
        "<font color=red>".repeat(1_000) + "x" + &"</font>".repeat(1_000),
    ] {
        let html = html_on(&markdown(&text), Client::Desktop);
        assert!(html.contains(['x', 'b', '[']), "the text is kept");
        let (mut depth, mut deepest) = (0_usize, 0);
        for at in html.match_indices('<').map(|(at, _)| at) {
            if html[at..].starts_with("</") {
                depth -= 1;
            } else if !html[at..].starts_with("<br") {
                depth += 1;
            }
            deepest = deepest.max(depth);
        }
        assert!(deepest < 80, "{deepest}");
    }
}

#[test]
fn json_has_the_same_elements() {
    let element = Drawing::new(&markdown("a **b**"), &Names::new())
        .bubble(Look::new(Client::Desktop, Language::English));
    assert_eq!(
        element.json(),
        json!(["div", {"class": "dt-bubble"}, ["div", {"class": "dt-md"}, ["p", {"dir": "auto"}, "a ", ["strong", {}, "b"]]]])
    );
}
