//! Forms of payloads: JSON, or a form with JSON in one of its fields.

use axum::body::Body;
use hyper::{HeaderMap, body::Bytes, header::CONTENT_TYPE};
use multer::Multipart;

use super::super::body;

/// Form of a payload, by the type of its request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Form {
    Json,
    /// `application/x-www-form-urlencoded`, with the payload in this field.
    Pairs(String),
    /// `multipart/form-data` with this boundary, and the payload in this field.
    Parts {
        boundary: String,
        field: String,
    },
}

impl Form {
    /// Returns the form; `None` if the request has another type. `field` holds the payload, if requests may be forms.
    pub(super) fn of(headers: &HeaderMap, field: Option<&str>) -> Option<Self> {
        if body::is_json(headers) {
            return Some(Self::Json);
        }
        let (field, content_type) = (field?, headers.get(CONTENT_TYPE)?.to_str().ok()?);
        let essence = content_type.split(';').next().unwrap_or_default().trim();
        if essence.eq_ignore_ascii_case("application/x-www-form-urlencoded") {
            return Some(Self::Pairs(field.to_owned()));
        }
        let boundary = multer::parse_boundary(content_type).ok()?;
        Some(Self::Parts { boundary, field: field.to_owned() })
    }

    /// Returns the JSON in a body; `None` if the form has no such field, or is malformed.
    pub(super) async fn json(&self, body: Bytes) -> Option<Bytes> {
        match self {
            Self::Json => Some(body),
            Self::Pairs(field) => {
                let mut pairs = url::form_urlencoded::parse(&body);
                pairs.find(|(name, _)| name == field).map(|(_, value)| value.into_owned().into())
            }
            Self::Parts { boundary, field } => {
                let mut parts = Multipart::new(Body::from(body).into_data_stream(), boundary);
                while let Ok(Some(part)) = parts.next_field().await {
                    if part.name() == Some(field) {
                        return part.bytes().await.ok();
                    }
                }
                None
            }
        }
    }
}
