//! Shell text, taken apart just far enough to see its commands and their words.

/// Ends a command outside quotes.
const ENDS: &[char] = &[';', '&', '|', '\n', '(', ')', '`'];

/// The commands of a shell text, each as its words. A `$` in single quotes is doubled, so that nobody expands it later.
pub(super) fn commands(text: &str) -> Vec<Vec<String>> {
    let mut reader = Reader { rest: text, word: None, command: Vec::new(), commands: Vec::new() };
    while let Some(c) = reader.take() {
        reader.step(c);
    }
    reader.end_command();
    reader.commands
}

struct Reader<'t> {
    rest: &'t str,
    word: Option<String>,
    command: Vec<String>,
    commands: Vec<Vec<String>>,
}

impl Reader<'_> {
    fn take(&mut self) -> Option<char> {
        let c = self.rest.chars().next()?;
        self.rest = &self.rest[c.len_utf8()..];
        Some(c)
    }

    fn step(&mut self, c: char) {
        match c {
            '\'' => {
                self.word.get_or_insert_default();
                self.single();
            }
            '"' => {
                self.word.get_or_insert_default();
                self.double();
            }
            '\\' => {
                if let Some(next) = self.take().filter(|next| *next != '\n') {
                    self.push(next);
                }
            }
            '$' if self.rest.starts_with('(') => self.substitution(),
            '$' if self.rest.starts_with('{') => self.parameter(),
            '#' if self.word.is_none() => {
                self.rest = self.rest.find('\n').map_or("", |end| &self.rest[end..]);
            }
            '&' if self.word.as_ref().is_some_and(|word| word.ends_with('>')) => self.push('&'),
            '<' if self.rest.starts_with('(') => {}
            c if ENDS.contains(&c) => self.end_command(),
            '>' | '<'
                if self
                    .word
                    .as_ref()
                    .is_none_or(|word| word.bytes().all(|b| b.is_ascii_digit())) =>
            {
                self.push(c);
            }
            '>' | '<' => {
                self.end_word();
                self.push(c);
            }
            c if c.is_whitespace() => self.end_word(),
            c => self.push(c),
        }
    }

    fn push(&mut self, c: char) {
        self.word.get_or_insert_default().push(c);
    }

    fn single(&mut self) {
        while let Some(c) = self.take().filter(|c| *c != '\'') {
            if c == '$' {
                self.push('$');
            }
            self.push(c);
        }
    }

    fn double(&mut self) {
        while let Some(c) = self.take().filter(|c| *c != '"') {
            match c {
                '\\' => {
                    if let Some(next) = self.take() {
                        self.push(next);
                    }
                }
                '$' if self.rest.starts_with('{') => self.parameter(),
                c => self.push(c),
            }
        }
    }

    /// `$(...)`: a command of its own, unless it is a piece of an address.
    fn substitution(&mut self) {
        let address = self.word.as_ref().is_some_and(|word| word.contains("://"));
        if !address {
            self.end_command();
            return;
        }
        self.push('$');
        while let Some(c) = self.take() {
            self.push(c);
            if c == ')' {
                return;
            }
        }
    }

    /// `${NAME:-default}` is one piece, whatever it holds.
    fn parameter(&mut self) {
        self.push('$');
        let mut depth = 0_usize;
        while let Some(c) = self.take() {
            self.push(c);
            match c {
                '{' => depth += 1,
                '}' => depth = depth.saturating_sub(1),
                _ => {}
            }
            if depth == 0 {
                return;
            }
        }
    }

    fn end_word(&mut self) {
        self.command.extend(self.word.take());
    }

    fn end_command(&mut self) {
        self.end_word();
        if !self.command.is_empty() {
            self.commands.push(std::mem::take(&mut self.command));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_commands_apart() {
        let table: &[(&str, &str)] = &[
            ("curl http://a:1/x && exec app --y 'a b'", "curl|http://a:1/x / exec|app|--y|a b"),
            ("until nc -z db 5432; do sleep 1; done", "until|nc|-z|db|5432 / do|sleep|1 / done"),
            ("X=$(curl \"http://$H:1\")", "X= / curl|http://$H:1"),
            ("curl 'http://$H:1' # http://no:1", "curl|http://$$H:1"),
            ("curl http://${H:-a b}:1", "curl|http://${H:-a b}:1"),
            ("curl http://$(hostname):1/", "curl|http://$(hostname):1/"),
            ("echo x >/dev/tcp/db/1 2>&1", "echo|x|>/dev/tcp/db/1|2>&1"),
        ];
        for (text, words) in table {
            let shown: Vec<String> =
                commands(text).iter().map(|command| command.join("|")).collect();
            assert_eq!(shown.join(" / "), *words, "{text}");
        }
    }
}
