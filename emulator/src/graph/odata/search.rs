//! `$search`: quoted clauses such as `"displayName:ada"`, joined by `AND` and `OR`.

use serde_json::{Map, Value};

use crate::graph::{errors::GraphError, schema::Schema};

/// A search: any of the alternatives, each of which needs all its clauses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Search(Vec<Vec<Clause>>);

#[derive(Clone, Debug, PartialEq, Eq)]
struct Clause {
    property: String,
    words: String,
}

impl Search {
    /// Reads a search on the properties of a resource.
    pub fn parse(text: &str, schema: &Schema) -> Result<Self, GraphError> {
        let mut alternatives = vec![Vec::new()];
        let mut rest = text.trim();
        loop {
            let (quoted, after) = rest
                .strip_prefix('"')
                .and_then(|open| open.split_once('"'))
                .ok_or_else(|| {
                    GraphError::bad(format!("Syntax error: the search '{text}' needs quoted clauses."))
                })?;
            let clause = clause(quoted, schema)?;
            if let Some(last) = alternatives.last_mut() {
                last.push(clause);
            }
            rest = after.trim_start();
            if rest.is_empty() {
                return Ok(Self(alternatives));
            }
            if let Some(next) = rest.strip_prefix("OR ") {
                alternatives.push(Vec::new());
                rest = next.trim_start();
            } else {
                rest = rest.strip_prefix("AND ").unwrap_or(rest).trim_start();
            }
        }
    }

    /// Whether an object is found.
    pub fn finds(&self, object: &Map<String, Value>) -> bool {
        self.0
            .iter()
            .any(|clauses| clauses.iter().all(|clause| clause.finds(object)))
    }
}

fn clause(quoted: &str, schema: &Schema) -> Result<Clause, GraphError> {
    let (property, words) = quoted.split_once(':').ok_or_else(|| {
        GraphError::bad(format!(
            "Unrecognized search clause '{quoted}': a property is missing."
        ))
    })?;
    if !schema.searchable.contains(&property) {
        return Err(GraphError::query(format!(
            "Unsupported property '{property}' in the search of resource '{}'.",
            schema.resource
        )));
    }
    Ok(Clause {
        property: property.into(),
        words: words.to_lowercase(),
    })
}

impl Clause {
    /// Names are searched word by word, everything else from its start.
    fn finds(&self, object: &Map<String, Value>) -> bool {
        let text = object
            .get(&self.property)
            .and_then(Value::as_str)
            .unwrap_or_default()
            .to_lowercase();
        if !matches!(self.property.as_str(), "displayName" | "description") {
            return text.starts_with(&self.words);
        }
        let parts: Vec<&str> = text.split(|c: char| !c.is_alphanumeric()).collect();
        self.words
            .split(|c: char| !c.is_alphanumeric())
            .filter(|word| !word.is_empty())
            .all(|word| parts.iter().any(|part| part.starts_with(word)))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::graph::schema::USER;

    #[test]
    fn clauses_search_words_and_starts() {
        let user = json!({"displayName": "Adele Vance", "mail": "adele.vance@contoso.com"});
        let finds = |text: &str| {
            Search::parse(text, &USER)
                .unwrap()
                .finds(user.as_object().unwrap())
        };
        assert!(finds("\"displayName:van\""));
        assert!(finds("\"displayName:nobody\" OR \"mail:adele\""));
        assert!(!finds("\"displayName:ance\""));
        assert!(!finds("\"displayName:van\" AND \"mail:vance\""));
        assert!(Search::parse("displayName:x", &USER).is_err());
        assert!(Search::parse("\"city:x\"", &USER).is_err());
    }
}
