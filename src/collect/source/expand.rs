//! Variables and quotes in the words of a Dockerfile or a Compose file.

/// What is known of a variable.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) enum Variable {
    /// It has this value.
    Set(String),
    /// It is not set.
    Unset,
    /// It has this value unless another was given at build time; the name is that of the build argument.
    Assumed(String, String),
    /// Nobody here knows; the text says what it is.
    Unknown(String),
}

/// A word with its variables filled in.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(super) struct Expanded {
    /// The word.
    pub(super) text: String,
    /// The build arguments whose value was assumed.
    pub(super) assumed: Vec<String>,
}

impl Expanded {
    /// A text that holds no variables.
    pub(super) fn verbatim(text: &str) -> Self {
        Self { text: text.into(), assumed: Vec::new() }
    }
}

/// Whose rules hold.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Manner {
    /// A word of an instruction: quotes and escapes are taken out. Holds the escape character.
    Word(char),
    /// A here-document: quotes stay, and only a dollar can be escaped. Holds the escape character.
    Text(char),
    /// A value of a Compose file: `$$` is a dollar, all else stays.
    Compose,
}

/// Fills in the variables of a word.
///
/// # Errors
///
/// Returns in one line what is not known or not understood.
pub(super) fn expand(
    text: &str,
    manner: Manner,
    variables: &dyn Fn(&str) -> Variable,
) -> Result<Expanded, String> {
    let (chars, trace) = (text.chars().collect(), Trace::default());
    let mut reader = Reader { chars, at: 0, manner, variables, trace };
    let text = reader.until(None)?;
    match reader.trace.unknown.into_iter().next() {
        None => Ok(Expanded { text, assumed: reader.trace.assumed }),
        Some(what) => Err(what),
    }
}

/// What was met on the way.
#[derive(Default)]
struct Trace {
    assumed: Vec<String>,
    unknown: Vec<String>,
}

struct Reader<'a> {
    chars: Vec<char>,
    at: usize,
    manner: Manner,
    variables: &'a dyn Fn(&str) -> Variable,
    trace: Trace,
}

impl Reader<'_> {
    fn peek(&self) -> Option<char> {
        self.chars.get(self.at).copied()
    }

    fn next(&mut self) -> Option<char> {
        self.at += 1;
        self.chars.get(self.at - 1).copied()
    }

    /// Reads up to the end, or up to and with a closing character.
    fn until(&mut self, stop: Option<char>) -> Result<String, String> {
        let mut out = String::new();
        while let Some(c) = self.next() {
            match (c, self.manner) {
                (c, _) if Some(c) == stop => return Ok(out),
                ('$', Manner::Compose) if self.peek() == Some('$') => out.extend(self.next()),
                ('$', _) => out.push_str(&self.dollar()?),
                ('\'', Manner::Word(_)) => out.push_str(&self.single_quoted()?),
                ('"', Manner::Word(_)) => out.push_str(&self.double_quoted()?),
                (c, Manner::Word(escape)) if c == escape => out.extend(self.next()),
                (c, Manner::Text(escape)) if c == escape && self.peek() == Some('$') => {
                    out.extend(self.next());
                }
                (c, _) => out.push(c),
            }
        }
        if stop.is_some() { Err("a brace is not closed".into()) } else { Ok(out) }
    }

    fn single_quoted(&mut self) -> Result<String, String> {
        let mut out = String::new();
        loop {
            match self.next() {
                Some('\'') => return Ok(out),
                Some(c) => out.push(c),
                None => return Err("a quote is not closed".into()),
            }
        }
    }

    fn double_quoted(&mut self) -> Result<String, String> {
        let Manner::Word(escape) = self.manner else { return Ok("\"".into()) };
        let mut out = String::new();
        loop {
            match self.next() {
                Some('"') => return Ok(out),
                Some('$') => out.push_str(&self.dollar()?),
                Some(c) if c == escape => match self.next() {
                    Some(c) if c == '"' || c == '$' || c == escape => out.push(c),
                    Some(c) => out.extend([escape, c]),
                    None => return Err("a quote is not closed".into()),
                },
                Some(c) => out.push(c),
                None => return Err("a quote is not closed".into()),
            }
        }
    }

    /// What stands behind a dollar sign.
    fn dollar(&mut self) -> Result<String, String> {
        if self.peek() != Some('{') {
            let name = self.name();
            return Ok(if name.is_empty() { "$".into() } else { self.value(&name) });
        }
        self.at += 1;
        let name = self.name();
        if name.is_empty() {
            return Err("${ without a name".into());
        }
        match self.next() {
            Some('}') => Ok(self.value(&name)),
            Some(':') => match self.next() {
                Some(operator @ ('-' | '+' | '?')) => self.alternative(&name, operator, true),
                _ => Err(format!("${{{name}:...}} is not understood")),
            },
            Some(operator @ ('-' | '+' | '?')) => self.alternative(&name, operator, false),
            _ => Err(format!("${{{name}...}} is not understood")),
        }
    }

    fn name(&mut self) -> String {
        let start = self.at;
        while self.peek().is_some_and(|c| {
            c == '_' || c.is_ascii_alphabetic() || (c.is_ascii_digit() && self.at > start)
        }) {
            self.at += 1;
        }
        self.chars[start..self.at].iter().collect()
    }

    /// `${name-word}`, `${name+word}` and `${name?word}`, with a colon or without.
    fn alternative(
        &mut self,
        name: &str,
        operator: char,
        empty_is_unset: bool,
    ) -> Result<String, String> {
        let before = std::mem::take(&mut self.trace);
        let word = self.until(Some('}'))?;
        let in_word = std::mem::replace(&mut self.trace, before);
        let value = match (self.variables)(name) {
            Variable::Unset => None,
            Variable::Set(value) | Variable::Assumed(value, _)
                if empty_is_unset && value.is_empty() =>
            {
                None
            }
            _ => Some(self.value(name)),
        };
        Ok(match (operator, value) {
            ('-' | '?', Some(value)) => value,
            ('+', None) => String::new(),
            ('?', None) => return Err(format!("${name} must be given")),
            _ => {
                self.trace.assumed.extend(in_word.assumed);
                self.trace.unknown.extend(in_word.unknown);
                word
            }
        })
    }

    fn value(&mut self, name: &str) -> String {
        match (self.variables)(name) {
            Variable::Set(value) => value,
            Variable::Unset => String::new(),
            Variable::Assumed(value, argument) => {
                self.trace.assumed.push(argument);
                value
            }
            Variable::Unknown(what) => {
                self.trace.unknown.push(format!("{what} is not known"));
                String::new()
            }
        }
    }
}

/// The words of a line, split at blanks outside of quotes, with quotes and escapes still in them.
pub(super) fn words(line: &str, escape: char) -> Vec<String> {
    let (mut words, mut word, mut quote) = (Vec::new(), String::new(), None);
    let mut chars = line.chars();
    while let Some(c) = chars.next() {
        match quote {
            None if c.is_whitespace() => {
                if !word.is_empty() {
                    words.push(std::mem::take(&mut word));
                }
                continue;
            }
            None if c == '\'' || c == '"' => quote = Some(c),
            Some(open) if c == open => quote = None,
            _ => {}
        }
        word.push(c);
        if c == escape && quote != Some('\'') {
            word.extend(chars.next());
        }
    }
    if !word.is_empty() {
        words.push(word);
    }
    words
}

#[cfg(test)]
mod tests;
