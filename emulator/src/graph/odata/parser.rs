//! How a `$filter` is written.
//!
//! `or` binds weaker than `and`, `and` weaker than `not`. Comparisons are `eq ne ge le gt lt in`, functions are
//! `startswith` and `endswith`, and lists are asked with `any`.

use serde_json::Value;

use super::{
    filter::{Comparison, Filter},
    lexer::{Token, tokens},
};
use crate::graph::{
    errors::GraphError,
    schema::{Schema, Shape},
};

/// Reads a filter on the properties of a resource.
pub fn parse(text: &str, schema: &Schema) -> Result<Filter, GraphError> {
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
