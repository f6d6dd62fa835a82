//! `$filter`: the part of OData's language that directory objects support.
//!
//! `or` binds weaker than `and`, `and` weaker than `not`. Comparisons are `eq ne ge le gt lt in`, functions are
//! `startswith` and `endswith`, and lists are asked with `any`.

use serde_json::{Map, Value};

use super::lexer::{Token, tokens};
use crate::graph::{
    errors::GraphError,
    schema::{Schema, Shape},
};

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
    /// Reads a filter on the properties of a resource.
    pub fn parse(text: &str, schema: &Schema) -> Result<Self, GraphError> {
        let tokens = tokens(text).ok_or_else(|| syntax(text))?;
        let mut parser = Parser {
            tokens: &tokens,
            at: 0,
            text,
            schema,
            item: None,
        };
        let filter = parser.either()?;
        if parser.at == tokens.len() {
            Ok(filter)
        } else {
            Err(syntax(text))
        }
    }

    /// Whether it needs `ConsistencyLevel: eventual` and `$count=true`.
    pub fn is_advanced(&self) -> bool {
        match self {
            Self::Or(one, other) | Self::And(one, other) => one.is_advanced() || other.is_advanced(),
            Self::Not(_) | Self::EndsWith(..) | Self::Compare(_, Comparison::Ne, _) => true,
            Self::Any(_, inner) => inner.is_advanced(),
            Self::Compare(..) | Self::In(..) | Self::StartsWith(..) => false,
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

fn syntax(text: &str) -> GraphError {
    GraphError::new(
        http::StatusCode::BAD_REQUEST,
        "BadRequest",
        format!("Invalid filter clause: There is a syntax error in '{text}'."),
    )
}

struct Parser<'a> {
    tokens: &'a [Token],
    at: usize,
    text: &'a str,
    schema: &'a Schema,
    /// The name of the item inside `any(item:...)`.
    item: Option<String>,
}

impl Parser<'_> {
    fn peek(&self) -> Option<&Token> {
        self.tokens.get(self.at)
    }

    fn next(&mut self) -> Result<Token, GraphError> {
        let token = self.peek().cloned().ok_or_else(|| syntax(self.text))?;
        self.at += 1;
        Ok(token)
    }

    fn expect(&mut self, symbol: char) -> Result<(), GraphError> {
        if self.next()? == Token::Symbol(symbol) {
            Ok(())
        } else {
            Err(syntax(self.text))
        }
    }

    fn takes(&mut self, word: &str) -> bool {
        let found = matches!(self.peek(), Some(Token::Word(next)) if next.eq_ignore_ascii_case(word));
        self.at += usize::from(found);
        found
    }

    fn either(&mut self) -> Result<Filter, GraphError> {
        let mut left = self.both()?;
        while self.takes("or") {
            left = Filter::Or(Box::new(left), Box::new(self.both()?));
        }
        Ok(left)
    }

    fn both(&mut self) -> Result<Filter, GraphError> {
        let mut left = self.single()?;
        while self.takes("and") {
            left = Filter::And(Box::new(left), Box::new(self.single()?));
        }
        Ok(left)
    }

    fn single(&mut self) -> Result<Filter, GraphError> {
        if self.takes("not") {
            return Ok(Filter::Not(Box::new(self.single()?)));
        }
        if self.peek() == Some(&Token::Symbol('(')) {
            self.at += 1;
            let inner = self.either()?;
            self.expect(')')?;
            return Ok(inner);
        }
        let Token::Word(word) = self.next()? else {
            return Err(syntax(self.text));
        };
        if self.peek() == Some(&Token::Symbol('(')) {
            return self.function(&word);
        }
        if let Some(list) = word.strip_suffix("/any") {
            return self.any(list);
        }
        self.comparison(&word)
    }

    fn function(&mut self, word: &str) -> Result<Filter, GraphError> {
        if let Some(list) = word.strip_suffix("/any") {
            return self.any(list);
        }
        self.expect('(')?;
        let Token::Word(name) = self.next()? else {
            return Err(syntax(self.text));
        };
        let name = self.property(&name)?;
        self.expect(',')?;
        let Token::Text(argument) = self.next()? else {
            return Err(syntax(self.text));
        };
        self.expect(')')?;
        match word.to_lowercase().as_str() {
            "startswith" => Ok(Filter::StartsWith(name, argument)),
            "endswith" => Ok(Filter::EndsWith(name, argument)),
            _ => Err(self.unsupported(&name)),
        }
    }

    fn any(&mut self, list: &str) -> Result<Filter, GraphError> {
        let list = self.property(list)?;
        self.expect('(')?;
        let Token::Word(item) = self.next()? else {
            return Err(syntax(self.text));
        };
        self.expect(':')?;
        self.item = Some(item);
        let inner = self.either()?;
        self.item = None;
        self.expect(')')?;
        Ok(Filter::Any(list, Box::new(inner)))
    }

    fn comparison(&mut self, word: &str) -> Result<Filter, GraphError> {
        let name = self.property(word)?;
        let Token::Word(operator) = self.next()? else {
            return Err(syntax(self.text));
        };
        let how = match operator.to_lowercase().as_str() {
            "eq" => Comparison::Eq,
            "ne" => Comparison::Ne,
            "ge" => Comparison::Ge,
            "le" => Comparison::Le,
            "gt" => Comparison::Gt,
            "lt" => Comparison::Lt,
            "in" => return self.list(name),
            _ => return Err(syntax(self.text)),
        };
        let literal = self.literal()?;
        self.check_shape(&name, &literal)?;
        Ok(Filter::Compare(name, how, literal))
    }

    fn list(&mut self, name: String) -> Result<Filter, GraphError> {
        self.expect('(')?;
        let mut literals = vec![self.literal()?];
        while self.peek() == Some(&Token::Symbol(',')) {
            self.at += 1;
            literals.push(self.literal()?);
        }
        self.expect(')')?;
        // The directory takes at most fifteen values in one clause.
        if literals.len() > 15 {
            return Err(GraphError::query(
                "Too many child clauses specified in search filter expression.",
            ));
        }
        Ok(Filter::In(name, literals))
    }

    fn literal(&mut self) -> Result<Value, GraphError> {
        match self.next()? {
            Token::Text(text) => Ok(Value::String(text)),
            Token::Word(word) => match word.as_str() {
                "true" => Ok(true.into()),
                "false" => Ok(false.into()),
                "null" => Ok(Value::Null),
                // Dates and ids come without quotes.
                _ => Ok(word
                    .parse::<i64>()
                    .map_or_else(|_| Value::String(word), Value::from)),
            },
            Token::Symbol(_) => Err(syntax(self.text)),
        }
    }

    /// The property that a word names, which inside `any` is the list's item.
    fn property(&self, word: &str) -> Result<String, GraphError> {
        if self.item.as_deref() == Some(word) {
            return Ok(String::new());
        }
        match self.schema.property(word) {
            Some(property) if property.name == "passwordProfile" => Err(self.unsupported(word)),
            Some(property) => Ok(property.name.to_owned()),
            None => Err(GraphError::new(
                http::StatusCode::BAD_REQUEST,
                "BadRequest",
                format!(
                    "Invalid filter clause: Could not find a property named '{word}' on type 'microsoft.graph.{}'.",
                    self.schema.type_name
                ),
            )),
        }
    }

    fn check_shape(&self, name: &str, literal: &Value) -> Result<(), GraphError> {
        let fits = self
            .schema
            .property(name)
            .is_none_or(|property| match property.shape {
                Shape::Text(_) | Shape::Date => literal.is_string() || literal.is_null(),
                Shape::Flag => literal.is_boolean() || literal.is_null(),
                Shape::Number => literal.is_number() || literal.is_null(),
                Shape::Texts | Shape::Objects | Shape::Object => false,
            });
        if fits { Ok(()) } else { Err(self.unsupported(name)) }
    }

    fn unsupported(&self, name: &str) -> GraphError {
        GraphError::query(format!(
            "Unsupported or invalid query filter clause specified for property '{name}' of resource '{}'.",
            self.schema.resource
        ))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::graph::schema::{GROUP, USER};

    fn holds(filter: &str) -> bool {
        let user = json!({
            "displayName": "Adele Vance", "department": "IT", "accountEnabled": true, "mail": null,
            "otherMails": ["a@x.y"], "createdDateTime": "2024-05-01T00:00:00Z",
        });
        Filter::parse(filter, &USER)
            .unwrap()
            .holds(user.as_object().unwrap())
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
        let filter = Filter::parse("groupTypes/any(c:c eq 'Unified')", &GROUP).unwrap();
        assert!(filter.holds(json!({"groupTypes": ["Unified"]}).as_object().unwrap()));
        assert!(!filter.is_advanced());
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
            assert!(Filter::parse(filter, &USER).is_err(), "{filter}");
        }
    }
}
