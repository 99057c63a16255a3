//! The JSON Schema of what econn writes and reads, made from the very types that are written and read.

use super::output::stdout;
use crate::cli::Document;
use crate::exit::{Code, Failure};
use crate::plugin::Printed;
use checks::model::{Report, Snapshot};
use schemars::Schema;
use schemars::generate::SchemaSettings;
use schemars::transform::RecursiveTransform;

/// Prints one schema.
pub(super) fn schema(document: Document) -> Result<Code, Failure> {
    let schema = match document {
        Document::Report => of::<Report>("report", "The report of econn, schema_version 1"),
        Document::Plugin => of::<Printed>("plugin", "What a plug-in of econn prints, protocol 1"),
        Document::Snapshot => of::<Snapshot>("snapshot", "A snapshot of econn, snapshot_version 1"),
    };
    let mut text =
        serde_json::to_string_pretty(&schema).map_err(|e| Failure::incomplete(e.to_string()))?;
    text.push('\n');
    stdout(text.as_bytes()).map(|()| Code(0))
}

/// The schema that every document of this version fits, the oldest too: fields that came later may be missing, and nothing
/// forbids further ones.
fn of<T: schemars::JsonSchema>(name: &str, title: &str) -> Schema {
    let settings =
        SchemaSettings::draft2020_12().for_deserialize().with_transform(RecursiveTransform(open));
    let mut schema = settings.into_generator().into_root_schema_for::<T>();
    // Stable within a major version; nobody has to fetch it.
    schema.insert("$id".into(), format!("urn:econn:{name}:1").into());
    schema.insert("title".into(), title.into());
    schema
}

/// A field that is not known yet is never an error: within a version fields are added.
fn open(schema: &mut Schema) {
    if schema.get("additionalProperties").and_then(serde_json::Value::as_bool) == Some(false) {
        schema.remove("additionalProperties");
    }
}
