//! The words of OData's expressions.

/// A word of an expression.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Token {
    /// A name, operator, number, date or keyword.
    Word(String),
    /// Text in single quotes.
    Text(String),
    /// A parenthesis, comma or colon.
    Symbol(char),
}

/// Takes an expression apart; nothing if a quote is left open.
pub fn tokens(text: &str) -> Option<Vec<Token>> {
    let mut tokens = Vec::new();
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        match c {
            ' ' | '\t' => {}
            '(' | ')' | ',' => tokens.push(Token::Symbol(c)),
            // A colon ends the item's name in `any(item:...)`, but belongs to the time in a date.
            ':' => tokens.push(Token::Symbol(c)),
            '\'' => {
                let mut quoted = String::new();
                loop {
                    match rest.next()? {
                        '\'' if rest.peek() == Some(&'\'') => {
                            rest.next();
                            quoted.push('\'');
                        }
                        '\'' => break,
                        other => quoted.push(other),
                    }
                }
                tokens.push(Token::Text(quoted));
            }
            first => {
                let is_date = first.is_ascii_digit();
                let mut word = String::from(first);
                while let Some(&next) = rest.peek() {
                    if " \t(),'".contains(next) || (next == ':' && !is_date) {
                        break;
                    }
                    word.push(next);
                    rest.next();
                }
                tokens.push(Token::Word(word));
            }
        }
    }
    Some(tokens)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_texts_and_symbols_are_told_apart() {
        let word = |text: &str| Token::Word(text.into());
        assert_eq!(
            tokens("a/any(c:c eq 'it''s') and d ge 2024-01-01T00:00:00Z").unwrap(),
            [
                word("a/any"),
                Token::Symbol('('),
                word("c"),
                Token::Symbol(':'),
                word("c"),
                word("eq"),
                Token::Text("it's".into()),
                Token::Symbol(')'),
                word("and"),
                word("d"),
                word("ge"),
                word("2024-01-01T00:00:00Z"),
            ]
        );
        assert_eq!(tokens("'open"), None);
    }
}
