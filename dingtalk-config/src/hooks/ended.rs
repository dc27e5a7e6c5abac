//! Elements of a payload that are over, such as alerts that are resolved: a late or repeated request must not tell that
//! they have begun.

use serde_json::Value;

use super::{
    condition::text,
    path::{Path, Scope},
    payload::Payload,
};
use crate::{Wording, section::Section};

/// Rule by which an element of a payload is over.
#[derive(Debug, Clone)]
pub(super) struct Ended {
    /// Key of the list in the payload.
    list: String,
    /// Values of an element by which it is recognised: all of them together, for as long as it goes on.
    key: Vec<Path>,
    /// Key of the status, in an element and in the payload.
    status: String,
    /// Status of what is over.
    is: String,
}

/// The elements of a payload, by their keys.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Elements {
    /// Those that go on, each with its index.
    pub open: Vec<(usize, String)>,
    /// Those that are over.
    pub ended: Vec<String>,
}

impl Ended {
    pub(super) fn read(mut section: Section<'_>) -> Option<Self> {
        let [list, status, is] = ["list", "status", "is"].map(|key| section.required_text(key));
        let key = match section.value("key") {
            Some(toml::Value::Array(paths)) if !paths.is_empty() && paths.iter().all(toml::Value::is_str) => {
                let paths = paths.iter().filter_map(toml::Value::as_str);
                paths.map(|path| section.check("key", Path::parse(path))).collect::<Option<Vec<_>>>()
            }
            Some(other) => section.wrong_type("key", ("a list of paths", "路径列表"), &other),
            None => {
                section.fault("key", Wording::new("missing", "缺少这一项"));
                None
            }
        };
        section.finish();
        Some(Self { list: list?, key: key?, status: status?, is: is? })
    }

    /// Returns the elements that have all values of the key.
    pub(super) fn elements(&self, payload: &Payload<'_>) -> Elements {
        let mut elements = Elements::default();
        let Some(Value::Array(list)) = payload.body.get(&self.list) else { return elements };
        let scope = Scope::of(payload);
        for (index, element) in list.iter().enumerate() {
            let value = |path: &Path| text(path.find(scope.at(element)).as_deref()?).map(Value::String);
            let Some(key) = self.key.iter().map(value).collect::<Option<Vec<_>>>() else { continue };
            let key = Value::Array(key).to_string();
            if self.is_over(element) {
                elements.ended.push(key);
            } else {
                elements.open.push((index, key));
            }
        }
        elements
    }

    /// Removes elements by their indices, in order. If all that are left are over, so is the payload. Returns `false`
    /// if none is left.
    pub(super) fn remove(&self, body: &mut Value, indices: &[usize]) -> bool {
        let Some(Value::Array(list)) = body.get_mut(&self.list) else { return true };
        for index in indices.iter().rev().filter(|index| **index < list.len()).copied().collect::<Vec<_>>() {
            list.remove(index);
        }
        let is_over = list.iter().all(|element| self.is_over(element));
        let is_left = !list.is_empty();
        if is_left && is_over && !indices.is_empty() {
            body[&self.status] = Value::String(self.is.clone());
        }
        is_left
    }

    fn is_over(&self, element: &Value) -> bool {
        element.get(&self.status).and_then(text).as_deref() == Some(&*self.is)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn rule() -> Ended {
        let mut faults = Vec::new();
        let table = "list = \"alerts\"\nkey = [\"fingerprint\", \"startsAt\"]\nstatus = \"status\"\nis = \"resolved\"";
        let rule = Ended::read(Section::new("", table.parse().unwrap(), &mut faults)).unwrap();
        assert!(faults.is_empty(), "{faults:?}");
        rule
    }

    #[test]
    fn elements_are_recognised_by_all_values_of_their_key() {
        let body = json!({"status": "firing", "alerts": [
            {"status": "firing", "fingerprint": "a", "startsAt": "1"},
            {"status": "resolved", "fingerprint": "b", "startsAt": "1"},
            {"status": "firing", "fingerprint": "c"},
            "text",
        ]});
        let elements = rule().elements(&Payload::new(&body, &|_| None));
        assert_eq!(elements.open, [(0, "[\"a\",\"1\"]".to_owned())]);
        assert_eq!(elements.ended, ["[\"b\",\"1\"]"]);
    }

    #[test]
    fn a_payload_without_anything_that_goes_on_is_over() {
        let alert = |status: &str| json!({"status": status});
        let mut body =
            json!({"status": "firing", "alerts": [alert("firing"), alert("resolved"), alert("firing")]});
        assert!(rule().remove(&mut body, &[0]));
        assert_eq!((body["alerts"].as_array().unwrap().len(), &body["status"]), (2, &json!("firing")));
        assert!(rule().remove(&mut body, &[1]));
        assert_eq!(body, json!({"status": "resolved", "alerts": [alert("resolved")]}));
        assert!(!rule().remove(&mut body, &[0, 7]));
    }
}
