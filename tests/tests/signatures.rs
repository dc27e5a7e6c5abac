//! Signatures equal those of independent implementations: computed ones, and ones that real clients sent.

use dingtalk_core::delivery::Signer;
use serde_json::Value;

fn parse(vectors: &str) -> Value {
    serde_json::from_str(vectors).expect("the vectors are JSON")
}

fn text<'a>(value: &'a Value, field: &str) -> &'a str {
    value[field].as_str().unwrap_or_else(|| panic!("`{field}` is missing in {value}"))
}

#[test]
fn computed_signatures() {
    let vectors = parse(include_str!("../vectors/signatures.json"));
    let vectors = vectors["vectors"].as_array().unwrap();
    assert!(!vectors.is_empty());
    for vector in vectors {
        let signer = Signer::new(text(vector, "secret"));
        let signature = signer.sign(text(vector, "timestamp").parse().unwrap());
        assert_eq!(signature.to_base64(), text(vector, "sign_base64"), "{vector}");
        assert_eq!(signature.to_query(), text(vector, "sign_query"), "{vector}");
    }
}

#[test]
fn signatures_that_clients_sent() {
    for recording in [
        include_str!("../vectors/dingtalkchatbot-1.5.7.json"),
        include_str!("../vectors/npm-dingtalk-robot-sender-1.2.0.json"),
    ] {
        let recording = parse(recording);
        let signer = Signer::new(text(&recording, "secret"));
        let requests: Vec<&Value> = recording["vectors"]
            .as_array()
            .unwrap()
            .iter()
            .flat_map(|vector| vector["requests"].as_array().unwrap())
            .collect();
        assert!(!requests.is_empty());
        for request in requests {
            let query = |name: &str| {
                let pairs = request["query_pairs"].as_array().unwrap();
                pairs.iter().find(|pair| pair[0] == name).and_then(|pair| pair[1].as_str()).unwrap()
            };
            let signature = signer.sign(query("timestamp").parse().unwrap());
            assert_eq!(signature.to_base64(), query("sign"), "{request}");
        }
    }
}
