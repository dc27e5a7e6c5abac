//! The `OpenAPI` document of the typed door, made from the notifications.

use dingtalk_core::tool::ToolType;
use serde_json::{Map, Value, json};

use super::address::short_name;
use crate::Server;

/// Returns the document.
pub(super) fn document(server: &Server) -> Value {
    let deployment = server.deployment();
    let definitions = deployment.definitions(server.tools());
    let mut paths = Map::new();
    let mut schemas = Map::new();
    for (tool, definition) in server.tools().iter().zip(definitions) {
        let name = short_name(tool);
        schemas.insert(name.to_owned(), Value::Object(definition.input_schema));
        let body = &json!({"$ref": format!("#/components/schemas/{name}")});
        paths.insert(format!("/notify/{name}"), json!({"post": operation(tool, name, body, &[])}));
        if server.calls().targets.names().next().is_some() {
            let robots: Vec<&str> = server.calls().targets.names().collect();
            let robot = json!({
                "name": "robot", "in": "path", "required": true, "schema": {"type": "string", "enum": robots},
            });
            let body = &Value::Object(tool.spec().input_schema());
            let post = operation(tool, &format!("{name}_by_robot"), body, &[robot]);
            paths.insert(format!("/notify/{{robot}}/{name}"), json!({"post": post}));
        }
    }
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "DingTalk notifications",
            "version": env!("CARGO_PKG_VERSION"),
            "description": "Status 200 means that the notification is in the durable queue.",
        },
        "paths": paths,
        "components": {
            "schemas": with_answers(schemas),
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
        },
        "security": [{"token": []}],
    })
}

fn operation(tool: &ToolType, id: &str, body: &Value, of_path: &[Value]) -> Value {
    let key = json!({
        "name": "Idempotency-Key", "in": "header",
        "description": "Identifies the request: a repetition within 24 hours queues nothing again",
        "schema": {"type": "string", "minLength": 1, "maxLength": 255},
    });
    let parameters: Vec<&Value> = of_path.iter().chain([&key]).collect();
    let failure = |description: &str| {
        let schema = json!({"$ref": "#/components/schemas/Failure"});
        json!({"description": description, "content": {"application/json": {"schema": schema}}})
    };
    json!({
        "operationId": id,
        "summary": tool.spec().title,
        "parameters": parameters,
        "requestBody": {"required": true, "content": {"application/json": {"schema": body}}},
        "responses": {
            "200": {
                "description": "The notification is in the queue",
                "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Queued"}}},
            },
            "400": failure("Invalid fields, all of which are named"),
            "401": failure("No token, or an unknown one"),
            "403": failure("The token or the robot does not allow it"),
            "404": failure("Unknown robot or notification"),
            "409": failure("A request with the same key is in progress"),
            "413": failure("More than 256 KiB"),
            "415": failure("Not `application/json`"),
            "422": failure("Another request had the key"),
            "429": failure("The token has used up its rate; see `Retry-After`"),
            "503": failure("The queue is full or cannot be written; see `Retry-After`"),
        },
    })
}

fn with_answers(mut schemas: Map<String, Value>) -> Map<String, Value> {
    let text = json!({"type": "string"});
    schemas.insert(
        "Queued".to_owned(),
        json!({
            "type": "object",
            "properties": {
                "status": {"type": "string", "enum": ["queued", "duplicate"]},
                "id": text,
                "replayed": {"type": "boolean", "description": "An earlier request with the same key has queued it"},
            },
            "required": ["status"],
        }),
    );
    schemas.insert(
        "Failure".to_owned(),
        json!({
            "type": "object",
            "properties": {
                "error": text,
                "error_description": text,
                "faults": {"type": "array", "items": text},
            },
            "required": ["error", "error_description"],
        }),
    );
    schemas
}
