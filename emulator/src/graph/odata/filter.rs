//! `$filter`: the part of `OData`'s language that directory objects support.
//!
//! This is what a filter means; how it is written is in [`super::parser`].

use serde_json::{Map, Value};

use crate::graph::schema::{Index, Schema};

/// A condition on an object's properties.
#[derive(Clone, Debug, PartialEq)]
pub enum Filter {
    /// Either holds.
    Or(Box<Filter>, Box<Filter>),
    /// Both hold.
    And(Box<Filter>, Box<Filter>),
    /// It does not hold.
    Not(Box<Filter>),
    /// A property compares to a literal.
    Compare(String, Comparison, Value),
    /// A property is one of these.
    In(String, Vec<Value>),
    /// A property starts with this.
    StartsWith(String, String),
    /// A property ends with this.
    EndsWith(String, String),
    /// Some item of a list property fulfils the condition, which calls the item by the empty name.
    Any(String, Box<Filter>),
}

/// How a property compares.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Comparison {
    /// Equal.
    Eq,
    /// Not equal.
    Ne,
    /// Greater or equal.
    Ge,
    /// Less or equal.
    Le,
    /// Greater.
    Gt,
    /// Less.
    Lt,
}

impl Filter {
    /// Whether it needs `ConsistencyLevel: eventual` and `$count=true`: because of an operator, or because of a property.
    pub fn is_advanced(&self, schema: &Schema) -> bool {
        let indexed_apart = |name: &str| {
            schema
                .property(name)
                .is_some_and(|property| property.index == Index::Eventual)
        };
        match self {
            Self::Or(one, other) | Self::And(one, other) => {
                one.is_advanced(schema) || other.is_advanced(schema)
            }
            Self::Not(_) | Self::EndsWith(..) | Self::Compare(_, Comparison::Ne, _) => true,
            Self::Any(name, inner) => indexed_apart(name) || inner.is_advanced(schema),
            Self::Compare(name, ..) | Self::In(name, _) | Self::StartsWith(name, _) => indexed_apart(name),
        }
    }

    /// Whether an object fulfils it.
    pub fn holds(&self, object: &Map<String, Value>) -> bool {
        let get = |name: &str| object.get(name).unwrap_or(&Value::Null);
        let lower = |name: &str| get(name).as_str().map(str::to_lowercase);
        match self {
            Self::Or(one, other) => one.holds(object) || other.holds(object),
            Self::And(one, other) => one.holds(object) && other.holds(object),
            Self::Not(inner) => !inner.holds(object),
            Self::Compare(name, how, literal) => compare(get(name), *how, literal),
            Self::In(name, literals) => literals
                .iter()
                .any(|literal| compare(get(name), Comparison::Eq, literal)),
            Self::StartsWith(name, start) => {
                lower(name).is_some_and(|text| text.starts_with(&start.to_lowercase()))
            }
            Self::EndsWith(name, end) => lower(name).is_some_and(|text| text.ends_with(&end.to_lowercase())),
            Self::Any(name, inner) => get(name).as_array().is_some_and(|items| {
                items
                    .iter()
                    .any(|item| inner.holds(&Map::from_iter([(String::new(), item.clone())])))
            }),
        }
    }
}

fn compare(value: &Value, how: Comparison, literal: &Value) -> bool {
    // The directory compares text without regard to case.
    let order = match (value, literal) {
        (Value::String(one), Value::String(other)) => Some(one.to_lowercase().cmp(&other.to_lowercase())),
        (Value::Number(one), Value::Number(other)) => one
            .as_i64()
            .map(|number| number.cmp(&other.as_i64().unwrap_or(0))),
        (Value::Bool(one), Value::Bool(other)) => Some(one.cmp(other)),
        (Value::Null, Value::Null) => Some(std::cmp::Ordering::Equal),
        // A flag that nobody has set is neither true nor false, but Entra finds it with `ne true`.
        _ => None,
    };
    match how {
        Comparison::Eq => order.is_some_and(std::cmp::Ordering::is_eq),
        Comparison::Ne => !order.is_some_and(std::cmp::Ordering::is_eq),
        Comparison::Ge => order.is_some_and(std::cmp::Ordering::is_ge),
        Comparison::Le => order.is_some_and(std::cmp::Ordering::is_le),
        Comparison::Gt => order.is_some_and(std::cmp::Ordering::is_gt),
        Comparison::Lt => order.is_some_and(std::cmp::Ordering::is_lt),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::graph::{
        odata::parser::parse,
        schema::{GROUP, USER},
    };

    fn holds(filter: &str) -> bool {
        let user = json!({
            "displayName": "Adele Vance", "department": "IT", "accountEnabled": true, "mail": null,
            "otherMails": ["a@x.y"], "createdDateTime": "2024-05-01T00:00:00Z",
        });
        parse(filter, &USER).unwrap().holds(user.as_object().unwrap())
    }

    #[test]
    fn filters_hold_or_do_not() {
        for filter in [
            "displayName eq 'adele vance'",
            "startswith(displayName,'Ade') and accountEnabled eq true",
            "startsWith(displayName, 'x') or department in ('HR', 'IT')",
            "not(department eq 'HR') and mail eq null",
            "endsWith(displayName,'VANCE')",
            "department ne 'HR'",
            "otherMails/any(m:m eq 'a@x.y')",
            "createdDateTime ge 2024-01-01T00:00:00Z",
            "(department eq 'HR' or department eq 'IT') and accountEnabled eq true",
        ] {
            assert!(holds(filter), "{filter}");
        }
        for filter in [
            "displayName eq 'O''Hara'",
            "accountEnabled eq false",
            "mail ne null",
        ] {
            assert!(!holds(filter), "{filter}");
        }
    }

    #[test]
    fn group_types_are_asked_with_any() {
        let filter = parse("groupTypes/any(c:c eq 'Unified')", &GROUP).unwrap();
        assert!(filter.holds(json!({"groupTypes": ["Unified"]}).as_object().unwrap()));
        assert!(!filter.is_advanced(&GROUP));
    }

    #[test]
    fn nonsense_is_refused() {
        for filter in [
            "displayName",
            "nothing eq 'x'",
            "displayName eq",
            "contains(displayName,'x')",
            "accountEnabled eq 'x'",
        ] {
            assert!(parse(filter, &USER).is_err(), "{filter}");
        }
    }
}
