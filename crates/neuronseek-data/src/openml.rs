//! OpenML's JSON description of a data set: where its files are.
//!
//! `GET SERVER/api/v1/json/data/ID` gives `{"data_set_description": {...}}`, every value a text.
//! `url` leads to the ARFF file, whose MD5 is `md5_checksum`; `parquet_url`, which not every data
//! set has, to a Parquet file without a checksum.

use serde_json::Value;

use crate::DataError;

/// What is needed of a description.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct DataSet {
    /// The address of the ARFF file.
    pub arff: Option<String>,
    /// The MD5 of the ARFF file.
    pub md5: Option<String>,
    /// The address of the Parquet file.
    pub parquet: Option<String>,
    /// "active", "deactivated", ...
    pub status: Option<String>,
}

/// The address of the description of a data set.
pub(crate) fn address(server: &str, id: u64) -> String {
    format!("{}/api/v1/json/data/{id}", server.trim_end_matches('/'))
}

/// Reads a description of data set `id` that came from `address` on `server`.
pub(crate) fn description(
    (server, address): (&str, &str),
    id: u64,
    text: &str,
) -> Result<DataSet, DataError> {
    let wrong = |reason: String| DataError::Answer {
        address: address.to_string(),
        reason,
    };
    let document: Value = serde_json::from_str(text)
        .map_err(|error| wrong(format!("the answer is no JSON ({error})")))?;
    let description = &document["data_set_description"];
    let Some(fields) = description.as_object() else {
        return Err(wrong("the answer has no data_set_description".to_string()));
    };
    let field = |name: &str| match fields.get(name) {
        Some(Value::String(text)) if !text.trim().is_empty() => Some(text.trim().to_string()),
        Some(Value::Number(number)) => Some(number.to_string()),
        _ => None,
    };
    if field("id") != Some(id.to_string()) {
        let found = field("id").unwrap_or("no number".to_string());
        return Err(wrong(format!(
            "the answer describes {found} instead of {id}"
        )));
    }
    let at = |name: &str| {
        let address = field(name).map(|address| absolute(server, &address));
        address
            .transpose()
            .map_err(|address| wrong(format!("{name} is {address}")))
    };
    let md5 = field("md5_checksum").map(|md5| md5.to_lowercase());
    let digits = |md5: &String| md5.len() == 32 && md5.chars().all(|c| c.is_ascii_hexdigit());
    if let Some(md5) = md5.as_ref().filter(|md5| !digits(md5)) {
        return Err(wrong(format!("md5_checksum is \"{md5}\"")));
    }
    Ok(DataSet {
        arff: at("url")?,
        md5,
        parquet: at("parquet_url")?,
        status: field("status"),
    })
}

/// An address in a description as one to ask; the address itself where it is none. An encrypted
/// server's files are asked for encrypted, also where its descriptions are older than that.
fn absolute(server: &str, address: &str) -> Result<String, String> {
    if address.starts_with("https://") {
        return Ok(address.to_string());
    }
    if let Some(rest) = address.strip_prefix("http://") {
        let scheme = match server.starts_with("https://") {
            true => "https://",
            false => "http://",
        };
        return Ok(format!("{scheme}{rest}"));
    }
    match address.starts_with('/') {
        true => Ok(format!("{}{address}", server.trim_end_matches('/'))),
        false => Err(format!("\"{address}\"")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<DataSet, DataError> {
        description(
            ("https://openml.example", "https://openml.example/61"),
            61,
            text,
        )
    }

    #[test]
    fn a_description_is_read() {
        // The fields of OpenML's own description of iris.
        let set = read(
            r#"{"data_set_description":{"id":"61","name":"iris","version":"1","format":"ARFF",
            "status":"active","url":"https://api.openml.example/data/v1/download/61/iris.arff",
            "parquet_url":"http://files.openml.example/dataset61/dataset_61.pq","file_id":"61",
            "md5_checksum":"AD484452702105cbf3d30f8deaba39a9","tag":["uci"]}}"#,
        );
        let set = set.unwrap();
        assert_eq!(
            set.parquet.as_deref(),
            Some("https://files.openml.example/dataset61/dataset_61.pq")
        );
        assert_eq!(set.md5.as_deref(), Some("ad484452702105cbf3d30f8deaba39a9"));
        assert!(set.arff.unwrap().ends_with("iris.arff"));
        assert_eq!(set.status.as_deref(), Some("active"));
    }

    #[test]
    fn what_is_no_description_is_refused() {
        for (text, reason) in [
            ("<html>", "no JSON"),
            ("[]", "no data_set_description"),
            (
                r#"{"data_set_description":{"id":"62"}}"#,
                "describes 62 instead of 61",
            ),
            (r#"{"data_set_description":{}}"#, "describes no number"),
            (
                r#"{"data_set_description":{"id":61,"url":"file:///etc"}}"#,
                "url is \"file",
            ),
            (
                r#"{"data_set_description":{"id":61,"md5_checksum":"x"}}"#,
                "md5_checksum",
            ),
        ] {
            let error = read(text).unwrap_err().to_string();
            assert!(
                error.contains(reason) && error.contains("openml.example/61"),
                "{error}"
            );
        }
    }
}
